//! The processes, and the namespaces that each is in.

use std::collections::HashMap;

use crate::process::{Links, Pid};
use crate::{Gathered, Kind};

use super::holder::Holder;
use super::unread::Unread;

/// A process that was found.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its PID.
    pub pid: Pid,
    /// The number in `/proc` of its first thread that has not exited. Usually, this is the PID.
    pub(super) number: Pid,
    /// The namespaces that it is in.
    pub links: Links,
    /// The number of threads; 0 if threads were not asked for.
    pub threads: u32,
    /// The parent, and the start time in clock ticks since boot.
    pub(super) descent: Gathered<(Option<Pid>, u64)>,
}

/// The finds of one thread of the search, for its share of the processes.
#[derive(Default)]
pub(super) struct Found {
    pub members: Vec<Member>,
    pub held: Vec<(Kind, u64, Holder)>,
    pub unread: Unread,
    /// The network namespaces of the sockets that were met, by the inodes of the sockets.
    pub sockets: HashMap<u64, Option<u64>>,
    /// The network namespaces of sockets, or why the kernel does not show them, by the cookies of the namespaces.
    pub cookies: HashMap<u64, rustix::io::Result<Option<u64>>>,
    /// How many threads and descriptors were looked at.
    pub files: usize,
}

impl Found {
    /// Adds a holder to a namespace.
    pub fn hold(&mut self, kind: Kind, inode: u64, holder: Holder) {
        self.held.push((kind, inode, holder));
    }
}

impl Member {
    /// The number of its threads that are in its namespace of this kind. A first thread that has exited is in no
    /// namespace except those of these kinds.
    pub(super) fn threads_in(&self, kind: Kind) -> u32 {
        let exited = self.number != self.pid && !matches!(kind, Kind::Pid | Kind::User);
        self.threads.saturating_sub(exited.into())
    }

    /// The path of its namespace file of this kind.
    pub fn path(&self, kind: Kind) -> String {
        if self.number == self.pid {
            format!("/proc/{}/ns/{kind}", self.pid)
        } else {
            format!("/proc/{}/task/{}/ns/{kind}", self.pid, self.number)
        }
    }

    /// True if the process is in this namespace.
    pub fn is_in(&self, kind: Kind, inode: u64) -> bool {
        self.links.get(kind) == Gathered::Known(inode)
    }
}
