//! A process, held so that its PID cannot be reused for another process unnoticed.

use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use rustix::event::PollFlags;
use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::{Pid, Stat, Status, parse_link, parse_stat, privacy};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::sys::fd::is_ready;
use crate::sys::ioctl;
use crate::{Error, Gathered, Kind, Namespace, Result};

/// A process held by a pidfd (`pidfd_open(2)`) and by its directory in `/proc`. Neither of them ever refers to another
/// process. Clones share the descriptors, and only clones are equal.
#[derive(Clone, Debug)]
pub struct Process {
    pid: Pid,
    number: Pid,
    pidfd: Arc<OwnedFd>,
    directory: Arc<OwnedFd>,
}

impl Process {
    /// The process that has this PID now.
    ///
    /// [`Error::NotFound`] if no process has it, or `/proc` does not show it. [`Error::Unfit`] if `/proc` belongs to
    /// another PID namespace, in which another process has this number.
    pub fn open(pid: Pid) -> Result<Self> {
        let process = Self::with_number(pid, hold(pid)?, pid)?;
        if number_in_proc(&process.pidfd, pid)? != Some(pid) {
            // After the process has ended, the directory is gone.
            process.check_alive()?;
            return Err(privacy::another(pid));
        }
        Ok(process)
    }

    /// The caller or a child of the caller, by the PID that system calls use. It may have another number in `/proc`.
    pub(crate) fn open_own(pid: Pid) -> Result<Self> {
        let pidfd = hold(pid)?;
        match number_in_proc(&pidfd, pid)? {
            Some(number) => Self::with_number(pid, pidfd, number),
            None if has_ended(&pidfd, pid)? => Err(missing(pid)),
            None => Err(privacy::not_shown(pid)),
        }
    }

