//! `/proc/PID/ns/pid_for_children` and `time_for_children`: the namespaces that the next children of a process are born
//! in. Each of its threads has its own, as it may have unshared for itself.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, pidfd_open};

use crate::process::path::ProcPath;
use crate::process::{LinkDirectory, Links, Pid};
use crate::sys::ioctl;
use crate::{Gathered, Identity, Kind, Kinds, Namespace};

use super::holder::Holder;
use super::members::Found;

/// `PIDFD_THREAD` of `pidfd_open(2)` (Linux 6.9): a thread that need not be the first of its process.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(OFlags::EXCL.bits());

/// Looks at one thread, whose links are in `directory` and known as `links`, for namespaces that are others than its own;
/// `same_pids` says whether its PID is one to the caller too.
pub(super) fn look(
    found: &mut Found,
    (pid, tid): (Pid, Pid),
    directory: &LinkDirectory,
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
            // /proc shows no PID namespace before its first process. A zombie has no children to come.
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

/// The PID namespace of the next children of a thread, also where it has no process yet.
fn without_process(pid: Pid, tid: Pid) -> Option<OwnedFd> {
    let flags = if tid == pid { PidfdFlags::empty() } else { THREAD };
    let pidfd = pidfd_open(tid.to_rustix(), flags).ok()?;
    ioctl::pidfd_get_pid_for_children_namespace(&pidfd).ok()
}
