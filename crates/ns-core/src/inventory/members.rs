//! The processes, and the namespaces that each is in.

use crate::process::{Links, Pid};

use super::unread::Unread;

/// A process that was found.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its PID.
    pub pid: Pid,
    /// The namespaces that it is in.
    pub links: Links,
}

/// What a thread of the search has found.
#[derive(Default)]
pub(super) struct Found {
    pub members: Vec<Member>,
    pub unread: Unread,
}
