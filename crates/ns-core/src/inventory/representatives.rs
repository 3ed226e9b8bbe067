//! The process that represents a namespace in a listing, and the facts about it.

use std::os::fd::AsFd;

use crate::Gathered;
use crate::process::{Cgroups, Files, Pid};

use super::facts::{OfProcess, OfProcesses};

/// The facts about a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// Its PID.
    pub pid: Pid,
    /// The PID of its parent.
    pub parent: Gathered<Pid>,
    /// The effective uid.
    pub uid: Gathered<u32>,
    /// Its command line in one line, or its name.
    pub command: Gathered<Vec<u8>>,
    /// The cgroups that it is in.
    pub cgroups: Gathered<Cgroups>,
    /// Its PIDs in the PID namespaces it is in, from the caller's to its own.
    pub pids: Gathered<Vec<Pid>>,
    /// The facts that are asked for.
    pub(super) facts: OfProcesses,
}

impl Representative {
    /// `None` if the process has ended. `number` is that of its first thread that has not exited.
    pub(super) fn read(proc: &impl AsFd, pid: Pid, number: Pid, facts: OfProcesses) -> Option<Self> {
        let (files, of_thread) = (Files::of(proc, pid), Files::of(proc, number));
        // This also checks that the process still exists.
        let uid = files.uid();
        if uid == Gathered::Absent {
            return None;
        }
        let mut process = Self {
            pid,
            parent: Gathered::NotAsked,
            uid: Gathered::NotAsked,
            command: Gathered::NotAsked,
            cgroups: Gathered::NotAsked,
            pids: Gathered::NotAsked,
            facts,
        };
        for fact in facts.iter() {
            match fact {
                OfProcess::Uid => process.uid = uid,
                OfProcess::Parent => {
                    let stat = files.stat();
                    if stat == Gathered::Absent {
                        return None;
                    }
                    process.parent = stat.and_then(|stat| stat.parent.into());
                }
                OfProcess::Command => {
                    process.command = of_thread.command();
                    if process.command == Gathered::Absent {
                        return None;
                    }
                }
                OfProcess::Cgroups => process.cgroups = of_thread.cgroups(),
                OfProcess::Pids => process.pids = files.status().and_then(|status| status.pids().into()),
            }
        }
        Some(process)
    }
}
