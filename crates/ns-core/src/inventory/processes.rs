//! `/proc/PID/ns`: the namespaces that processes are in.

use std::os::fd::BorrowedFd;

use crate::process::{Files, LinkDirectory, Pid};
use crate::{Gathered, Kinds};

use super::members::{Found, Member};
use super::next_children;

/// Looks at one process; `same_pids` is true if its PID is also the caller's PID for it. `None` if it has ended, or the
/// caller may not look into it.
pub(super) fn look(
    found: &mut Found,
    proc: BorrowedFd<'_>,
    pid: Pid,
    kinds: Kinds,
    same_pids: bool,
) -> Option<Member> {
    let directory = LinkDirectory::open(proc, pid, None);
    let links = directory.links(kinds);
    let mut member = Member {
        pid,
        links,
        threads: 0,
        descent: Gathered::NotAsked,
    };
    if let Some(errno) = links.refused() {
        found.unread.of_processes += 1;
        found.unread.count(pid, errno);
        found.members.push(member);
        return None;
    }
    if links.known().next().is_none() {
        // A process whose first thread has ended still has its directory, and the directories of its other threads.
        member.threads = Files::of(&proc, pid).threads().known()?;
    }
    found.unread.of_processes += 1;
    next_children::look(found, (pid, pid), &directory, &links, kinds, same_pids);
    Some(member)
}
