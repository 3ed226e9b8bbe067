//! The caller or a child of the caller, by its number in `/proc`. That `/proc` may belong to an enclosing PID
//! namespace. If there is none, a pidfd gives the namespaces.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, pidfd_open};

use super::{Pid, Process, Stat, parse_stat};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::sys::ioctl;
use crate::{Error, Kind, Namespace, Result};

/// The directory in `/proc` of the caller or a child. It takes one descriptor, and a [`Process`] takes two. While the
/// directories of names of all kinds are locked, few descriptors are left.
#[derive(Debug)]
pub(crate) struct OwnProcess {
    pid: Pid,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The number in `/proc`, and the directory there.
    Directory(Pid, Arc<OwnedFd>),
    /// The pidfd, if no proc file system is mounted. It gives the namespaces since Linux 6.11.
    Pidfd(OwnedFd),
}

impl OwnProcess {
    /// The process with this PID, as system calls use it.
    pub fn open(pid: Pid) -> Result<Self> {
        let place = match Process::open_own(pid) {
            Ok(process) => Place::Directory(process.number(), process.into_directory()),
            Err(error) => match pidfd_with_namespaces(pid) {
                Some(pidfd) if std::fs::symlink_metadata("/proc/self").is_err() => Place::Pidfd(pidfd),
                _ => return Err(error),
            },
        };
        Ok(Self { pid, place })
    }

    /// The number of the process in `/proc`.
    pub fn number(&self) -> Pid {
        match self.place {
            Place::Directory(number, _) => number,
            Place::Pidfd(_) => self.pid,
        }
    }

    /// Its stat file; `None` if it cannot be read, as after its parent has read its end.
    pub fn stat(&self) -> Option<Stat> {
        let Place::Directory(_, directory) = &self.place else {
            return None;
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(directory, "stat", flags, Mode::empty()).ok()?;
        let mut bytes = Vec::new();
        File::from(file).read_to_end(&mut bytes).ok()?;
        parse_stat(&bytes)
    }

    /// The namespace of this kind that it is in.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let answer = match &self.place {
            Place::Directory(_, directory) => {
                rustix::fs::openat(directory, format!("ns/{kind}"), flags, Mode::empty()).map_err(from_rustix)
            }
            Place::Pidfd(pidfd) => ioctl::pidfd_get_namespace(pidfd, kind.flag().bits()),
        };
        match answer {
            Ok(file) => Namespace::from_file(file),
            Err(Errno::ESRCH | Errno::ENOENT) => {
                Err(Error::NotFound(format!("process {} has ended", self.pid)))
            }
            Err(errno) => {
                Err(errno).doing(|| format!("open the {} namespace of process {}", kind.noun(), self.pid))
            }
        }
    }
}

/// The pidfd of this process, if the kernel gives its namespaces by it.
fn pidfd_with_namespaces(pid: Pid) -> Option<OwnedFd> {
    let pidfd = pidfd_open(pid.to_rustix(), PidfdFlags::empty()).ok()?;
    ioctl::pidfd_get_namespace(&pidfd, Kind::Uts.flag().bits()).ok()?;
    Some(pidfd)
}