    /// Opens the directory with this number.
    fn with_number(pid: Pid, pidfd: OwnedFd, number: Pid) -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = match rustix::fs::open(format!("/proc/{number}"), flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) if has_ended(&pidfd, pid)? => return Err(missing(pid)),
            Err(rustix::io::Errno::NOENT) => return Err(privacy::not_shown(pid)),
            answer => answer.doing(|| format!("open /proc/{number}"))?,
        };
        let process = Self {
            pid,
            number,
            pidfd: Arc::new(pidfd),
            directory: Arc::new(directory),
        };
        // If the process is alive after the directory was opened, the directory belongs to the process of the
        // pidfd.
        process.check_alive()?;
        // A hidden process shows nothing about itself.
        if rustix::fs::fstat(&process.directory).err() == Some(rustix::io::Errno::NOENT) {
            return Err(privacy::hidden(pid));
        }
        Ok(process)
    }

    /// The number of the process in `/proc`.
    pub(crate) fn number(&self) -> Pid {
        self.number
    }

    /// Its PID.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Its directory in `/proc`.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Its directory in `/proc`, without the pidfd.
    pub(super) fn into_directory(self) -> Arc<OwnedFd> {
        self.directory
    }

    /// The inode of the pidfd. Since Linux 6.9, no other process ever has the same.
    pub fn inode(&self) -> Result<u64> {
        let stat = rustix::fs::fstat(&self.pidfd).doing(|| format!("look at process {}", self.pid))?;
        Ok(stat.st_ino)
    }

    /// Fails with [`Error::NotFound`] if the process has ended.
    pub fn check_alive(&self) -> Result<()> {
        if has_ended(&self.pidfd, self.pid)? {
            return Err(self.ended());
        }
        Ok(())
    }

    /// A process that is about to end counts as ended, because it leaves its namespaces and directories a moment
    /// earlier.
    pub(crate) fn ended(&self) -> Error {
        Error::NotFound(format!("process {} has ended", self.pid))
    }

    /// The namespace of this kind that it is in.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        self.link(kind, kind.name())
    }

    /// The namespace of this kind that its next children are born in.
    pub fn namespace_for_children(&self, kind: Kind) -> Result<Namespace> {
        self.link(kind, kind.for_children().unwrap_or(kind.name()))
    }

    /// The inode of the namespace of this kind that its next children are born in, if that namespace exists yet.
    pub fn inode_for_children(&self, kind: Kind) -> Gathered<u64> {
        let name = kind.for_children().unwrap_or(kind.name());
        match rustix::fs::readlinkat(&self.directory, format!("ns/{name}"), Vec::new()) {
            Ok(link) => parse_link(link.to_bytes()).map(|(_, inode)| inode).into(),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::SRCH) => Gathered::Absent,
            Err(errno) => Gathered::Unreadable(from_rustix(errno)),
        }
    }

    fn link(&self, kind: Kind, name: &str) -> Result<Namespace> {
        let doing = || format!("open the {} namespace of process {}", kind.noun(), self.pid);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let path = format!("ns/{name}");
        match rustix::fs::openat(&self.directory, path, flags, Mode::empty()) {
            Ok(file) => Namespace::from_file(file),
            Err(errno) => {
                // If the process has ended, that is the error, and not its last answer.
                self.check_alive()?;
                if errno == rustix::io::Errno::NOENT && name == kind.name() && Namespace::own(kind).is_ok() {
                    return Err(self.ended());
                }
                Err(errno).doing(doing).map_err(|error| self.explain(error))
            }
        }
    }

    /// The error, with its cause if the kernel does not let the caller look into the process.
    pub(crate) fn explain(&self, error: Error) -> Error {
        if error.errno() != Some(Errno::EACCES) {
            return error;
        }
        match self
            .read("status")
            .map(|bytes| privacy::reason(self.pid, &Status::new(bytes)))
        {
            Ok(Some((cause, help))) => error.explained(Some(cause), help),
            Ok(None) | Err(_) => error,
        }
    }

    /// The network namespace of a socket that it has open, by its descriptor there (`pidfd_getfd(2)`).
    pub fn namespace_of_socket(&self, fd: i32) -> Result<Namespace> {
        let doing = || format!("get descriptor {fd} of process {}", self.pid);
        let copied = match pidfd_getfd(&self.pidfd, fd, PidfdGetfdFlags::empty()) {
            Ok(file) => file,
            Err(rustix::io::Errno::BADF) => {
                let text = format!("process {} has no descriptor {fd}", self.pid);
                return Err(Error::NotFound(text));
            }
            Err(errno) => {
                self.check_alive()?;
                return Err(errno).doing(doing);
            }
        };
        match ioctl::siocgskns(&copied) {
            Ok(file) => Namespace::from_file(file),
            Err(Errno::ENOTTY) => Err(Error::Unfit(format!(
                "descriptor {fd} of process {} is not a socket",
                self.pid
            ))),
            Err(errno) => Err(errno).doing(|| format!("ask descriptor {fd} for its network namespace")),
        }
    }

    /// Its root directory.
    pub fn root(&self) -> Result<OwnedFd> {
        self.place("root", "root")
    }

    /// Its working directory.
    pub fn working_directory(&self) -> Result<OwnedFd> {
        self.place("cwd", "working")
    }

    /// The path of its working directory below its root directory; `/` if the working directory is outside the root.
    pub fn working_path(&self) -> Result<PathBuf> {
        let path = |link: &str| {
            let target = rustix::fs::readlinkat(&self.directory, link, Vec::new())
                .doing(|| format!("read /proc/{}/{link}", self.pid))?;
            Ok::<_, Error>(PathBuf::from(OsString::from_vec(target.into_bytes())))
        };
        let (root, working) = (path("root")?, path("cwd")?);
        Ok(match working.strip_prefix(root) {
            Ok(below) => Path::new("/").join(below),
            Err(_) => "/".into(),
        })
    }

    /// Its environment when it was executed (`proc_pid_environ(5)`): entries with an equals sign, in order.
    pub fn environment(&self) -> Result<Vec<CString>> {
        let bytes = match self.read("environ") {
            // A process without memory of its own is about to end, or is a kernel thread.
            Err(error) if error.errno() == Some(Errno::ESRCH) => {
                self.namespace(Kind::Mnt)?;
                return Err(Error::NotFound(format!(
                    "process {} has no environment",
                    self.pid
                )));
            }
            answer => answer?,
        };
        if bytes.is_empty() {
            // The environment of a process that is about to end is empty too. It has left its namespaces by then.
            self.namespace(Kind::Mnt)?;
        }
        Ok(environment_entries(&bytes))
    }

    /// Its `/proc/PID/stat`.
    pub fn stat(&self) -> Result<Stat> {
        let bytes = self.read("stat")?;
        parse_stat(&bytes)
            .ok_or_else(|| Error::invalid("/proc/PID/stat", bytes, "not the fields of proc_pid_stat(5)"))
    }

    fn place(&self, link: &str, noun: &str) -> Result<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.directory, link, flags, Mode::empty()) {
            Ok(directory) => Ok(directory),
            Err(rustix::io::Errno::NOENT) => Err(self.ended()),
            Err(errno) => {
                self.check_alive()?;
                Err(errno)
                    .doing(|| format!("open the {noun} directory of process {}", self.pid))
                    .map_err(|error| self.explain(error))
            }
        }
    }

    /// The contents of a file in its directory: `mountinfo`.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        let doing = || format!("read /proc/{}/{name}", self.pid);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let mut bytes = Vec::new();
        rustix::fs::openat(&self.directory, name, flags, Mode::empty())
            .map_err(std::io::Error::from)
            .and_then(|file| std::io::Read::read_to_end(&mut std::fs::File::from(file), &mut bytes))
            .or_else(|error| {
                self.check_alive()?;
                Err(error).doing(doing)
            })?;
        Ok(bytes)
    }
}

