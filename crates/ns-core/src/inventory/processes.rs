//! `/proc/PID/ns/*`: the namespaces that processes are in.

use std::os::fd::BorrowedFd;

use crate::Kinds;
use crate::process::{Pid, read_links_of};

use super::members::{Found, Member};

/// Looks at one process.
pub(super) fn look(found: &mut Found, proc: BorrowedFd<'_>, pid: Pid, kinds: Kinds) {
    let links = read_links_of(proc, pid, None, kinds);
    found.unread.of_processes += 1;
    if let Some(errno) = links.refused() {
        found.unread.count(pid, errno);
    } else if links.known().next().is_none() {
        // It is gone, and was never there.
        found.unread.of_processes -= 1;
        return;
    }
    found.members.push(Member { pid, links });
}
