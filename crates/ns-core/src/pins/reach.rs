//! Where a name can be seen: it is a mount, and other mount namespaces have other mounts.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::directory;
use crate::mounts::{MountId, MountTable, PeerGroup, View};
use crate::process::{Pid, Process};
use crate::{Kind, Kinds, Namespace};

/// What is to be known of names of these kinds that are made here, where those who look from the mount namespace of
/// process 1 will not see them.
pub fn limits(kinds: Kinds) -> Option<String> {
    let own = View::own().and_then(|view| view.read()).ok()?;
    // Its mounts may be read where its namespaces may not.
    let of_init = Process::open(Pid::INIT)
        .and_then(|init| View::of_process(&init))
        .and_then(|view| view.read())
        .ok()?;
    let (own, of_init) = (MountTable::parse(&own), MountTable::parse(&of_init));
    let hidden: Vec<_> = kinds
        .iter()
        .map(directory)
        .filter(|path| !same(mount_at(&own, path), mount_at(&of_init, path)))
        .map(|path| path.display().to_string())
        .collect();
    if hidden.is_empty() {
        return None;
    }
    let own = Namespace::own(Kind::Mnt).map_or_else(|_| "mnt".into(), |own| own.to_string());
    Some(format!(
        "names in {} are visible in this mount namespace ({own}) and in copies of it, not in that of process 1",
        hidden.join(", ")
    ))
}

/// What tells mounts apart, and what makes them alike.
type Mounted = Option<(MountId, Option<PeerGroup>)>;

fn mount_at(table: &MountTable<'_>, path: &Path) -> Mounted {
    // Of several on one place the last covers the others.
    table
        .mounts()
        .iter()
        .rfind(|mount| *mount.target.decoded() == *path.as_os_str().as_bytes())
        .map(|mount| (mount.id, mount.propagation().shared))
}

/// Whether what is mounted below one is mounted below the other: it is the same mount, or they are peers.
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
