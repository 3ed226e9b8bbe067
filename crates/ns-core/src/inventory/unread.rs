//! What could not be read: counted, so that no list passes for complete that is not.

use nix::errno::Errno;

use crate::process::{Files, Pid, lacking};

/// What could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Processes whose namespaces the kernel would not show.
    pub processes: usize,
    /// How many processes there were in all.
    pub of_processes: usize,
    /// The one of them with the lowest PID, and the kernel's answer.
    pub first: Option<(Pid, Errno)>,
    /// Processes whose namespaces can be read, and their descriptors cannot.
    pub descriptors: usize,
    /// Sockets whose network namespace the kernel would not tell.
    pub sockets: usize,
    /// Mount namespaces whose mounts cannot be read.
    pub mounts: usize,
    /// Whether `/proc` leaves out the processes of others (`hidepid`).
    pub hidden: bool,
}

impl Unread {
    /// What would help, found by looking at the first of them: a capability that it has and the caller lacks, or to be
    /// root.
    pub fn help(&self) -> Option<String> {
        let (pid, _) = self.first?;
        let root = "run it as root to read all of them".to_owned();
        if !nix::unistd::geteuid().is_root() {
            return Some(root);
        }
        // To be looked into by the caller, a process may have no capability that the caller lacks.
        let proc = std::fs::File::open("/proc").ok()?;
        let lacking = lacking(&Files::of(&proc, pid).status().known()?)?;
        (!lacking.is_empty()).then(|| format!("process {pid} has {lacking}, which the caller lacks"))
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
        self.hidden |= other.hidden;
        self.processes += other.processes;
        self.of_processes += other.of_processes;
        self.first = [self.first, other.first]
            .into_iter()
            .flatten()
            .min_by_key(|(pid, _)| *pid);
    }
}
