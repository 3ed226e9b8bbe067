//! The process that stands for a namespace in a listing, and what is to be known of it.

use std::os::fd::AsFd;

use crate::Gathered;
use crate::process::{Cgroups, Files, Pid};

use super::question::Facts;

/// What was asked for of a process. What was not asked for is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// Its PID.
    pub pid: Pid,
    /// Its parent's.
    pub parent: Gathered<Pid>,
    /// Its effective uid.
    pub uid: Gathered<u32>,
    /// Its command line in one line, or its name.
    pub command: Gathered<Vec<u8>>,
    /// The cgroups that it is in.
    pub cgroups: Gathered<Cgroups>,
    /// Its PIDs in the PID namespaces it is in, from the caller's to its own.
    pub pids: Gathered<Vec<Pid>>,
    /// What was asked for.
    pub(super) facts: Facts,
}

impl Representative {
    /// `None` where the process has ended.
    pub(super) fn read(proc: &impl AsFd, pid: Pid, facts: Facts) -> Option<Self> {
        let files = Files::of(proc, pid);
        let mut process = Self {
            pid,
            parent: Gathered::Absent,
            // Also the question whether it is still there.
            uid: files.uid(),
            command: Gathered::Absent,
            cgroups: Gathered::Absent,
            pids: Gathered::Absent,
            facts,
        };
        if process.uid == Gathered::Absent {
            return None;
        }
        if facts.contains(Facts::PARENT) {
            process.parent = match files.stat() {
                Gathered::Known(stat) => stat.parent.into(),
                Gathered::Absent => return None,
                Gathered::Unreadable(errno) => Gathered::Unreadable(errno),
            };
        }
        if facts.contains(Facts::COMMAND) {
            process.command = files.command();
            if process.command == Gathered::Absent {
                return None;
            }
        }
        if facts.contains(Facts::CGROUP) {
            process.cgroups = files.cgroups();
        }
        if facts.contains(Facts::PIDS) {
            process.pids = match files.status() {
                Gathered::Known(status) => status.pids().into(),
                Gathered::Absent => Gathered::Absent,
                Gathered::Unreadable(errno) => Gathered::Unreadable(errno),
            };
        }
        Some(process)
    }
}
