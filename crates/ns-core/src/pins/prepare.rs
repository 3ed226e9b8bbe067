//! Preparing the directory of the names of one kind, as `ip-netns(8)` does: it becomes a mount of its own, so that
//! names appear in other mount namespaces as they should, and it is locked while names change.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use rustix::thread::CapabilitySet;

use super::directory;
use super::lock::{Locked, Waiting, lock_one};
use crate::error::Doing;
use crate::escape::quoted;
use crate::process::caller;
use crate::{Kind, Kinds, Result};

const NONE: Option<&str> = None;

/// Prepares and locks the directories of these kinds, always in the same order to avoid a deadlock.
pub(super) fn prepare(kinds: Kinds, waiting: Waiting<'_>) -> Result<Vec<Locked>> {
    kinds.iter().map(|kind| prepare_one(kind, waiting)).collect()
}

fn prepare_one(kind: Kind, waiting: Waiting<'_>) -> Result<Locked> {
    let path = directory(kind);
    let doing = || format!("prepare {} for names", quoted(path.as_os_str().as_bytes()));
    // Without this right the kernel refuses the mount below, and a new directory would be left.
    if !caller::has(CapabilitySet::SYS_ADMIN)? {
        return Err(Errno::EPERM).doing(doing);
    }
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

/// Names of mount namespaces: the kernel does not bind them on a mount that has peers.
fn make_private(path: &Path) -> nix::Result<()> {
    match set(path, MsFlags::MS_PRIVATE) {
        // It is not a mount yet.
        Err(Errno::EINVAL) => {
            mount(Some(path), path, NONE, MsFlags::MS_BIND, NONE)?;
            set(path, MsFlags::MS_PRIVATE)
        }
        answer => answer,
    }
}

/// Names of the other kinds: mount namespaces that are later copied from this one see them appear and disappear.
fn make_shared(path: &Path) -> nix::Result<()> {
    match set(path, MsFlags::MS_SHARED) {
        Err(Errno::EINVAL) => {
            mount(Some(path), path, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE)?;
            // It gets a peer group of its own. In the peer group of /run, each name would be mounted twice.
            set(path, MsFlags::MS_PRIVATE)?;
            set(path, MsFlags::MS_SHARED)
        }
        answer => answer,
    }
}

fn set(path: &Path, propagation: MsFlags) -> nix::Result<()> {
    mount(Some(""), path, Some("none"), propagation | MsFlags::MS_REC, NONE)
}
