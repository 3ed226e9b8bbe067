//! The caller or a child of the caller, by its number in `/proc`. That `/proc` may belong to an enclosing PID
//! namespace.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::fs::{Mode, OFlags};

use super::{Pid, Process};
use crate::error::Doing;
use crate::{Error, Kind, Namespace, Result};

/// The directory in `/proc` of the caller or a child. It takes one descriptor, and a [`Process`] takes two. While the
/// directories of names of all kinds are locked, few descriptors are left.
#[derive(Debug)]
pub(crate) struct OwnProcess {
    pid: Pid,
    number: Pid,
    directory: Arc<OwnedFd>,
}

impl OwnProcess {
    /// The process with this PID, as system calls use it.
    pub fn open(pid: Pid) -> Result<Self> {
        let process = Process::open_own(pid)?;
        let number = process.number();
        let directory = process.into_directory();
        Ok(Self {
            pid,
            number,
            directory,
        })
    }

    /// The number of the process in `/proc`.
    pub fn number(&self) -> Pid {
        self.number
    }

    /// The namespace of this kind that it is in.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.directory, format!("ns/{kind}"), flags, Mode::empty()) {
            Ok(file) => Namespace::from_file(file),
            Err(rustix::io::Errno::SRCH | rustix::io::Errno::NOENT) => {
                Err(Error::NotFound(format!("process {} has ended", self.pid)))
            }
            Err(errno) => {
                Err(errno).doing(|| format!("open the {} namespace of process {}", kind.noun(), self.pid))
            }
        }
    }
}
