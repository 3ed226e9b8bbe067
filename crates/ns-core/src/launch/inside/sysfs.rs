//! The `/sys` of another network namespace: a new sysfs replaces the old one, and the mounts below it are kept.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use rustix::fs::{AtFlags, CWD, StatVfsMountFlags, StatxFlags, statvfs, statx};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use crate::error::{Doing, words};
use crate::mounts::{MountId, MountTable, View};
use crate::sys::errno::from_rustix;
use crate::{Error, Result};

const SYS: &str = "/sys";

/// Mounts the sysfs of the network namespace on `/sys`. `EPERM` means only that the kernel refuses the sysfs; nothing
/// has changed then. `doing` completes "cannot …".
pub(super) fn mount(doing: &str) -> Result<()> {
    let sysfs = sysfs().doing(|| doing)?;
    replace(&sysfs).map_err(|errno| match errno {
        Errno::EPERM => Error::Unfit(format!("cannot {doing}: {}", words(errno))),
        errno => Error::kernel(doing, errno),
    })
}

/// Mounts the new sysfs in the place of the old one.
fn replace(sysfs: &OwnedFd) -> nix::Result<()> {
    let bytes = View::own().and_then(|view| view.read());
    let bytes = bytes.map_err(|error| error.errno().unwrap_or(Errno::ENOENT))?;
    let table = MountTable::parse(&bytes);
    let old = mount_at(Path::new(SYS)).map_err(from_rustix)?;
    let below = mounts_below(&table, old)?;
    // In a user namespace the old sysfs may be locked. It then stays below the new one.
    if table
        .mounts()
        .iter()
        .any(|mount| mount.id == old && mount.target.decoded().as_ref() == SYS.as_bytes())
    {
        let _ = umount2(SYS, MntFlags::MNT_DETACH);
    }
    attach(sysfs, Path::new(SYS))?;
    for (target, tree) in &below {
        match attach(tree, target) {
            // The mount was on a directory of the other network namespace, such as the directory of an interface.
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A sysfs that is not mounted anywhere yet, and is read-only if the present one is.
fn sysfs() -> rustix::io::Result<OwnedFd> {
    let file_system = fsopen("sysfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&file_system, "source", "sysfs")?;
    fsconfig_create(&file_system)?;
    let mut attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    if statvfs(SYS)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        attributes |= MountAttrFlags::MOUNT_ATTR_RDONLY;
    }
    fsmount(&file_system, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// Copies of the mounts directly below this one, each with the mounts below it, and their places.
fn mounts_below(table: &MountTable<'_>, old: MountId) -> nix::Result<Vec<(PathBuf, OwnedFd)>> {
    let mut below = Vec::new();
    for mount in table.mounts().iter().filter(|mount| mount.parent == old) {
        let target = mount.target.decoded();
        let target = Path::new(OsStr::from_bytes(&target));
        // A mount that another one covers is invisible now, and is not needed later.
        if target.starts_with(SYS) && target != Path::new(SYS) {
            match mount_at(target) {
                Ok(top) if top == mount.id || is_above(table, top, mount.id) => {}
                Ok(_) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => continue,
                Err(errno) => return Err(from_rustix(errno)),
            }
            let flags = OpenTreeFlags::OPEN_TREE_CLONE
                | OpenTreeFlags::AT_RECURSIVE
                | OpenTreeFlags::OPEN_TREE_CLOEXEC;
            let tree = open_tree(CWD, target, flags).map_err(from_rustix)?;
            below.push((target.to_owned(), tree));
        }
    }
    Ok(below)
}

/// True if `one` is mounted on `other`, or on a mount above it.
fn is_above(table: &MountTable<'_>, one: MountId, other: MountId) -> bool {
    let parent = table.mounts().iter().find(|mount| mount.id == one);
    parent.is_some_and(|mount| {
        mount.parent == other || (mount.parent != one && is_above(table, mount.parent, other))
    })
}

/// The mount that a path leads to.
fn mount_at(path: &Path) -> rustix::io::Result<MountId> {
    statx(CWD, path, AtFlags::NO_AUTOMOUNT, StatxFlags::MNT_ID).map(|stat| MountId::new(stat.stx_mnt_id))
}

fn attach(tree: &OwnedFd, target: &Path) -> nix::Result<()> {
    move_mount(tree, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH).map_err(from_rustix)
}
