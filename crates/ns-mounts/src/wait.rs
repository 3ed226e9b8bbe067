//! `--wait`: sleeps until a mount is at a path, or until none is there any more.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::mounts::View;
use ns_core::output::quoted;
use ns_core::process::Woken;

use crate::cli::{Cli, usage};
use crate::context::{Shared, TableContext};
use crate::paths::{mount_point, plain};
use crate::tables;

/// The time for a file system to answer where the path leads.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for a mount, or for the end of it with --gone, up to the limit. The kernel reports each change of the table, so
/// nothing is read in between.
pub fn wait(cli: &Cli, limit: Option<Duration>) -> anyhow::Result<ExitCode> {
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let path = match cli.operand.as_deref() {
        Some(path) if !path.is_empty() => Path::new(path),
        _ => return Err(usage("--wait needs a path to wait for")),
    };
    let (view, process) = match &cli.whose.tasks[..] {
        [] => (View::own()?, None),
        [task] => {
            let opened = task.open()?;
            (tables::view_of(&opened)?, opened.into_process().ok())
        }
        _ => return Err(usage("--wait waits in one namespace: give --task once")),
    };
    let mut place = Place::of(path, &view);
    loop {
        place.follow(path, &view)?;
        if place.has_mount(&view)? != cli.ask.gone {
            return Ok(ExitCode::SUCCESS);
        }
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        // Nothing wakes the program when a path appears, which can be a link to a mount.
        let look = place.canonical.is_none().then_some(BETWEEN_LOOKS);
        let time = [left, look].into_iter().flatten().min();
        match view.wait(time, process.as_ref(), None, None)? {
            Woken::Changed | Woken::Unread => {}
            Woken::Ended => anyhow::bail!("{} has ended", view.name()),
            Woken::TimeUp if left.is_none_or(|left| time < Some(left)) => {}
            Woken::TimeUp => {
                let path = quoted(path.as_os_str().as_bytes());
                let seconds = limit.unwrap_or_default().as_secs_f64();
                if cli.ask.gone {
                    anyhow::bail!("a mount is still at {path} after {seconds} s");
                }
                anyhow::bail!("no mount is at {path} after {seconds} s");
            }
        }
    }
}

/// The time between two looks at a path that does not exist yet.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The path to wait for.
struct Place {
    /// The path as it was given, from the root directory of the view.
    given: Vec<u8>,
    /// The path without symbolic links; `None` if it has not existed yet.
    canonical: Option<Vec<u8>>,
}

impl Place {
    fn of(path: &Path, view: &View) -> Self {
        let absolute = if view.is_own() {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
        } else {
            Path::new("/").join(path)
        };
        Self {
            given: plain(&absolute),
            canonical: None,
        }
    }

    /// Follows the symbolic links of the path, if that was not done yet. It is done once: to look at a path keeps its mount
    /// busy for a moment, and an umount(2) at that moment would fail.
    fn follow(&mut self, path: &Path, view: &View) -> ns_core::Result<()> {
        if self.canonical.is_some() {
            return Ok(());
        }
        let path = if view.is_own() {
            path
        } else {
            Path::new(OsStr::from_bytes(&self.given))
        };
        match view.resolve_within(path, PATIENCE) {
            Ok(Some(place)) => self.canonical = Some(plain(&place.path)),
            // A file system that does not answer may have no links on the way.
            Ok(None) => self.canonical = Some(self.given.clone()),
            Err(ns_core::Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// True if the path leads to the top of a mount.
    fn has_mount(&self, view: &View) -> ns_core::Result<bool> {
        let bytes = view.read()?;
        let shared = Shared::default();
        let context = TableContext::of(&bytes, view.name(), Some(view), &shared);
        let path = self.canonical.as_ref().unwrap_or(&self.given);
        let mut mounts = context.table.mounts().iter().enumerate();
        Ok(mounts.any(|(index, mount)| *mount_point(mount) == **path && context.covered_by(index).is_none()))
    }
}
