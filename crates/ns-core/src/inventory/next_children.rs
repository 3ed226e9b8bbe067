//! `/proc/PID/ns/pid_for_children` and `time_for_children`: the namespaces that the next children of a process are born
//! in. Each thread of the process has its own, because a thread can unshare alone.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, pidfd_open};

use crate::process::opening::THREAD;
use crate::process::path::ProcPath;
use crate::process::{LinkDirectory, Links, Pid};
use crate::sys::ioctl;
use crate::{Gathered, Identity, Kind, Kinds, Namespace};

use super::holder::Holder;
use super::members::Found;

/// Looks for namespaces of the next children of a thread that differ from its own. `directory` has its links, and
/// `links` are the known ones. `same_pids` is true if its PID is also the caller's PID for it.
pub(super) fn look(
    found: &mut Found,
    (pid, tid): (Pid, Pid),
    directory: &LinkDirectory<'_>,
    links: &Links,
    kinds: Kinds,
    same_pids: bool,
) {
    for kind in [Kind::Pid, Kind::Time] {
        let Gathered::Known(own) = links.get(kind) else {
            continue;
        };
        if !kinds.contains(kind) {
            continue;
        }
        let inode = match directory.for_children(kind) {
            Gathered::Known(inode) => Some(inode),
            // /proc shows a PID namespace only after its first process. A zombie has no next children.
            Gathered::Absent if kind == Kind::Pid && same_pids => {
                without_process(pid, tid).and_then(|file| Some(Identity::of(&file).ok()?.inode))
            }
            _ => None,
        };
        if let Some(inode) = inode
            && inode != own
        {
            found.hold(kind, inode, Holder::ForChildren { pid, tid });
        }
    }
}

/// Opens that namespace of a thread; `proc` is the open directory `/proc`.
pub(super) fn open(proc: &impl AsFd, kind: Kind, pid: Pid, tid: Pid) -> Option<Namespace> {
    let mut path = ProcPath::of_thread(pid, tid);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(proc, path.namespace(kind.for_children()?), flags, Mode::empty());
    let file = file
        .ok()
        .or_else(|| (kind == Kind::Pid).then(|| without_process(pid, tid)).flatten())?;
    Namespace::known(file, kind).ok()
}

/// The PID namespace of the next children of a thread, even if it has no process yet.
fn without_process(pid: Pid, tid: Pid) -> Option<OwnedFd> {
    let flags = if tid == pid { PidfdFlags::empty() } else { THREAD };
    let pidfd = pidfd_open(tid.to_rustix(), flags).ok()?;
    ioctl::pidfd_get_pid_for_children_namespace(&pidfd).ok()
}
