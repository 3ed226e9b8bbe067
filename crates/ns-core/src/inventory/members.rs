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
    /// The namespaces that it is in.
    pub links: Links,
    /// How many threads it has; 0 where nobody asked.
    pub threads: u32,
    /// Its parent, and when it started in clock ticks since boot, where somebody asked.
    pub(super) descent: Option<(Option<Pid>, u64)>,
}

/// What a thread of the search has found, on its part of the processes.
#[derive(Default)]
pub(super) struct Found {
    pub members: Vec<Member>,
    pub held: Vec<(Kind, u64, Holder)>,
    pub unread: Unread,
    /// The network namespaces of the sockets that were met, by the inodes of the sockets.
    pub sockets: HashMap<u64, Option<u64>>,
}

impl Found {
    /// Notes what holds a namespace.
    pub fn hold(&mut self, kind: Kind, inode: u64, holder: Holder) {
        self.held.push((kind, inode, holder));
    }
}

impl Member {
    /// Whether it is in this namespace.
    pub fn is_in(&self, kind: Kind, inode: u64) -> bool {
        self.links.get(kind) == Gathered::Known(inode)
    }
}
