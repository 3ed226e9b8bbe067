//! `/proc/PID/task/TID/ns`: threads in other namespaces than their process, or whose next children will be.

use std::os::fd::BorrowedFd;

use rustix::fs::{Dir, Mode, OFlags};

use crate::process::{Files, LinkDirectory, Pid};
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
    // The first thread may have ended before the others. Then there may be one thread left, in another namespace.
    let only_the_first = member.threads <= 1 && member.links.known().next().is_some();
    if only_the_first {
        return;
    }
    for tid in tids(proc, member.pid) {
        if tid == member.pid {
            continue;
        }
        let directory = LinkDirectory::open(proc, member.pid, Some(tid));
        let links = directory.links(kinds);
        for (kind, inode) in links.known() {
            if member.links.get(kind) != Gathered::Known(inode) {
                found.hold(kind, inode, Holder::Thread { pid: member.pid, tid });
            }
        }
        next_children::look(found, (member.pid, tid), &directory, &links, kinds, same_pids);
    }
}

/// The threads of a process; none if it has ended.
fn tids(proc: BorrowedFd<'_>, pid: Pid) -> Vec<Pid> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(directory) = rustix::fs::openat(proc, format!("{pid}/task"), flags, Mode::empty()) else {
        return Vec::new();
    };
    let Ok(entries) = Dir::new(directory) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
        .collect()
}
