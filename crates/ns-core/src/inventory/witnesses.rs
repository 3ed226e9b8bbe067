//! The processes through which the mounts of mount namespaces are read, so that no child has to enter them.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags};

use crate::process::Pid;
use crate::process::path::ProcPath;
use crate::{Gathered, Kind};

use super::members::Member;

/// A process that is in a mount namespace.
#[derive(Clone, Copy)]
pub(super) struct Witness {
    /// Its number in `/proc`: a PID, or the id of a thread.
    pub pid: Pid,
    /// True if the process sees all mounts of the namespace: its root directory is the root of the namespace.
    pub sees_all: bool,
}

/// How many processes of a namespace are tried.
const TRIES: u32 = 8;

/// For each mount namespace, a process that sees all mounts. If none is found soon, a process that does not. `proc` is
/// the open directory `/proc`.
pub(super) fn find(proc: BorrowedFd<'_>, members: &[Member]) -> HashMap<u64, Witness> {
    let mut found: HashMap<u64, (Witness, u32)> = HashMap::new();
    for member in members {
        let Gathered::Known(inode) = member.links.get(Kind::Mnt) else {
            continue;
        };
        let first = Witness {
            pid: member.number,
            sees_all: false,
        };
        let (witness, tried) = found.entry(inode).or_insert((first, 0));
        if witness.sees_all || *tried == TRIES {
            continue;
        }
        *tried += 1;
        if sees_all(proc, member.number) {
            *witness = Witness {
                pid: member.number,
                sees_all: true,
            };
        }
    }
    found
        .into_iter()
        .map(|(inode, (witness, _))| (inode, witness))
        .collect()
}

/// True if the root directory of a process is the root of its mount namespace.
fn sees_all(proc: BorrowedFd<'_>, pid: Pid) -> bool {
    let mut path = ProcPath::of(pid);
    let root = rustix::fs::readlinkat(proc, path.file("root"), Vec::new());
    if !root.is_ok_and(|root| root.as_bytes() == b"/") {
        return false;
    }
    // A directory whose mount was detached has this path too. Nothing is mounted below it, so its table is empty.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let table = rustix::fs::openat(proc, path.file("mountinfo"), flags, Mode::empty());
    table.is_ok_and(|table| rustix::io::read(&table, &mut [0; 1]) == Ok(1))
}
