//! Names: why a name could not be created or removed.

use std::iter;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use nix::errno::Errno;
use rustix::fs::StatVfsMountFlags;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{capability, paths};
use crate::escape::{quoted, word};
use crate::process::remedy;
use crate::{Gathered, Kind, Kinds, Namespace, pins};

/// The command that makes room for names.
const OWN_RUN: &str = "mount -t tmpfs run /run";

/// A name needs the right to mount, and a directory that belongs to root. `are_new` is true if the namespaces are created
/// for the name, so that they can be created elsewhere.
pub(crate) fn refused(look: &Look, kinds: Kinds, are_new: bool, errno: Errno) -> Option<Finding> {
    let mut files = kinds.iter().map(|kind| pins::directory(kind).join("NAME"));
    let closed = files.find_map(|file| paths::not_written(&file, errno));
    if let Some(finding) = closed.filter(|_| errno == Errno::EACCES && pins_exist(kinds)) {
        return Some(with_root(finding));
    }
    if let Some(finding) = capability::missing(look, CapabilitySet::SYS_ADMIN) {
        if !are_new {
            return Some(finding);
        }
        return Some(finding.help(remedy::for_missing_or(
            CapabilitySet::SYS_ADMIN,
            &format!("use a private /run, because a name is a mount below /run: ns-unshare -r -m sh -c '{OWN_RUN}; exec sh'"),
        )));
    }
    if errno == Errno::EPERM {
        return capability::not_owner(look, Kind::Mnt).map(in_own_run);
    }
    let owner = std::fs::metadata("/run").ok()?.uid();
    let own = nix::unistd::geteuid().as_raw();
    (errno == Errno::EACCES && owner != own).then(|| {
        in_own_run(Finding::new(format!(
            "/run belongs to uid {owner}, and this is uid {own} of a user namespace"
        )))
    })
}

/// True if there is a directory of names for one of these kinds.
fn pins_exist(kinds: Kinds) -> bool {
    kinds.iter().any(|kind| pins::directory(kind).is_dir())
}

/// The finding, with the help that root has the right, unless the caller is root.
fn with_root(finding: Finding) -> Finding {
    match remedy::as_root() {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Why a name of one of these kinds cannot be removed: its file is in a directory, and a mount on the file.
pub(crate) fn not_removed(look: &Look, kinds: Kinds, errno: Errno) -> Option<Finding> {
    if errno == Errno::EACCES {
        let mut directories = kinds.iter().map(pins::directory);
        return directories
            .find_map(|directory| paths::not_removed(&directory))
            .map(with_root);
    }
    capability::missing(look, CapabilitySet::SYS_ADMIN).or_else(|| capability::not_owner(look, Kind::Mnt))
}

/// The finding, with help on where names can be created instead.
pub(crate) fn in_own_run(finding: Finding) -> Finding {
    finding.help(format!("use a private /run in a new mount namespace: {OWN_RUN}"))
}

/// The directory above the directories of names does not exist.
pub(crate) fn no_place(kinds: Kinds) -> Option<Finding> {
    let place = pins::directory(kinds.iter().next()?);
    let finding = paths::refused(&place, Errno::ENOENT)?;
    let parent = place.parent().filter(|parent| parent.symlink_metadata().is_err());
    Some(match parent {
        Some(parent) => finding.help(format!("mkdir -p {}", word(parent))),
        None => finding,
    })
}

/// The directory of names is read-only.
pub(crate) fn read_only(kinds: Kinds) -> Option<Finding> {
    let is_read_only = |path: &PathBuf| {
        rustix::fs::statvfs(path).is_ok_and(|system| system.f_flag.contains(StatVfsMountFlags::RDONLY))
    };
    let run = iter::once(PathBuf::from("/run"));
    let place = run.chain(kinds.iter().map(pins::directory)).find(is_read_only)?;
    let place = quoted(place.as_os_str().as_bytes());
    Some(Finding::new(format!(
        "{place} is on a read-only file system or mount"
    )))
}

/// The kernel mounts a mount namespace only in an older one, with a lower id, so that no namespace holds itself.
pub(crate) fn no_younger(other: &Namespace) -> Option<Finding> {
    let own = Namespace::own(Kind::Mnt).ok()?;
    if other.identity() == own.identity() {
        return Some(
            Finding::new(format!(
                "{own} is the caller's mount namespace, and a mount namespace cannot be mounted in itself"
            ))
            .help("leave it out: name the kinds to pin, such as --net --uts"),
        );
    }
    let (Gathered::Known(id), Gathered::Known(own_id)) = (other.id(), own.id()) else {
        return None;
    };
    (id <= own_id).then(|| {
        Finding::new(format!(
            "{other} has the id {id}, and the caller's {own} has the id {own_id}: the kernel mounts a mount namespace only in one with a lower id"
        ))
        .help("pin it from an older mount namespace, or leave it out: name the kinds to pin, such as --net --uts")
    })
}
