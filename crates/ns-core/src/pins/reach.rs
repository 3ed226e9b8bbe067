//! The mount namespaces in which a name is visible. A name is a mount, and other mount namespaces have other mounts.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

use super::directory;
use crate::error::Doing;
use crate::escape::quoted;
use crate::mounts::{Device, Mount, MountId, MountTable, PeerGroup, View};
use crate::process::path::ProcPath;
use crate::process::{LinkDirectory, Pid, Process, scan};
use crate::{Error, Kind, Kinds, Namespace, Result};

/// The limits of names of these kinds that are created here: process 1, in its mount namespace, may not see them.
pub fn limits(kinds: Kinds) -> Vec<String> {
    // If process 1 sees the same mounts, it sees every name.
    let Ok(Some((own, of_init))) = tables(Pid::INIT) else {
        return Vec::new();
    };
    let (own, of_init) = (MountTable::parse(&own), MountTable::parse(&of_init));
    let hidden = |kind: &Kind| {
        let path = directory(*kind);
        !same(mount_at(&own, &path), mount_at(&of_init, &path))
    };
    // When the kernel copies a mount namespace, it leaves out mounts of mount namespaces.
    let (alone, copied): (Vec<_>, Vec<_>) = kinds.iter().filter(hidden).partition(|kind| *kind == Kind::Mnt);
    let namespace = Namespace::own(Kind::Mnt).map_or_else(|_| "mnt".into(), |own| own.to_string());
    let directories = |kinds: &[Kind]| {
        let directories = kinds.iter().map(|kind| directory(*kind).display().to_string());
        directories.collect::<Vec<_>>().join(", ")
    };
    let mut limits = Vec::new();
    if !copied.is_empty() {
        limits.push(format!(
            "the names in {} exist only in this mount namespace ({namespace}) and in later copies of it; \
             process 1 does not see them",
            directories(&copied)
        ));
    }
    if !alone.is_empty() {
        limits.push(format!(
            "the names in {} exist only in this mount namespace ({namespace}); \
             copies of it and process 1 do not see them",
            directories(&alone)
        ));
    }
    limits
}

/// The mounts that the caller sees, and the mounts that this process sees. `None` if they are the same, or if the caller
/// may not read those.
fn tables(of: Pid) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    // A table with a thousand names takes longer to read than a name takes to make.
    if sees_the_same(of) {
        return Ok(None);
    }
    let both = || {
        let own = View::own()?.read()?;
        // The caller may read its mounts even if it may not read its namespaces.
        let other = View::of_process(&Process::open(of)?)?.read()?;
        Ok::<_, Error>((own, other))
    };
    match both() {
        Ok(both) => Ok(Some(both)),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// True if this process is known to have the mount namespace and the root directory of the caller.
fn sees_the_same(process: Pid) -> bool {
    let Ok(scan) = scan() else { return false };
    let place = |pid: Pid| {
        let kinds = Kinds::of(Kind::Mnt);
        let namespace = LinkDirectory::open(scan.proc(), pid, None, kinds)
            .links(kinds)
            .get(Kind::Mnt);
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        let root = statx(
            scan.proc(),
            ProcPath::of(pid).file("root"),
            AtFlags::empty(),
            wanted,
        )
        .ok()?;
        let told = StatxFlags::from_bits_retain(root.stx_mask).contains(wanted);
        told.then_some((namespace.known()?, root.stx_mnt_id, root.stx_ino))
    };
    place(Pid::own()).is_some_and(|own| place(process) == Some(own))
}

/// True if the caller may not read the mounts, or there is nothing to read them from. Any other error says nothing about
/// the mounts, and nothing is removed after it.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.errno(),
        None | Some(Errno::EACCES | Errno::EPERM | Errno::ENOENT | Errno::ESRCH | Errno::ENOSYS)
    )
}

/// True if something is mounted on this file in the mount namespace of process 1. The caller sees a plain file.
pub(super) fn is_mounted_for_init(path: &Path) -> Result<bool> {
    is_mounted_for(Pid::INIT, path)
}

/// True if the file at this path is the same one for this process, which sees a namespace mounted on it.
pub(crate) fn is_same_place_for(process: Pid, path: &Path) -> bool {
    is_mounted_for(process, path).unwrap_or(false)
}

fn is_mounted_for(process: Pid, path: &Path) -> Result<bool> {
    let Some((own, other)) = tables(process)? else {
        return Ok(false);
    };
    let (own, other) = (MountTable::parse(&own), MountTable::parse(&other));
    let Some(there) = uppermost(&other, path) else {
        return Ok(false);
    };
    let below = other.mounts().iter().find(|mount| mount.id == there.parent);
    let file = |mount: &Mount<'_>| place_in(mount, path);
    // Two file systems can each have a file with that path.
    Ok(below
        .and_then(file)
        .is_some_and(|place| own.mount_of(path.as_os_str().as_bytes()).and_then(file) == Some(place)))
}

