//! The mounts that the question is about: the mount itself, its copies that are unmounted with it, and the other mounts
//! of its file system.

use std::collections::{HashMap, HashSet};

use crate::mounts::{Device, MountId, PeerGroup};

use super::tables::{Placed, Tables};
use super::{Keeps, Subject, Use, Way};

/// The mounts whose users are asked for.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// The mounts that must not be in use: umount(2) fails otherwise. The mounts below are among them.
    mounts: HashSet<MountId>,
    /// The mount that the question is about, if it is about one.
    subject: Option<MountId>,
    /// The other mounts of the file system, which keep it in use.
    others: Vec<MountId>,
    /// The numbers of their file systems.
    systems: HashSet<Device>,
}

impl Targets {
    /// The targets of a question. `None` if the mount is in no table.
    pub fn of(tables: &Tables, subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Mount(id) => tables.get(*id).map(|mount| Self::of_mount(tables, mount)),
            Subject::Device(device) => Some(Self::of_device(tables, *device)),
        }
    }

    fn of_mount(tables: &Tables, mount: &Placed) -> Self {
        let go: HashSet<_> = copies(tables, mount).into_iter().chain([mount.id]).collect();
        let of_system = tables
            .mounts()
            .iter()
            .filter(|other| other.device == mount.device);
        let others = of_system.map(|other| other.id).filter(|id| !go.contains(id));
        let mut targets = Self {
            others: others.collect(),
            mounts: go,
            subject: Some(mount.id),
            systems: [mount.device].into(),
        };
        targets.add_below(tables, &[mount.id]);
        targets
    }

    fn of_device(tables: &Tables, device: Device) -> Self {
        let mounts = || tables.mounts().iter().filter(|mount| mount.is_of(device));
        let others: Vec<_> = mounts().map(|mount| mount.id).collect();
        let systems = mounts().map(|mount| mount.device);
        let mut targets = Self {
            mounts: others.iter().copied().collect(),
            subject: None,
            systems: systems.chain([device]).collect(),
            others: Vec::new(),
        };
        targets.add_below(tables, &others);
        targets.others = others;
        targets
    }

    /// Adds the mounts below these, and their copies: they must go first, so that their users count.
    fn add_below(&mut self, tables: &Tables, tops: &[MountId]) {
        for mount in tops.iter().flat_map(|top| tables.below(*top)) {
            if self.mounts.insert(mount.id) {
                self.systems.insert(mount.device);
                self.mounts.extend(copies(tables, mount));
            }
        }
    }

    /// Adds the mounts of a device that is made from a target, which must go first, and everything below them. Returns them,
    /// each before those that must go before it.
    pub fn add_device(&mut self, tables: &Tables, device: Device, keeps: Keeps) -> Vec<Use> {
        let mut uses = Vec::new();
        for mount in tables.mounts().iter().filter(|mount| mount.is_of(device)) {
            if !self.mounts.insert(mount.id) {
                continue;
            }
            self.systems.insert(mount.device);
            uses.push(mount.as_use(keeps, Way::Above));
            let below = tables.below(mount.id).into_iter().rev();
            let new = below.filter(|below| !self.mounts.contains(&below.id));
            uses.extend(new.map(|below| below.as_use(Keeps::Mount, below.way_below())));
            self.add_below(tables, &[mount.id]);
        }
        uses
    }

    /// True if a file on this mount keeps it busy.
    pub fn has(&self, id: MountId) -> bool {
        self.mounts.contains(&id)
    }

    /// True if a file system with this number is asked about.
    pub fn has_system(&self, device: Device) -> bool {
        self.systems.contains(&device)
    }

    /// The mounts that are reasons themselves.
    pub fn mounts(&self, tables: &Tables) -> Vec<Use> {
        let mut uses = Vec::new();
        // A copy of the mount with mounts on it stays where it is. It is among the others.
        let tops = match &self.subject {
            Some(subject) => std::slice::from_ref(subject),
            None => &self.others,
        };
        let mut known = HashSet::new();
        for mount in tops.iter().flat_map(|top| tables.below(*top)) {
            // A mount of the device itself has a row of its own.
            if known.insert(mount.id) && !(self.subject.is_none() && self.others.contains(&mount.id)) {
                uses.push(mount.as_use(Keeps::Mount, mount.way_below()));
            }
        }
        let whole = self
            .subject
            .and_then(|id| tables.get(id))
            .map(|mount| &*mount.root);
        let others = self.others.iter().filter(|id| !known.contains(id));
        for mount in others.filter_map(|id| tables.get(*id)) {
            let is_whole = mount.root == whole.unwrap_or(b"/");
            let way = if is_whole { Way::Mount } else { Way::Part };
            uses.push(mount.as_use(Keeps::Device, way));
        }
        uses
    }
}

