//! Every namespace of the system, and what keeps each alive. One file for each place that is searched.
//!
//! Gathering makes no difference between what a person will see and what not, but for the [`Question`]: nothing is read
//! that is not asked for.

mod capabilities;
mod crew;
mod descriptors;
mod entry;
mod gather;
mod holder;
mod kernel;
mod kin;
mod leaders;
mod members;
mod open;
mod pins;
mod processes;
mod question;
mod representatives;
mod search;
mod threads;
mod unread;

use crate::Kind;
use crate::process::Pid;

pub use capabilities::{Capabilities, capabilities_in};
pub use entry::{Entry, Relatives};
pub use gather::gather;
pub use holder::{Holder, Sort};
pub use members::Member;
pub use question::{Facts, Places, Question};
pub use representatives::Representative;
pub use unread::Unread;

/// What was found.
#[derive(Debug)]
pub struct Inventory {
    /// In the order of their inodes.
    entries: Vec<Entry>,
    /// In the order of their PIDs.
    members: Vec<Member>,
    /// What is known of the processes that stand for namespaces, in the order of their PIDs.
    representatives: Vec<Representative>,
    looked: Places,
    /// The inode of the caller's own mount namespace.
    own_mount_namespace: u64,
    unread: Unread,
}

impl Inventory {
    /// The namespaces of the kinds that were asked for, and those found on the way to them, in the order of their inodes.
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

    /// What was asked for of a process that stands for a namespace.
    pub fn representative(&self, pid: Pid) -> Option<&Representative> {
        self.representatives
            .binary_search_by_key(&pid, |process| process.pid)
            .ok()
            .map(|index| &self.representatives[index])
    }

    /// The inode of the caller's own mount namespace: paths mean there what they mean to the caller.
    pub fn own_mount_namespace(&self) -> u64 {
        self.own_mount_namespace
    }

    /// The places that were searched.
    pub fn looked(&self) -> Places {
        self.looked
    }

    /// What could not be read.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }
}
