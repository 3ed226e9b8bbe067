//! `/proc/PID/ns`: the namespaces that processes are in, and those that their next children are born in.

use std::os::fd::BorrowedFd;

use crate::process::{Files, LinkDirectory, Pid, Process};
use crate::sys::ioctl;
use crate::{Gathered, Identity, Kind, Kinds};

use super::holder::Holder;
use super::members::{Found, Member};

/// Looks at one process; `same_pids` says whether its PID is one to the caller too. `None` where it is gone, or where it does not let itself be looked into.
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
        descent: None,
    };
    if let Some(errno) = links.refused() {
        found.unread.of_processes += 1;
        found.unread.count(pid, errno);
        found.members.push(member);
        return None;
    }
    if links.known().next().is_none() {
        // A process whose first thread has ended still has its directory, and those of its other threads.
        member.threads = Files::of(&proc, pid).threads().known()?;
    }
    found.unread.of_processes += 1;
    look_for_children(found, &directory, &member, kinds, same_pids);
    Some(member)
}

/// The namespaces that the next children of this process are born in, where they are others than its own.
fn look_for_children(
    found: &mut Found,
    directory: &LinkDirectory,
    member: &Member,
    kinds: Kinds,
    same_pids: bool,
) {
    for kind in [Kind::Pid, Kind::Time] {
        let Gathered::Known(own) = member.links.get(kind) else {
            continue;
        };
        if !kinds.contains(kind) {
            continue;
        }
        let inode = match directory.for_children(kind) {
            Gathered::Known(inode) => Some(inode),
            // /proc shows no PID namespace before its first process. A zombie has no children to come.
            Gathered::Absent if kind == Kind::Pid && same_pids => pid_namespace_without_process(member.pid),
            _ => None,
        };
        if let Some(inode) = inode
            && inode != own
        {
            found.hold(kind, inode, Holder::ForChildren { pid: member.pid });
        }
    }
}

fn pid_namespace_without_process(pid: Pid) -> Option<u64> {
    let process = Process::open(pid).ok()?;
    let namespace = ioctl::pidfd_get_pid_for_children_namespace(&process).ok()?;
    Identity::of(&namespace).ok().map(|identity| identity.inode)
}
