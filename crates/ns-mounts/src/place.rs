//! The mounts at a path on the command line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use ns_core::cli::CompatName;
use ns_core::mounts::{Mount, MountTable, ResolvedPath, View};

use crate::cli::Cli;
use crate::context::TableContext;
use crate::device::canonical;
use crate::paths::{mount_point, plain};

/// The time for a file system to answer where a path leads.
const LIMIT: Duration = Duration::from_secs(1);

/// The mounts at one mount point.
#[derive(Debug)]
pub struct AtPath {
    /// Their indexes, in the order of the table.
    pub mounts: Vec<usize>,
    /// The mount to prefer if several are on top of each other.
    uppermost: Option<usize>,
    /// True if every one is asked for.
    every: bool,
}

impl AtPath {
    /// The mounts at this mount point.
    ///
    /// Fails if the path does not exist and nothing is mounted there.
    pub fn mounted(path: &Path, cli: &Cli, context: &TableContext<'_>) -> anyhow::Result<Self> {
        let literal = cli.show.nocanonicalize;
        if !literal && is_in_file_of_findmnt(context) {
            let (forms, _) = forms_on_this_machine(path);
            return Ok(Self::of(with_targets(&forms, context), None, cli, context));
        }
        let resolved = if literal { Ok(None) } else { context.resolve(path) };
        let given = context.given(path);
        let canonical = resolved.as_ref().ok().and_then(Option::as_ref);
        let forms: Vec<Vec<u8>> = [given]
            .into_iter()
            .chain(canonical.map(|place| plain(&place.path)))
            .collect();
        let there = if literal {
            at_targets(&forms, context)
        } else {
            with_targets(&forms, context)
        };
        if let ([], false, Err(error @ ns_core::Error::NotFound(_))) =
            (&there[..], context.one_of_all, &resolved)
        {
            missing(error)?;
        }
        Ok(Self::of(there, None, cli, context))
    }

    /// The mounts at the mount point of the mount that contains this path.
    pub fn containing(path: &Path, cli: &Cli, context: &TableContext<'_>) -> anyhow::Result<Self> {
        if is_in_file_of_findmnt(context) {
            let there = in_file_as_findmnt(path, cli, context);
            return Ok(Self::of(there, None, cli, context));
        }
        let Some(container) = containing(path, context)? else {
            return Ok(Self::of(Vec::new(), None, cli, context));
        };
        let target = mount_point(&context.table.mounts()[container]).into_owned();
        let there = with_targets(&[target], context);
        Ok(Self::of(there, Some(container), cli, context))
    }

    fn of(mounts: Vec<usize>, container: Option<usize>, cli: &Cli, context: &TableContext<'_>) -> Self {
        let visible = || mounts.iter().rfind(|index| context.covered_by(**index).is_none());
        Self {
            uppermost: container.or_else(|| visible().copied()),
            every: !context.is_of_mounts()
                || cli.which.stacked
                || cli.which.shadowed
                || cli.ask.watch.is_some(),
            mounts,
        }
    }

    /// Keeps the uppermost of several matches, unless every one is asked for. All of them are at this mount point.
    pub fn keep_uppermost(&self, found: &mut Vec<usize>) {
        if self.every || found.len() < 2 {
            return;
        }
        let uppermost = self.uppermost.filter(|index| found.contains(index));
        let kept = uppermost.or(found.last().copied());
        found.retain(|index| Some(*index) == kept);
    }
}

/// True if the table is in a file, and the program was called as findmnt(8).
fn is_in_file_of_findmnt(context: &TableContext<'_>) -> bool {
    let in_file = context.view.is_none() || !context.is_of_mounts();
    in_file && CompatName::current().is_some_and(CompatName::finds_only_mount_points_in_files)
}

/// The mounts with one of these mount points. If there are none in an fstab(5), links in its paths are followed.
fn with_targets(targets: &[Vec<u8>], context: &TableContext<'_>) -> Vec<usize> {
    let there = at_targets(targets, context);
    if !there.is_empty() || context.is_of_mounts() {
        return there;
    }
    let leads_there = |mount: &Mount<'_>| {
        let target = mount.target.decoded();
        let place = target
            .starts_with(b"/")
            .then(|| canonical_in_file(&target, context))
            .flatten();
        place.is_some_and(|place| targets.contains(&place))
    };
    let mounts = context.table.mounts();
    (0..mounts.len())
        .filter(|index| leads_there(&mounts[*index]))
        .collect()
}