impl PartialEq for Process {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.pidfd, &other.pidfd)
    }
}

impl Eq for Process {}

impl AsFd for Process {
    /// The pidfd.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

fn missing(pid: Pid) -> Error {
    Error::NotFound(format!("process {pid} does not exist"))
}

/// A pidfd of the process that has this PID now.
fn hold(pid: Pid) -> Result<OwnedFd> {
    match pidfd_open(pid.to_rustix(), PidfdFlags::empty()) {
        Err(rustix::io::Errno::SRCH) => Err(missing(pid)),
        // The id of a thread: pidfd_open accepts only the id of a process.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => {
            Err(Error::Unfit(format!("{pid} is a thread, not a process")))
        }
        answer => answer.doing(|| format!("open process {pid}")),
    }
}

/// True if the process with this pidfd has ended.
fn has_ended(pidfd: &OwnedFd, pid: Pid) -> Result<bool> {
    // A pidfd is readable when the process has ended, even if nobody has waited for it yet.
    is_ready(pidfd, PollFlags::IN).doing(|| format!("look at process {pid}"))
}

/// The PID by which `/proc` knows the process with this pidfd. `None` if it has none there, or if there is no `/proc`.
fn number_in_proc(pidfd: &OwnedFd, pid: Pid) -> Result<Option<Pid>> {
    let info = match std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd())) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        answer => answer.doing(|| format!("read the PID of process {pid} in /proc"))?,
    };
    let number = info.lines().find_map(|line| line.strip_prefix("Pid:"));
    Ok(number.and_then(|number| number.trim().parse().ok()))
}

/// The entries of an environment that set a variable, byte for byte, including repeated names.
fn environment_entries(bytes: &[u8]) -> Vec<CString> {
    bytes
        .split(|byte| *byte == 0)
        .filter(|entry| entry.contains(&b'='))
        // The entries have no NUL, because the text was split there.
        .filter_map(|entry| CString::new(entry).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespaces_of_a_held_process_are_those_it_is_in() {
        let own = Process::open(Pid::own()).unwrap();
        for kind in Kind::ALL {
            assert_eq!(
                own.namespace(kind).unwrap().identity(),
                Namespace::own(kind).unwrap().identity()
            );
        }
        assert_eq!(own.stat().unwrap().pid, Pid::own());
    }

    #[test]
    fn an_environment_is_taken_as_it_is() {
        let entries = environment_entries(b"B=2\0A=\0nothing\0B=3\0\xff=\xfe\0\0=x");
        let expected: [&std::ffi::CStr; 5] = [c"B=2", c"A=", c"B=3", c"\xff=\xfe", c"=x"];
        assert_eq!(entries, expected.map(std::ffi::CStr::to_owned));
        assert!(environment_entries(b"").is_empty());
    }

    #[test]
    fn a_process_that_has_ended_is_said_to_have_ended() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::new(i32::try_from(child.id()).unwrap()).unwrap();
        let held = Process::open(pid).unwrap();
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(
            held.namespace(Kind::Net).unwrap_err().to_string(),
            format!("process {pid} has ended")
        );
        assert_eq!(
            held.read("stat").unwrap_err().to_string(),
            format!("process {pid} has ended")
        );
    }
}
