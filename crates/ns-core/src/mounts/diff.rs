//! Comparison of two tables: of two namespaces, by mount points, or of one namespace at two times, by ids.

use std::collections::HashMap;

use super::{Mount, MountId, MountTable, merged};

/// How the mounts of two namespaces differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference<'t, 'a> {
    /// The mount is only in the first table.
    OnlyFirst(&'t Mount<'a>),
    /// The mount is only in the second table.
    OnlySecond(&'t Mount<'a>),
    /// The mount is in both tables, and differs.
    Differs(&'t Mount<'a>, &'t Mount<'a>, Vec<Aspect>),
}

/// A property in which mounts at the same mount point can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The source, or the mounted directory of the file system.
    Source,
    /// The type of the file system.
    FsType,
    /// The file system, with the same type.
    Device,
    /// The options.
    Options,
    /// The propagation, in words.
    Propagation,
}

impl Aspect {
    const ALL: [Self; 5] = [
        Self::Source,
        Self::FsType,
        Self::Device,
        Self::Options,
        Self::Propagation,
    ];

    fn differs(self, first: &Mount<'_>, second: &Mount<'_>, numbers: DeviceNumbers) -> bool {
        match self {
            Self::Source => (first.source, first.root) != (second.source, second.root),
            Self::FsType => first.fs_type != second.fs_type,
            Self::Device => !numbers.may_be_same(first, second),
            Self::Options => all_options(first) != all_options(second),
            Self::Propagation => first.propagation().words() != second.propagation().words(),
        }
    }
}

/// The origin of two tables, which decides what device numbers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceNumbers {
    /// On the same machine, since the same boot: each number is one file system.
    Comparable,
    /// Perhaps on another machine, or before it was started again. The kernel gives numbers with the major 0, to file
    /// systems without a device, in the order in which they are mounted.
    OfDevices,
}

impl DeviceNumbers {
    /// True unless the device numbers show that these are different file systems.
    fn may_be_same(self, first: &Mount<'_>, second: &Mount<'_>) -> bool {
        let without_device = [first, second].iter().all(|mount| mount.device.major == 0);
        first.device == second.device || self == Self::OfDevices && without_device
    }

    /// True if two mounts show the same directory of what may be the same file system.
    fn may_show_same(self, first: &Mount<'_>, second: &Mount<'_>) -> bool {
        let same_source = (first.fs_type, first.source) == (second.fs_type, second.source);
        self.may_be_same(first, second)
            && first.root == second.root
            && (self == Self::Comparable || same_source)
    }
}

fn all_options<'a>(mount: &Mount<'a>) -> std::borrow::Cow<'a, [u8]> {
    merged(mount.vfs_options, mount.fs_options)
}

/// The differences between the tables of two namespaces, in the order of the first table, then of the second.
///
/// Mounts with the same mount point are compared. If several mounts are stacked there, mounts of the same file system
/// and directory are compared first, and then the others in their order.
pub fn differences<'t, 'a>(
    first: &'t [Mount<'a>],
    second: &'t [Mount<'a>],
    numbers: DeviceNumbers,
) -> Vec<Difference<'t, 'a>> {
    let mut waiting: HashMap<&[u8], Vec<&'t Mount<'a>>> = HashMap::new();
    for mount in second {
        waiting.entry(mount.target.raw()).or_default().push(mount);
    }
    let mut taken = std::collections::HashSet::new();
    let mut partner = |mount: &Mount<'a>, any: bool| {
        let there = waiting.get(mount.target.raw())?;
        let found = there
            .iter()
            .filter(|other| !taken.contains(&std::ptr::from_ref(**other)))
            .find(|other| any || numbers.may_show_same(mount, other))?;
        taken.insert(std::ptr::from_ref(*found));
        Some(*found)
    };
    let mut pairs: Vec<Option<&'t Mount<'a>>> = vec![None; first.len()];
    for any in [false, true] {
        for (mount, pair) in first.iter().zip(&mut pairs) {
            if pair.is_none() {
                *pair = partner(mount, any);
            }
        }
    }
    let mut found = Vec::new();
    for (mount, pair) in first.iter().zip(pairs) {
        match pair {
            None => found.push(Difference::OnlyFirst(mount)),
            Some(other) => {
                let aspects: Vec<_> = Aspect::ALL
                    .into_iter()
                    .filter(|aspect| aspect.differs(mount, other, numbers))
                    .collect();
                if !aspects.is_empty() {
                    found.push(Difference::Differs(mount, other, aspects));
                }
            }
        }
    }
    let rest = second.iter();
    let rest = rest.filter(|mount| !taken.contains(&std::ptr::from_ref(*mount)));
    found.extend(rest.map(Difference::OnlySecond));
    found
}

