//! `/proc/PID/ns`: the namespaces that processes are in.

use std::os::fd::BorrowedFd;

use crate::process::{Files, LinkDirectory, Links, Pid, living_thread};
use crate::{Gathered, Kind, Kinds};

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
    let mut directory = LinkDirectory::open(proc, pid, None, kinds);
    let links = directory.links(kinds);
    let mut member = Member {
        pid,
        number: pid,
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
    if has_exited(&links, kinds) {
        // Its directory is still there, with those of its other threads. A zombie has no other thread.
        member.threads = Files::of(&proc, pid).threads().known()?;
        if member.threads > 1
            && let Some(tid) = living_thread(proc, pid)
        {
            directory = LinkDirectory::open(proc, pid, Some(tid), kinds);
            (member.number, member.links) = (tid, directory.links(kinds));
        }
    }
    found.unread.of_processes += 1;
    let thread = (pid, member.number);
    next_children::look(found, thread, &directory, &member.links, kinds, same_pids);
    Some(member)
}

/// True if these links are those of a thread that has exited: of namespaces, it has only the user namespace and the PID
/// namespace left. If no other kind was read, these two are right, and nothing else is needed.
fn has_exited(links: &Links, kinds: Kinds) -> bool {
    let mut others = kinds
        .iter()
        .filter(|kind| !matches!(kind, Kind::User | Kind::Pid))
        .peekable();
    let none_asked = others.peek().is_none();
    let none_known = others.all(|kind| links.get(kind) == Gathered::Absent);
    none_known && (!none_asked || links.known().next().is_none())
}
