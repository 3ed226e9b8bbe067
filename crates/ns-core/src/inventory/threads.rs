//! `/proc/PID/task/TID/ns`: threads in other namespaces than their process, or whose next children will be.

use std::os::fd::BorrowedFd;

use crate::process::path::ProcPath;
use crate::process::{Files, LinkDirectory, tids};
use crate::{Gathered, Kinds};

use super::holder::Holder;
use super::members::{Found, Member};
use super::next_children;

/// Counts the threads of a process, and looks at each if there are several.
pub(super) fn look(
    found: &mut Found,
    proc: BorrowedFd<'_>,
    member: &mut Member,
    kinds: Kinds,
    same_pids: bool,
) {
    if member.threads == 0 {
        member.threads = Files::of(&proc, member.pid).threads().known().unwrap_or(0);
    }
    let only_the_first = member.threads <= 1 && member.links.known().next().is_some();
    if only_the_first {
        return;
    }
    for tid in tids(proc, ProcPath::of(member.pid).file("task")) {
        // These were looked at with the process.
        if tid == member.pid || tid == member.number {
            continue;
        }
        found.files += 1;
        let directory = LinkDirectory::open(proc, member.pid, Some(tid), kinds);
        let links = directory.links(kinds);
        for (kind, inode) in links.known() {
            if member.links.get(kind) != Gathered::Known(inode) {
                found.hold(kind, inode, Holder::Thread { pid: member.pid, tid });
            }
        }
        next_children::look(found, (member.pid, tid), &directory, &links, kinds, same_pids);
    }
}
