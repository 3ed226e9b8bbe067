//! The object at the path of a name.

use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, StatxFlags, statx};

use super::reach;
use crate::error::Doing;
use crate::escape::quoted;
use crate::process::is_known_within;
use crate::sys::fork::SingleThread;
use crate::{Error, Identity, Namespace, Result};
use std::os::unix::ffi::OsStrExt as _;

/// The object at the path of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupant {
    /// Nothing: the name is free.
    Nobody,
    /// An empty file on which no namespace is mounted here, not yet or no longer.
    Stale,
    /// An empty file here, on which a namespace is mounted in the mount namespace of process 1. It is a name too.
    OfInit,
    /// A namespace.
    Namespace(Identity),
    /// A link. [`Occupant::of`] does not follow it.
    Link,
    /// A link to nowhere: to a file that no longer exists, or to itself.
    DeadLink,
    /// Something else, in words that read after "it is".
    Other(&'static str),
}

impl Occupant {
    /// True if this leads to no namespace, here or for process 1, and is nothing else either: it can be removed, or used
    /// again.
    pub(super) fn is_stale(self) -> bool {
        matches!(self, Self::Stale | Self::DeadLink)
    }

    /// Looks, and follows a link: it stays [`Occupant::Link`] if it leads to a namespace.
    pub(super) fn followed(path: &Path) -> Result<Self> {
        match Self::of(path)? {
            // Nothing is known about the place that it leads to.
            Self::Link if !answers(path) => Ok(Self::Link),
            Self::Link => match Namespace::open(path) {
                Ok(_) => Ok(Self::Link),
                Err(Error::NotFound(_)) => Ok(Self::DeadLink),
                Err(error) if error.errno() == Some(Errno::ELOOP) => Ok(Self::DeadLink),
                Err(Error::Unfit(_)) => Ok(Self::Other("a link to something that is not a namespace")),
                Err(error) => Err(error),
            },
            occupant => Ok(occupant),
        }
    }

    /// Looks at the path itself. A link may lead to a server that does not answer, and then would keep a launch from
    /// ending.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let doing = || format!("look at {}", quoted(path.as_os_str().as_bytes()));
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        let stat = match statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, wanted) {
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(Self::Nobody),
            answer => answer.doing(doing)?,
        };
        match FileType::from_raw_mode(stat.stx_mode.into()) {
            FileType::Symlink => return Ok(Self::Link),
            FileType::RegularFile => {}
            FileType::Directory => return Ok(Self::Other("a directory")),
            _ => return Ok(Self::Other("not a plain file")),
        }
        // Looking at it needs no right to the file. The file of a name gives no rights to anybody.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => return Ok(Self::Nobody),
            answer => answer.doing(doing)?,
        };
        if let Some(identity) = Identity::of_namespace(&file).doing(doing)? {
            return Ok(Self::Namespace(identity));
        }
        let directory = path.parent().unwrap_or(Path::new("/"));
        let around = statx(CWD, directory, AtFlags::empty(), wanted).doing(doing)?;
        Ok(if stat.stx_mnt_id != around.stx_mnt_id {
            Self::Other("the mount point of something else")
        } else if stat.stx_size > 0 {
            Self::Other("a file with content")
        } else if reach::is_mounted_for_init(path)? {
            Self::OfInit
        } else {
            Self::Stale
        })
    }
}

/// True if the file system that a link leads to answers within a second.
pub(super) fn answers(link: &Path) -> bool {
    // With threads, nothing can be found out aside.
    SingleThread::check().is_err()
        || is_known_within(PATIENCE, &[], || {
            // The answer alone counts.
            let _ = rustix::fs::stat(link);
            true
        })
}

/// The time for that answer.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_an_empty_file_is_stale() {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str| Occupant::of(&directory.path().join(name)).unwrap();
        assert_eq!(of("a"), Occupant::Nobody);
        std::fs::write(directory.path().join("a"), "").unwrap();
        assert_eq!(of("a"), Occupant::Stale);
        std::fs::write(directory.path().join("a"), "x").unwrap();
        assert_eq!(of("a"), Occupant::Other("a file with content"));
        std::fs::create_dir(directory.path().join("b")).unwrap();
        assert_eq!(of("b"), Occupant::Other("a directory"));
    }

    #[test]
    fn a_link_is_a_name_where_it_leads_to_a_namespace_or_nowhere() {
        let directory = tempfile::tempdir().unwrap();
        let link = |name: &str, to: &str| {
            let path = directory.path().join(name);
            symlink(to, &path).unwrap();
            assert_eq!(Occupant::of(&path).unwrap(), Occupant::Link);
            Occupant::followed(&path).unwrap()
        };
        assert_eq!(link("alive", "/proc/self/ns/net"), Occupant::Link);
        assert_eq!(link("gone", "/proc/4194305/ns/net"), Occupant::DeadLink);
        assert_eq!(link("loop", "loop"), Occupant::DeadLink);
        assert_eq!(
            link("other", "/proc/self/status"),
            Occupant::Other("a link to something that is not a namespace")
        );
    }
}
