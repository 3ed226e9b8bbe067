//! The directory of the names of one kind, made ready as `ip-netns(8)` does: a mount of its own, so that what is mounted
//! below is seen where it should be; and locked while names come and go.

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::mount::{MsFlags, mount};
use rustix::fs::{Mode, OFlags};

use super::directory;
use crate::error::Doing;
use crate::escape::quoted;
use crate::{Kind, Kinds, Result};

const NONE: Option<&str> = None;

/// The directory of a kind, in which nobody else makes or removes a name who keeps to the protocol (`flock(2)`).
pub(super) struct Locked {
    _lock: Flock<OwnedFd>,
}

/// Makes the directories of these kinds ready and locks them: in one order, so that nobody waits for each other.
pub(super) fn prepare(kinds: Kinds) -> Result<Vec<Locked>> {
    kinds.iter().map(prepare_one).collect()
}

/// Locks those directories of these kinds that there are.
pub(super) fn lock(kinds: Kinds) -> Result<Vec<Locked>> {
    let locked = kinds.iter().map(|kind| lock_one(&directory(kind)));
    locked.filter_map(Result::transpose).collect()
}

fn prepare_one(kind: Kind) -> Result<Locked> {
    let path = directory(kind);
    let doing = || format!("prepare {} for names", quoted(path.as_os_str().as_bytes()));
    match nix::unistd::mkdir(&path, nix::sys::stat::Mode::from_bits_truncate(0o755)) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(errno) => return Err(errno).doing(doing),
    }
    let Some(locked) = lock_one(&path)? else {
        return Err(Errno::ENOTDIR).doing(doing);
    };
    if kind == Kind::Mnt {
        make_private(&path).doing(doing)?;
    } else {
        make_shared(&path).doing(doing)?;
    }
    Ok(locked)
}

fn lock_one(path: &Path) -> Result<Option<Locked>> {
    let doing = || format!("lock {}", quoted(path.as_os_str().as_bytes()));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
        answer => answer.doing(doing)?,
    };
    let lock = Flock::lock(directory, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .doing(doing)?;
    Ok(Some(Locked { _lock: lock }))
}

/// Names of mount namespaces: the kernel binds none on a mount that others have a copy of.
fn make_private(path: &Path) -> nix::Result<()> {
    match set(path, MsFlags::MS_PRIVATE) {
        // It is no mount yet.
        Err(Errno::EINVAL) => {
            mount(Some(path), path, NONE, MsFlags::MS_BIND, NONE)?;
            set(path, MsFlags::MS_PRIVATE)
        }
        answer => answer,
    }
}

/// Names of the other kinds: mount namespaces that are copied from here later see them come and go.
fn make_shared(path: &Path) -> nix::Result<()> {
    match set(path, MsFlags::MS_SHARED) {
        Err(Errno::EINVAL) => {
            mount(Some(path), path, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;
            // For peers of its own: as one of those of /run it would have each name mounted twice.
            set(path, MsFlags::MS_PRIVATE)?;
            set(path, MsFlags::MS_SHARED)
        }
        answer => answer,
    }
}

fn set(path: &Path, propagation: MsFlags) -> nix::Result<()> {
    mount(Some(""), path, Some("none"), propagation | MsFlags::MS_REC, NONE)
}
