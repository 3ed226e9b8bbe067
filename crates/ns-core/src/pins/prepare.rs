//! Preparing the directory of the names of one kind, as `ip-netns(8)` does: a mount of its own, so that what is mounted
//! below is seen where it should be; and locked while names come and go.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};

use super::directory;
use super::lock::{Locked, Waiting, lock_one};
use crate::error::Doing;
use crate::escape::quoted;
use crate::{Kind, Kinds, Result};

const NONE: Option<&str> = None;

/// Makes the directories of these kinds ready and locks them: in one order, so that nobody waits for each other.
pub(super) fn prepare(kinds: Kinds, waiting: Waiting<'_>) -> Result<Vec<Locked>> {
    kinds.iter().map(|kind| prepare_one(kind, waiting)).collect()
}

fn prepare_one(kind: Kind, waiting: Waiting<'_>) -> Result<Locked> {
    let path = directory(kind);
    let doing = || format!("prepare {} for names", quoted(path.as_os_str().as_bytes()));
    match nix::unistd::mkdir(&path, nix::sys::stat::Mode::from_bits_truncate(0o755)) {
        Ok(()) | Err(Errno::EEXIST) => {}
        Err(errno) => return Err(errno).doing(doing),
    }
    let Some(locked) = lock_one(&path, waiting)? else {
        return Err(Errno::ENOTDIR).doing(doing);
    };
    if kind == Kind::Mnt {
        make_private(&path).doing(doing)?;
    } else {
        make_shared(&path).doing(doing)?;
    }
    Ok(locked)
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
