//! Finding a process by its PID and holding it, with a pidfd or without.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, pidfd_open};

use super::{Pid, Process, Status, privacy};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::sys::fd::{is_ready, read_at_once, read_text_at_once};
use crate::{Error, Result};

impl Process {
    /// The process that has this PID now.
    ///
    /// [`Error::NotFound`] if no process has it, or `/proc` does not show it. [`Error::Unfit`] if `/proc` belongs to
    /// another PID namespace, in which another process has this number.
    pub fn open(pid: Pid) -> Result<Self> {
        let Ok(pidfd) = pidfd_of(pid)? else {
            return Self::by_directory(pid)?.ok_or_else(|| privacy::another(pid));
        };
        let number = |process: &Self| process.pidfd.as_ref().map(|pidfd| number_in_proc(pidfd, pid));
        let process = Self::with_number(pid, pidfd, pid)?;
        if number(&process).transpose()?.flatten() != Some(pid) {
            // After the process has ended, the directory is gone.
            process.check_alive()?;
            return Err(privacy::another(pid));
        }
        Ok(process)
    }

    /// The caller or a child of the caller, by the PID that system calls use. It may have another number in `/proc`.
    pub(crate) fn open_own(pid: Pid) -> Result<Self> {
        let pidfd = match pidfd_of(pid)? {
            Ok(pidfd) => pidfd,
            // Without a pidfd, nothing tells another number.
            Err(errno) => {
                let doing = || format!("open process {pid}");
                return Self::by_directory(pid)?.ok_or(errno).doing(doing);
            }
        };
        match number_in_proc(&pidfd, pid)? {
            Some(number) => Self::with_number(pid, pidfd, number),
            None if has_ended(&pidfd, pid)? => Err(missing(pid)),
            None => Err(privacy::not_shown(pid)),
        }
    }

    /// Opens the directory with this number.
    fn with_number(pid: Pid, pidfd: OwnedFd, number: Pid) -> Result<Self> {
        let directory = match directory(number) {
            Err(rustix::io::Errno::NOENT) if has_ended(&pidfd, pid)? => return Err(missing(pid)),
            Err(rustix::io::Errno::NOENT) => return Err(privacy::not_shown(pid)),
            answer => answer.doing(|| format!("open /proc/{number}"))?,
        };
        let process = Self {
            pid,
            number,
            pidfd: Some(Arc::new(pidfd)),
            directory: Arc::new(directory),
        };
        // If the process is alive after the directory was opened, the directory belongs to the process of the
        // pidfd.
        process.check_alive()?;
        process.check_shown()?;
        Ok(process)
    }

    /// The process without a pidfd. `None` if `/proc` belongs to another PID namespace, where the PID may be that of
    /// another process.
    fn by_directory(pid: Pid) -> Result<Option<Self>> {
        if !numbers_are_pids(pid)? {
            return Ok(None);
        }
        let directory = match directory(pid) {
            Err(rustix::io::Errno::NOENT) => {
                let exists = nix::sys::signal::kill(pid.into(), None) != Err(Errno::ESRCH);
                return Err(if exists {
                    privacy::not_shown(pid)
                } else {
                    missing(pid)
                });
            }
            answer => answer.doing(|| format!("open /proc/{pid}"))?,
        };
        let process = Self {
            pid,
            number: pid,
            pidfd: None,
            directory: Arc::new(directory),
        };
        process.check_shown()?;
        process.check_alive()?;
        Ok(Some(process))
    }

    /// True if the PID that was opened is the id of a thread, and not the first one of a process.
    pub fn is_thread(&self) -> Result<bool> {
        Ok(Status::new(self.read("status")?).leader() != Some(self.number))
    }

    /// A hidden process shows nothing about itself.
    fn check_shown(&self) -> Result<()> {
        match rustix::fs::fstat(&self.directory) {
            Err(rustix::io::Errno::NOENT) => Err(privacy::hidden(self.pid)),
            _ => Ok(()),
        }
    }
}

fn missing(pid: Pid) -> Error {
    Error::NotFound(format!("process {pid} does not exist"))
}

/// The directory of this number in `/proc`.
fn directory(number: Pid) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(format!("/proc/{number}"), flags, Mode::empty())
}

/// `PIDFD_THREAD` of `pidfd_open(2)` (Linux 6.9): the pidfd of any thread, not only of the first.
pub(crate) const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(OFlags::EXCL.bits());

/// A pidfd of the process that has this PID now, or of the thread with this id. The inner error is that of a kernel or
/// a filter that gives none.
fn pidfd_of(pid: Pid) -> Result<nix::Result<OwnedFd>> {
    let answer = match pidfd_open(pid.to_rustix(), PidfdFlags::empty()) {
        // The id of a thread: without the flag, pidfd_open accepts only the id of a process.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => pidfd_open(pid.to_rustix(), THREAD),
        answer => answer,
    };
    match answer {
        Err(rustix::io::Errno::SRCH) => Err(missing(pid)),
        // An older kernel has no pidfds of threads. The kernel itself refuses nobody.
        Err(errno @ (rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::PERM)) => {
            Ok(Err(from_rustix(errno)))
        }
        answer => answer.doing(|| format!("open process {pid}")).map(Ok),
    }
}

/// True if `/proc` belongs to the caller's PID namespace: then its numbers are the PIDs that system calls use. `pid` is
/// the process that is looked for.
fn numbers_are_pids(pid: Pid) -> Result<bool> {
    match read_at_once("/proc/self/status") {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(privacy::not_shown(pid)),
        answer => {
            let own = Status::new(answer.doing(|| "read /proc/self/status")?).pids();
            Ok(own.is_some_and(|own| own == [Pid::own()]))
        }
    }
}

/// True if the process with this pidfd has ended.
pub(super) fn has_ended(pidfd: &OwnedFd, pid: Pid) -> Result<bool> {
    // A pidfd is readable when the process has ended, even if nobody has waited for it yet.
    is_ready(pidfd, PollFlags::IN).doing(|| format!("look at process {pid}"))
}

/// The PID by which `/proc` knows the process with this pidfd. `None` if it has none there, or if there is no `/proc`.
fn number_in_proc(pidfd: &OwnedFd, pid: Pid) -> Result<Option<Pid>> {
    let info = match read_text_at_once(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        answer => answer.doing(|| format!("read the PID of process {pid} in /proc"))?,
    };
    let number = info.lines().find_map(|line| line.strip_prefix("Pid:"));
    Ok(number.and_then(|number| number.trim().parse().ok()))
}
