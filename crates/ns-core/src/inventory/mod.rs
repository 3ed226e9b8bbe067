//! Every namespace of the system, and its holders. There is one file for each place that is searched.
//!
//! The [`Question`] alone decides what is read. Nothing is read that it does not ask for.

mod ancestors;
mod capabilities;
mod descriptors;
mod entry;
mod facts;
mod gather;
mod holder;
mod initial;
mod kernel;
mod leaders;
mod members;
mod next_children;
mod open;
mod pins;
mod processes;
mod question;
mod representatives;
mod search;
mod threads;
mod uid_map;
mod unread;
mod views;
mod witnesses;
mod workers;

use std::os::fd::OwnedFd;

use crate::Kind;
use crate::process::Pid;

pub use capabilities::{Capabilities, capabilities_in};
pub use entry::{Entry, Relationships};
pub use facts::Facts;
pub use gather::{gather, gather_processes};
pub use holder::{Holder, HolderKind};
pub use initial::initial_inode;
pub use kernel::open_by_id;
pub use members::Member;
pub use question::{Places, Question};
pub use representatives::Representative;
pub use unread::Unread;
pub(crate) use workers::share;

/// The result of a search.
#[derive(Debug)]
pub struct Inventory {
    /// In the order of their inodes.
    entries: Vec<Entry>,
    /// In the order of their PIDs.
    members: Vec<Member>,
    /// The facts about the processes that represent namespaces, in the order of their PIDs.
    representatives: Vec<Representative>,
    looked: Places,
    /// The open directory `/proc`.
    proc: OwnedFd,
    without_proc: bool,
    untold: Places,
    /// The inode of the caller's own mount namespace.
    own_mount_namespace: u64,
    unread: Unread,
}

impl Inventory {
    /// The namespaces of the kinds that were asked for, and others found on the way to them, in the order of their
    /// inodes.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The namespace with this inode.
    pub fn entry(&self, inode: u64) -> Option<&Entry> {
        self.entries
            .binary_search_by_key(&inode, |entry| entry.identity.inode)
            .ok()
            .map(|index| &self.entries[index])
    }

    /// The processes that were found, in the order of their PIDs.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The process with this PID.
    pub fn member(&self, pid: Pid) -> Option<&Member> {
        self.members
            .binary_search_by_key(&pid, |member| member.pid)
            .ok()
            .map(|index| &self.members[index])
    }

    /// The processes that are in this namespace, in the order of their PIDs.
    pub fn members_of(&self, kind: Kind, inode: u64) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(move |member| member.is_in(kind, inode))
    }

    /// The facts about a process that represents a namespace.
    pub fn representative(&self, pid: Pid) -> Option<&Representative> {
        self.representatives
            .binary_search_by_key(&pid, |process| process.pid)
            .ok()
            .map(|index| &self.representatives[index])
    }

    /// The inode of the caller's own mount namespace. Paths in it mean the same to the caller.
    pub fn own_mount_namespace(&self) -> u64 {
        self.own_mount_namespace
    }

    /// The places that were searched.
    pub fn looked(&self) -> Places {
        self.looked
    }

    /// True if no `/proc` is mounted: only the kernel's list was read.
    pub fn is_without_proc(&self) -> bool {
        self.without_proc
    }

    /// The searched places where this kernel shows only a part, or nothing.
    pub fn untold(&self) -> Places {
        self.untold
    }

    /// Everything that could not be read.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kinds, Namespace};

    #[test]
    fn the_caller_is_found_in_its_own_namespaces() {
        let question = Question {
            facts: Facts::RELATIONSHIPS | Facts::COMMAND | Facts::UID | Facts::LEADER | Facts::CGROUP,
            places: Places::all(),
            ..Question::default()
        };
        let inventory = gather(&question).unwrap();
        let own = inventory.member(Pid::own()).unwrap();
        for kind in Kind::ALL {
            let identity = Namespace::own(kind).unwrap().identity();
            let entry = inventory.entry(identity.inode).unwrap();
            assert_eq!((entry.kind, entry.identity), (kind, identity));
            assert!(entry.processes > 0 && entry.threads >= entry.processes);
            let lowest = inventory.representative(entry.lowest.unwrap()).unwrap();
            assert!(lowest.command.clone().known().is_some());
            let leader = inventory.representative(entry.leader.known().unwrap()).unwrap();
            assert!(leader.cgroups.clone().known().is_some());
            let mut members = inventory.members_of(kind, identity.inode);
            assert!(members.any(|member| member.pid == own.pid));
            assert_eq!(inventory.open(entry).unwrap().identity(), identity);
        }
        assert!(inventory.entries().is_sorted_by_key(|entry| entry.identity.inode));
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let question = Question {
            kinds: [Kind::Uts].into_iter().collect::<Kinds>(),
            ..Question::default()
        };
        let inventory = gather(&question).unwrap();
        assert!(inventory.entries().iter().all(|entry| entry.kind == Kind::Uts));
        for entry in inventory.entries() {
            assert!(
                entry.relationships.is_none()
                    && entry.leader == crate::Gathered::NotAsked
                    && entry.threads == 0
            );
            let lowest = inventory.representative(entry.lowest.unwrap()).unwrap();
            assert_eq!(lowest.command, crate::Gathered::NotAsked);
            assert_eq!(entry.uts_names, crate::Gathered::NotAsked);
        }
    }
}
