//! Every namespace of the system, and what keeps each alive. One file for each place that is searched.
//!
//! Gathering makes no difference between what a person will see and what not, but for the [`Question`]: nothing is read
//! that is not asked for.

mod crew;
mod entry;
mod gather;
mod members;
mod processes;
mod question;
mod representatives;
mod unread;

use crate::process::Pid;
use crate::{Gathered, Kind};

pub use entry::{Entry, Relatives};
pub use gather::gather;
pub use members::Member;
pub use question::{Facts, Question};
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
            .filter(move |member| member.links.get(kind) == Gathered::Known(inode))
    }

    /// What was asked for of a process that stands for a namespace.
    pub fn representative(&self, pid: Pid) -> Option<&Representative> {
        self.representatives
            .binary_search_by_key(&pid, |process| process.pid)
            .ok()
            .map(|index| &self.representatives[index])
    }

    /// What could not be read.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }
}