/// The copies of a mount that umount(2) takes away with it, and that must not be in use either: a mount on the same
/// directory of each mount that receives the events of the parent. A copy with mounts on it stays.
fn copies(tables: &Tables, mount: &Placed) -> Vec<MountId> {
    let Some(parent) = tables.get(mount.parent).filter(|parent| parent.id != mount.id) else {
        return Vec::new();
    };
    let Some(group) = parent.propagation.shared else {
        return Vec::new();
    };
    let Some(place) = parent.inside(&mount.target) else {
        return Vec::new();
    };
    let groups = receivers(tables, group);
    let parents: HashMap<MountId, &Placed> = tables
        .mounts()
        .iter()
        .filter(|other| other.device == parent.device && is_in(other, &groups))
        .map(|other| (other.id, other))
        .collect();
    let is_copy = |other: &&Placed| {
        let on = parents.get(&other.parent).filter(|on| on.id != other.id);
        other.id != mount.id && on.is_some_and(|on| on.inside(&other.target).as_ref() == Some(&place))
    };
    let below: Vec<(Option<Vec<u8>>, Device)> = tables
        .on(mount.id)
        .map(|below| (mount.inside(&below.target), below.device))
        .collect();
    let receiving = mount.propagation.shared.map(|group| receivers(tables, group));
    // Mounts on a copy keep it where it is, except one that covers it, and those that go with the mounts on the original.
    let goes = |copy: &&Placed| {
        let follows = receiving.as_ref().is_some_and(|groups| is_in(copy, groups));
        tables.on(copy.id).all(|on| {
            on.target == copy.target || follows && below.contains(&(copy.inside(&on.target), on.device))
        })
    };
    let copies = tables.mounts().iter().filter(is_copy).filter(goes);
    copies.map(|copy| copy.id).collect()
}

/// True if a mount receives the events of these groups.
fn is_in(mount: &Placed, groups: &HashSet<PeerGroup>) -> bool {
    let of_mount = [mount.propagation.shared, mount.propagation.master];
    of_mount
        .into_iter()
        .flatten()
        .any(|group| groups.contains(&group))
}