/// A change in a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountEvent<'t, 'a> {
    /// A new mount.
    Mount(&'t Mount<'a>),
    /// A mount that was removed.
    Umount(&'t Mount<'a>),
    /// Other options: the mount before and after.
    Remount(&'t Mount<'a>, &'t Mount<'a>),
    /// Another mount point: the mount before and after.
    Move(&'t Mount<'a>, &'t Mount<'a>),
}

/// The changes between two readings of the table of one namespace: first the removed mounts, then new and changed ones.
pub fn events<'t, 'a>(before: &'t MountTable<'a>, after: &'t MountTable<'a>) -> Vec<MountEvent<'t, 'a>> {
    let by_id = |table: &'t MountTable<'a>| -> HashMap<MountId, &'t Mount<'a>> {
        table.mounts().iter().map(|mount| (mount.id, mount)).collect()
    };
    // The kernel reuses the id of a removed mount.
    let same = |one: &Mount<'_>, other: &Mount<'_>| {
        (one.device, one.root, one.fs_type, one.source)
            == (other.device, other.root, other.fs_type, other.source)
    };
    let (old, new) = (by_id(before), by_id(after));
    let stays = |mount: &&Mount<'a>| new.get(&mount.id).is_some_and(|now| same(mount, now));
    // Mounts are removed in the reverse order of mounting.
    let gone = before.mounts().iter().rev().filter(|mount| !stays(mount));
    let mut events: Vec<_> = gone.map(MountEvent::Umount).collect();
    for mount in after.mounts() {
        match old.get(&mount.id).filter(|was| same(was, mount)) {
            None => events.push(MountEvent::Mount(mount)),
            Some(was) => {
                if (was.target, was.parent) != (mount.target, mount.parent) {
                    events.push(MountEvent::Move(was, mount));
                }
                if all_options(was) != all_options(mount) {
                    events.push(MountEvent::Remount(was, mount));
                }
            }
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /a rw - tmpfs one rw\n\
                         3 2 0:3 / /a rw - tmpfs two rw\n4 1 0:4 / /b rw - proc proc rw\n";

    #[test]
    fn mounts_are_the_same_by_their_mount_points_and_file_systems() {
        let second = "11 0 0:1 / / ro shared:9 - ext4 /dev/a rw\n12 11 0:3 / /a rw - tmpfs two rw\n\
                      13 11 0:5 /x /c rw - tmpfs three rw\n";
        let (first, second) = (
            MountTable::parse(FIRST.as_bytes()),
            MountTable::parse(second.as_bytes()),
        );
        let (a, b) = (first.mounts(), second.mounts());
        assert_eq!(
            differences(a, b, DeviceNumbers::Comparable),
            [
                Difference::Differs(&a[0], &b[0], vec![Aspect::Options, Aspect::Propagation]),
                Difference::OnlyFirst(&a[1]),
                Difference::OnlyFirst(&a[3]),
                Difference::OnlySecond(&b[2]),
            ]
        );
        assert_eq!(differences(a, a, DeviceNumbers::Comparable), []);
    }

    #[test]
    fn numbers_without_a_device_mean_nothing_elsewhere() {
        let before = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /a rw - tmpfs one rw\n\
                      3 2 0:3 / /a rw - tmpfs two rw\n4 1 8:2 / /b rw - ext4 b rw\n";
        // The same mounts, with other numbers. The two on /a are exchanged.
        let after = "1 0 8:1 / / rw - ext4 /dev/a rw\n2 1 0:3 / /a rw - tmpfs one rw\n\
                     3 2 0:2 / /a rw - tmpfs two rw\n4 1 8:3 / /b rw - ext4 b rw\n";
        let (first, second) = (
            MountTable::parse(before.as_bytes()),
            MountTable::parse(after.as_bytes()),
        );
        let (a, b) = (first.mounts(), second.mounts());
        assert_eq!(
            differences(a, b, DeviceNumbers::OfDevices),
            [Difference::Differs(&a[3], &b[3], vec![Aspect::Device])]
        );
        assert_eq!(differences(a, b, DeviceNumbers::Comparable).len(), 3);
    }

    #[test]
    fn what_happened_is_told_by_the_ids() {
        let after = "1 0 0:1 / / ro - ext4 /dev/a rw\n2 1 0:2 / /c rw - tmpfs one rw\n\
                     3 2 0:9 / /a rw - tmpfs two rw\n";
        let (before, after) = (
            MountTable::parse(FIRST.as_bytes()),
            MountTable::parse(after.as_bytes()),
        );
        let (old, new) = (before.mounts(), after.mounts());
        assert_eq!(
            events(&before, &after),
            [
                MountEvent::Umount(&old[3]),
                MountEvent::Umount(&old[2]),
                MountEvent::Remount(&old[0], &new[0]),
                MountEvent::Move(&old[1], &new[1]),
                MountEvent::Mount(&new[2]),
            ]
        );
    }
}