/// The path of a file of mounts without symbolic links. In a file that may be of another machine, only findmnt(8) follows
/// them.
pub fn canonical_in_file(path: &[u8], context: &TableContext<'_>) -> Option<Vec<u8>> {
    if context.view.is_none() && is_in_file_of_findmnt(context) {
        let own = View::own().ok()?;
        let place = own.resolve_within(Path::new(OsStr::from_bytes(path)), LIMIT);
        return Some(plain(&place.ok()??.path));
    }
    canonical(context, path)
}

/// The mounts with exactly one of these mount points.
fn at_targets(targets: &[Vec<u8>], context: &TableContext<'_>) -> Vec<usize> {
    let mounts = context.table.mounts();
    let is_there = |index: &usize| {
        let target = mount_point(&mounts[*index]);
        targets.iter().any(|form| **form == *target)
    };
    (0..mounts.len()).filter(is_there).collect()
}

/// The mounts of a file for a path, as findmnt(8) finds them: those at this mount point. Without --fstab, also those at the
/// nearest mount point that the path is below now.
fn in_file_as_findmnt(path: &Path, cli: &Cli, context: &TableContext<'_>) -> Vec<usize> {
    let (forms, place) = forms_on_this_machine(path);
    let there = with_targets(&forms, context);
    if !there.is_empty() || cli.whose.fstab {
        return there;
    }
    let Some((own, place)) = place else {
        return there;
    };
    let bytes = own.read().unwrap_or_default();
    let table = MountTable::parse(&bytes);
    let mut above: Vec<Vec<u8>> = table
        .mounts()
        .iter()
        .map(|mount| mount.target.decoded().into_owned())
        .filter(|target| place.path.starts_with(OsStr::from_bytes(target)))
        .collect();
    above.sort_by_key(|target| std::cmp::Reverse(target.len()));
    let mut found = above
        .iter()
        .map(|target| with_targets(std::slice::from_ref(target), context));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The path as given, absolute, and without symbolic links on this machine; the latter also as a place.
fn forms_on_this_machine(path: &Path) -> (Vec<Vec<u8>>, Option<(View, ResolvedPath)>) {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let place = View::own().ok().and_then(|own| {
        let place = own.resolve_within(path, LIMIT).ok().flatten()?;
        Some((own, place))
    });
    let canonical = place.as_ref().map(|(_, place)| plain(&place.path));
    // A file can have swap space, whose mount point is no path.
    let as_given = path.as_os_str().as_bytes().to_vec();
    let forms = [as_given, plain(&absolute)].into_iter().chain(canonical);
    (forms.collect(), place)
}

/// A path that does not exist is an error, except where findmnt(8) only finds nothing.
fn missing(error: &ns_core::Error) -> anyhow::Result<()> {
    if CompatName::current().is_none_or(CompatName::reports_missing_paths) {
        Err(error.clone().into())
    } else {
        Ok(())
    }
}

/// The mount that contains a path, by the kernel's rules for symbolic links and mounts on top of each other. If a file
/// system on the way does not answer, the names in the table decide.
fn containing(path: &Path, context: &TableContext<'_>) -> anyhow::Result<Option<usize>> {
    let mounts = context.table.mounts();
    let place = match context.resolve(path) {
        Err(ns_core::Error::NotFound(_))
            if context.is_past || context.one_of_all || !context.is_of_mounts() =>
        {
            None
        }
        Err(error @ ns_core::Error::NotFound(_)) => return missing(&error).map(|()| None),
        place => place?,
    };
    if context.is_past {
        // A link may have led elsewhere, but a path that is gone leads nowhere.
        let path = place.map_or_else(|| context.given(path), |place| plain(&place.path));
        return Ok(containing_by_name(&path, context));
    }
    let by_id = place.as_ref().and_then(|place| place.mount);
    let by_id = by_id.and_then(|id| mounts.iter().position(|mount| mount.id == id));
    if by_id.is_some() && context.is_of_mounts() {
        return Ok(by_id);
    }
    if place.is_none() && context.one_of_all {
        return Ok(None);
    }
    let path = place.map_or_else(|| context.given(path), |place| plain(&place.path));
    Ok(containing_by_name(&path, context))
}

/// The mount that contains a path, by the names alone: the longest mount point above the path, and the last of several
/// mounts there. Hidden mounts count only in a saved table.
fn containing_by_name(path: &[u8], context: &TableContext<'_>) -> Option<usize> {
    let mounts = context.table.mounts();
    let path = Path::new(OsStr::from_bytes(path));
    let lengths = mounts.iter().enumerate().filter_map(|(index, mount)| {
        let target = mount_point(mount);
        let leads = context.view.is_none() || context.covered_by(index).is_none();
        (leads && path.starts_with(OsStr::from_bytes(&target))).then_some((target.len(), index))
    });
    lengths.max().map(|(_, index)| index)
}