/// A peer group and all groups that receive its events.
fn receivers(tables: &Tables, group: PeerGroup) -> HashSet<PeerGroup> {
    let mut groups = HashSet::from([group]);
    loop {
        let before = groups.len();
        for mount in tables.mounts() {
            if let (Some(shared), Some(master)) = (mount.propagation.shared, mount.propagation.master)
                && groups.contains(&master)
            {
                groups.insert(shared);
            }
        }
        if groups.len() == before {
            return groups;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::tests::tables;
    use super::*;

    fn ids(mut ids: Vec<MountId>) -> Vec<u64> {
        ids.sort_unstable();
        ids.into_iter().map(MountId::as_raw).collect()
    }

    #[test]
    fn copies_are_on_the_same_directory_of_each_receiver() {
        let tables = tables(&[
            (
                1,
                "1 0 8:1 / / rw shared:1 - ext4 a rw\n2 1 0:9 / /m rw shared:5 - tmpfs t rw\n3 1 8:1 /m /b rw shared:1 - ext4 a rw\n",
            ),
            // A slave with its own group behind it, a private copy, and a mount elsewhere.
            (
                2,
                "11 0 8:1 / / rw shared:2 master:1 - ext4 a rw\n12 11 0:9 / /m rw shared:6 master:5 - tmpfs t rw\n",
            ),
            (
                3,
                "21 0 8:1 / / rw master:2 - ext4 a rw\n22 21 0:9 / /m rw - tmpfs t rw\n",
            ),
            (4, "31 0 8:1 / / rw - ext4 a rw\n32 31 0:9 / /m rw - tmpfs t rw\n"),
            (
                5,
                "41 0 8:1 / / rw shared:1 - ext4 a rw\n42 41 0:9 / /n rw - tmpfs t rw\n",
            ),
            // With a mount on it, a copy stays. A mount that covers it does not count.
            (
                6,
                "51 0 8:1 / / rw shared:1 - ext4 a rw\n52 51 0:9 / /m rw - tmpfs t rw\n53 52 0:7 / /m/x rw - tmpfs u rw\n",
            ),
            (
                7,
                "61 0 8:1 / / rw shared:1 - ext4 a rw\n62 61 0:9 / /m rw - tmpfs t rw\n63 62 0:7 / /m rw - tmpfs u rw\n",
            ),
            // The same directory by another mount point.
            (
                8,
                "71 0 0:1 / / rw - tmpfs r rw\n72 71 8:1 /m /deep rw shared:1 - ext4 a rw\n73 72 0:9 / /deep rw - tmpfs t rw\n",
            ),
        ]);
        let mount = tables.get(MountId::new(2)).unwrap();
        assert_eq!(ids(copies(&tables, mount)), [12, 22, 62, 73]);
        let private = tables.get(MountId::new(32)).unwrap();
        assert!(copies(&tables, private).is_empty());
        let targets = Targets::of(&tables, &Subject::Mount(mount.id)).unwrap();
        let uses = targets.mounts(&tables);
        let shown: Vec<_> = uses.iter().map(|it| (it.keeps, it.namespace.unwrap())).collect();
        assert_eq!(shown, [4, 5, 6].map(|namespace| (Keeps::Device, namespace)));
    }

    #[test]
    fn mounts_on_a_copy_go_with_those_on_the_mount() {
        let of = |inode: u64, id: u64, shared: &str, more: bool| {
            let (mount, on) = (id + 1, id + 2);
            let mut lines = vec![
                format!("{id} 0 8:1 / / rw shared:1 - ext4 a rw"),
                format!("{mount} {id} 0:9 / /m rw {shared} - tmpfs t rw"),
                format!("{on} {mount} 0:7 / /m/x rw - tmpfs u rw"),
            ];
            if more {
                lines.push(format!("{} {mount} 0:8 / /m/y rw - tmpfs v rw", id + 3));
            }
            let text = lines.join("\n");
            (inode, text)
        };
        let texts = [
            of(1, 1, "shared:5", false),
            of(2, 11, "master:5", false),
            of(3, 21, "master:5", true),
            of(4, 31, "", false),
        ];
        let tables = tables(&texts.each_ref().map(|(inode, text)| (*inode, &**text)));
        let mount = tables.get(MountId::new(2)).unwrap();
        assert_eq!(ids(copies(&tables, mount)), [12]);
        let targets = Targets::of(&tables, &Subject::Mount(mount.id)).unwrap();
        let has = |id| targets.has(MountId::new(id));
        assert!(has(2) && has(3) && has(12) && has(13) && !has(22) && !has(32));
    }

    #[test]
    fn a_device_is_kept_by_each_mount_of_it() {
        let tables = tables(&[(
            1,
            "1 0 0:2 / / rw - tmpfs r rw\n2 1 8:1 / /a rw - ext4 d rw\n3 1 8:1 /x /b rw - ext4 d rw\n4 2 0:4 net:[1] /a/n rw - nsfs n rw\n",
        )]);
        let of = |device: &str| {
            let targets = Targets::of(&tables, &Subject::Device(device.parse().unwrap())).unwrap();
            let uses = targets.mounts(&tables);
            uses.into_iter().map(|it| (it.way, it.path)).collect::<Vec<_>>()
        };
        let row = |way, path: &str| (way, path.as_bytes().to_vec());
        assert_eq!(
            of("8:1"),
            [row(Way::Pin, "/a/n"), row(Way::Mount, "/a"), row(Way::Part, "/b")]
        );
        assert_eq!(of("8:2"), []);
    }
}
