//! Peer groups in the tables of many namespaces: where a new mount appears, and where it does not.

use std::collections::BTreeMap;

use super::{Mount, MountId, MountTable, PeerGroup};

/// A mount that belongs to a peer group or receives its events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerMount {
    /// The inode of its mount namespace.
    pub namespace: u64,
    /// The id.
    pub id: MountId,
    /// Its mount point, from the root directory of the namespace's view.
    pub target: Vec<u8>,
    /// The source of the mount.
    pub source: Vec<u8>,
    /// The type of the file system.
    pub fs_type: Vec<u8>,
}

/// A peer group, with the mounts that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerMounts {
    /// The group that it receives events from.
    pub master: Option<PeerGroup>,
    /// The mounts in the group. Each passes events below it to all of them, and to the receivers below.
    pub members: Vec<PeerMount>,
    /// Mounts that receive its events and pass none on.
    pub slaves: Vec<PeerMount>,
    /// The groups that receive its events.
    pub receivers: Vec<PeerGroup>,
}

/// All peer groups of some tables.
#[derive(Clone, Debug, Default)]
pub struct Peers(BTreeMap<PeerGroup, PeerMounts>);

impl Peers {
    /// Adds the mounts of a namespace.
    pub fn add(&mut self, namespace: u64, table: &MountTable<'_>) {
        for mount in table.mounts() {
            let propagation = mount.propagation();
            let member = || PeerMount::of(namespace, mount);
            match (propagation.shared, propagation.master) {
                (Some(group), master) => {
                    let entry = self.0.entry(group).or_default();
                    entry.members.push(member());
                    entry.master = master;
                    if let Some(master) = master {
                        let receivers = &mut self.0.entry(master).or_default().receivers;
                        if !receivers.contains(&group) {
                            receivers.push(group);
                        }
                    }
                }
                (None, Some(master)) => self.0.entry(master).or_default().slaves.push(member()),
                (None, None) => {}
            }
        }
    }

    /// The group with this number.
    pub fn get(&self, group: PeerGroup) -> Option<&PeerMounts> {
        self.0.get(&group)
    }

    /// The numbers of the groups that receive events from no known group.
    pub fn tops(&self) -> impl Iterator<Item = PeerGroup> {
        self.0
            .iter()
            .filter(|(_, group)| group.master.is_none_or(|master| !self.0.contains_key(&master)))
            .map(|(number, _)| *number)
    }
}

impl PeerMount {
    fn of(namespace: u64, mount: &Mount<'_>) -> Self {
        Self {
            namespace,
            id: mount.id,
            target: mount.target.decoded().into_owned(),
            source: mount.source.decoded().into_owned(),
            fs_type: mount.fs_type.decoded().into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_knows_its_mounts_and_who_listens_in_every_namespace() {
        let mut peers = Peers::default();
        for (namespace, text) in [
            (
                1,
                "1 0 0:1 / / rw shared:1 - t t rw\n2 1 0:2 / /a rw shared:2 - t t rw\n",
            ),
            (
                2,
                "5 4 0:1 / / rw master:1 - t t rw\n6 5 0:2 / /a rw shared:3 master:2 - t t rw\n7 5 0:3 / /b rw - t t rw\n",
            ),
            (3, "9 8 0:1 / / rw shared:1 - t t rw\n"),
        ] {
            peers.add(namespace, &MountTable::parse(text.as_bytes()));
        }
        let ids = |members: &[PeerMount]| -> Vec<_> {
            members
                .iter()
                .map(|member| (member.namespace, member.id.as_raw()))
                .collect()
        };
        let group = |number| peers.get(PeerGroup::new(number)).unwrap();
        assert_eq!(ids(&group(1).members), [(1, 1), (3, 9)]);
        assert_eq!(ids(&group(1).slaves), [(2, 5)]);
        assert_eq!(group(2).receivers, [PeerGroup::new(3)]);
        assert_eq!(group(3).master, Some(PeerGroup::new(2)));
        assert_eq!(
            peers.tops().collect::<Vec<_>>(),
            [PeerGroup::new(1), PeerGroup::new(2)]
        );
    }
}