/// True if a namespace is also mounted on this file below a mount that hides it. `umount(2)` reaches only the visible
/// mount, so the file cannot be removed.
pub(super) fn is_mounted_below(path: &Path) -> Result<bool> {
    let mount_of = |path: &Path| {
        let doing = || format!("look at {}", quoted(path.as_os_str().as_bytes()));
        match statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::MNT_ID) {
            Ok(stat) => Ok(Some(MountId::new(stat.stx_mnt_id))),
            // Another process removed it.
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno).doing(doing),
        }
    };
    let directory = path.parent().unwrap_or(Path::new("/"));
    let (Some(around), Some(top)) = (mount_of(directory)?, mount_of(path)?) else {
        return Ok(false);
    };
    let own = match View::own().and_then(|view| view.read()) {
        Ok(own) => own,
        Err(error) if is_refusal(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(has_hidden(&MountTable::parse(&own), path, around, top))
}

/// True if something is mounted on the file at this path, and is not in the stack of mounts from `top` down to the
/// mount `around`.
fn has_hidden(table: &MountTable<'_>, path: &Path, around: MountId, top: MountId) -> bool {
    let mount = |id: MountId| table.mounts().iter().find(|mount| mount.id == id);
    let place = mount(around).and_then(|mount| place_in(mount, path));
    let reached: Vec<_> = std::iter::successors(mount(top), |one| mount(one.parent))
        .map(|mount| mount.id)
        .take_while(|id| *id != around)
        .collect();
    // An unmount propagates to the peers of a mount.
    let group = mount(around)
        .filter(|_| !reached.is_empty())
        .and_then(|mount| mount.propagation().shared);
    let is_hidden = |one: &Mount<'_>| {
        let below = mount(one.parent);
        place.is_some()
            && below.and_then(|below| place_in(below, path)) == place
            && (group.is_none() || below.and_then(|below| below.propagation().shared) != group)
    };
    let on_path = |mount: &&Mount<'_>| *mount.target.decoded() == *path.as_os_str().as_bytes();
    let others = table.mounts().iter().filter(on_path);
    others.filter(|one| !reached.contains(&one.id)).any(is_hidden)
}

/// The file that this path leads to on the mount: its file system, and its path there.
fn place_in(mount: &Mount<'_>, path: &Path) -> Option<(Device, Vec<u8>)> {
    let target = mount.target.decoded();
    let rest = path.as_os_str().as_bytes().strip_prefix(&*target)?;
    let root = mount.root.decoded();
    let parts = [&*root, rest].map(|part| part.split(|byte| *byte == b'/').filter(|name| !name.is_empty()));
    let names: Vec<_> = parts.into_iter().flatten().collect();
    Some((mount.device, names.join(&b'/')))
}

/// The id of a mount, and its peer group.
type Mounted = Option<(MountId, Option<PeerGroup>)>;

fn mount_at(table: &MountTable<'_>, path: &Path) -> Mounted {
    uppermost(table, path).map(|mount| (mount.id, mount.propagation().shared))
}

/// The mount at this path. If there are several, the last one covers the others.
fn uppermost<'a, 'b>(table: &'b MountTable<'a>, path: &Path) -> Option<&'b Mount<'a>> {
    let mut mounts = table.mounts().iter();
    mounts.rfind(|mount| *mount.target.decoded() == *path.as_os_str().as_bytes())
}

/// True if mounts below one also appear below the other: it is the same mount, or the two are peers.
fn same(one: Mounted, other: Mounted) -> bool {
    match (one, other) {
        (Some((id, _)), Some((other, _))) if id == other => true,
        (Some((_, Some(group))), Some((_, Some(other)))) => group == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_below_one_of_the_directory_is_hidden() {
        let hidden = |mounts: &[&str], around, top| {
            let (around, top) = (MountId::new(around), MountId::new(top));
            has_hidden(
                &MountTable::parse(mounts.concat().as_bytes()),
                Path::new("/run/netns/a"),
                around,
                top,
            )
        };
        let run = "20 1 0:20 / /run rw - tmpfs run rw\n";
        let other = "40 20 0:21 / /run rw - tmpfs other rw\n";
        let directory = "30 20 0:20 /netns /run/netns rw - tmpfs run rw\n";
        let name =
            |id: u64, parent: u64| format!("{id} {parent} 0:4 net:[7] /run/netns/a rw - nsfs nsfs rw\n");
        let (first, again, copy) = (&*name(21, 20), &*name(22, 21), &*name(31, 30));
        assert!(!hidden(&[run], 20, 20));
        assert!(!hidden(&[run, first], 20, 21));
        assert!(!hidden(&[run, first, again], 20, 22));
        assert!(!hidden(&[run, directory, copy], 30, 31));
        assert!(hidden(&[run, first, directory], 30, 30));
        assert!(hidden(&[run, first, directory, copy], 30, 31));
        // Removing the copy also removes the mount on its peer.
        let shared = |line: &str| line.replace(" rw - tmpfs", " rw shared:5 - tmpfs");
        let (run_shared, directory_shared) = (&*shared(run), &*shared(directory));
        assert!(!hidden(&[run_shared, first, directory_shared, copy], 30, 31));
        assert!(hidden(&[run_shared, first, directory_shared], 30, 30));
        // These mounts are on another file with this path.
        assert!(!hidden(&[run, first, other], 40, 40));
    }

    #[test]
    fn a_name_is_seen_through_the_same_mount_or_a_peer() {
        let group = |number| Some(PeerGroup::new(number));
        let mount = |id, group| Some((MountId::new(id), group));
        assert!(same(mount(1, None), mount(1, None)));
        assert!(same(mount(1, group(7)), mount(2, group(7))));
        assert!(!same(mount(1, group(7)), mount(2, group(8))));
        assert!(!same(mount(1, None), mount(2, None)));
        assert!(!same(mount(1, None), None));
    }
}
