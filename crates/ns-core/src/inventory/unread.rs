//! Counts of what could not be read, so that no incomplete list looks complete.

use nix::errno::Errno;

use crate::process::caller::{self, CapabilitySet};
use crate::process::{Pid, Process, hides_processes, remedy};

/// Everything that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Processes whose namespaces the kernel did not show.
    pub processes: usize,
    /// The number of all processes.
    pub of_processes: usize,
    /// The unreadable process with the lowest PID, and its error number.
    pub first: Option<(Pid, Errno)>,
    /// Processes whose namespaces could be read, and whose descriptors could not.
    pub descriptors: usize,
    /// Sockets whose network namespace could not be found out.
    pub sockets: usize,
    /// Mount namespaces whose mounts cannot be read.
    pub mounts: usize,
    /// Namespaces whose owner or parent could not be read. One out of the caller's sight is not counted.
    pub relatives: usize,
    /// The error number with which the kernel's own list could not be read, other than `EPERM`: few users may read it.
    pub list: Option<Errno>,
    /// True if `/proc` hides the processes of other users, or what is in their directories (`hidepid`).
    pub hidden: bool,
}

impl Unread {
    /// The help: to run as root, or the reason that is found by looking at the first unreadable process.
    pub fn help(&self) -> Option<String> {
        let unread = self.first.map(|(pid, _)| pid);
        if (unread.is_some() || self.hidden) && !caller::has(CapabilitySet::SYS_PTRACE).ok()? {
            let help = remedy::for_missing(CapabilitySet::SYS_PTRACE);
            return Some(format!("{help} to read all of them"));
        }
        let (reason, _) = Process::open(unread?).ok()?.privacy()?;
        Some(reason)
    }

    /// True if `/proc` refuses the directories of processes (`hidepid=1`): with `EPERM`, and all other checks give
    /// `EACCES`.
    pub(super) fn by_hidepid(&self) -> bool {
        self.first.is_some_and(|(_, errno)| errno == Errno::EPERM) && hides_processes()
    }

    pub(super) fn count(&mut self, pid: Pid, errno: Errno) {
        self.processes += 1;
        if self.first.is_none_or(|(first, _)| pid < first) {
            self.first = Some((pid, errno));
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.descriptors += other.descriptors;
        self.sockets += other.sockets;
        self.mounts += other.mounts;
        self.relatives += other.relatives;
        self.list = self.list.or(other.list);
        self.hidden |= other.hidden;
        self.processes += other.processes;
        self.of_processes += other.of_processes;
        self.first = [self.first, other.first]
            .into_iter()
            .flatten()
            .min_by_key(|(pid, _)| *pid);
    }
}
