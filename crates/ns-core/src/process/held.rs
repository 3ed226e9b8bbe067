//! A process, held so that its PID cannot be reused for another process unnoticed.

use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::process::{PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::opening::{THREAD, has_ended};
use super::pidfd::inode_of;
use super::threads::has_exited;
use super::{Pid, Stat, Status, linked_inode, parse_stat, privacy};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::sys::ioctl;
use crate::{Error, Gathered, Kind, Namespace, Result};

/// A process held by its directory in `/proc`, and by a pidfd (`pidfd_open(2)`) if there is one. Neither of them ever
/// refers to another process. Clones share the descriptors, and only clones are equal.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) pid: Pid,
    pub(super) number: Pid,
    /// Tells when the process has ended. Linux has pidfds since 5.3, and a filter of system calls may refuse them.
    pub(super) pidfd: Option<Arc<OwnedFd>>,
    pub(super) directory: Arc<OwnedFd>,
}

impl Process {
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

    /// Its pidfd, if the kernel gives one.
    pub fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        self.pidfd.as_deref().map(AsFd::as_fd)
    }

    /// The inode of the pidfd, which no other process ever has. [`Gathered::Absent`] if there is no pidfd, and
    /// [`Gathered::NotTold`] before Linux 6.9, where all pidfds have the same inode.
    pub fn inode(&self) -> Result<Gathered<u64>> {
        let Some(pidfd) = self.pidfd() else {
            return Ok(Gathered::Absent);
        };
        inode_of(pidfd).doing(|| format!("look at process {}", self.pid))
    }

    /// Fails with [`Error::NotFound`] if the process has ended.
    pub fn check_alive(&self) -> Result<()> {
        let ended = match &self.pidfd {
            Some(pidfd) => has_ended(pidfd, self.pid)?,
            None => self.has_no_thread()?,
        };
        if ended { Err(self.ended()) } else { Ok(()) }
    }

    /// True if the process has ended, as its directory tells: it may be a zombie until its parent waits for it.
    fn has_no_thread(&self) -> Result<bool> {
        match self.contents("stat") {
            Ok(bytes) => {
                Ok(parse_stat(&bytes)
                    .is_none_or(|stat| matches!(stat.state, b'Z' | b'X') && stat.threads <= 1))
            }
            Err(Errno::ESRCH | Errno::ENOENT) => Ok(true),
            Err(errno) => Err(errno).doing(|| format!("look at process {}", self.pid)),
        }
    }

    /// A process that is about to end counts as ended, because it leaves its namespaces and directories a moment
    /// earlier.
    fn ended(&self) -> Error {
        Error::NotFound(format!("process {} has ended", self.pid))
    }

    /// The namespace of this kind that it is in.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        self.link(kind, kind.name())
    }

    /// The namespace of this kind that its next children are born in. Before the first of them exists, `/proc` does not
    /// show a PID namespace, and the pidfd leads to it since Linux 6.11.
    pub fn namespace_for_children(&self, kind: Kind) -> Result<Namespace> {
        let linked = self.link(kind, kind.for_children().unwrap_or(kind.name()));
        match linked {
            Err(error) if kind == Kind::Pid && error.errno() == Some(Errno::ENOENT) => {
                let pidfd = self.pidfd().ok_or(Errno::ENOSYS);
                match pidfd.and_then(ioctl::pidfd_get_pid_for_children_namespace) {
                    Ok(file) => Namespace::from_file(file),
                    Err(_) => Err(error.explained(
                        Some(
                            "its PID namespace for children has no process yet, and /proc does not show it"
                                .into(),
                        ),
                        Some("enter it after its first child has started, or use Linux 6.11 or newer".into()),
                    )),
                }
            }
            answer => answer,
        }
    }

    /// The inode of the namespace of this kind that its next children are born in, if that namespace exists yet.
    pub fn inode_for_children(&self, kind: Kind) -> Gathered<u64> {
        let name = kind.for_children().unwrap_or(kind.name());
        let path = format!("ns/{name}");
        match self.ask(|directory| rustix::fs::readlinkat(directory, &path, Vec::new())) {
            Ok(link) => linked_inode(link.to_bytes()),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::SRCH) => Gathered::Absent,
            Err(errno) => Gathered::Unreadable(from_rustix(errno)),
        }
    }

    fn link(&self, kind: Kind, name: &str) -> Result<Namespace> {
        let doing = || format!("open the {} namespace of process {}", kind.noun(), self.pid);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let path = format!("ns/{name}");
        match self.ask(|directory| rustix::fs::openat(directory, &path, flags, Mode::empty())) {
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
    pub fn explain(&self, error: Error) -> Error {
        match error.errno() {
            Some(Errno::EACCES) => self.explain_refusal(error),
            // The kernel refuses every file of the process.
            Some(Errno::EPERM)
                if self.contents("status") == Err(Errno::EPERM) && privacy::hides_processes() =>
            {
                let (cause, help) = privacy::hidepid();
                error.explained(Some(cause), Some(help))
            }
            _ => error,
        }
    }

    /// The error for something that needs the right to look into the process, with its cause.
    fn explain_refusal(&self, error: Error) -> Error {
        match self.privacy() {
            Some((cause, help)) => error.explained(Some(cause), help),
            None => error,
        }
    }

    /// The error for something that needs the right to trace the process, with its cause.
    fn explain_attach(&self, error: Error) -> Error {
        match self.privacy().or_else(privacy::ptrace_scope) {
            Some((cause, help)) => error.explained(Some(cause), help),
            None => error,
        }
    }

    /// Why the kernel does not let the caller look into the process, and what would help. `None` if no reason can be seen.
    pub(crate) fn privacy(&self) -> Option<(String, Option<String>)> {
        let thread = self.living_thread();
        let directory = thread
            .as_ref()
            .map_or(self.directory(), |(_, thread)| thread.as_fd());
        let files = rustix::fs::statat(directory, "status", AtFlags::empty());
        let owner = files.ok().map(|stat| stat.st_uid);
        let status = Status::new(self.contents("status").ok()?);
        privacy::reason(self.pid, &status, owner, || privacy::is_outside(directory))
    }

    /// The network namespace of a socket that it has open, by its descriptor there (`pidfd_getfd(2)`).
    pub fn namespace_of_socket(&self, fd: i32) -> Result<Namespace> {
        let doing = || format!("get descriptor {fd} of process {}", self.pid);
        let copied = match self.descriptor(fd) {
            Ok(file) => file,
            Err(rustix::io::Errno::BADF) => {
                let text = format!("process {} has no descriptor {fd}", self.pid);
                return Err(Error::NotFound(text));
            }
            Err(errno) => {
                self.check_alive()?;
                if errno == rustix::io::Errno::INVAL {
                    // Its first thread has ended, and another thread is held by a pidfd of its own.
                    return Err(Error::needs_linux(&doing(), "6.9"));
                }
                let error = Error::kernel(doing(), from_rustix(errno));
                return Err(match errno {
                    rustix::io::Errno::PERM | rustix::io::Errno::ACCESS => self.explain_attach(error),
                    _ => error,
                });
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

    /// A copy of a descriptor that it has open (`pidfd_getfd(2)`).
    pub(crate) fn descriptor(&self, fd: i32) -> rustix::io::Result<OwnedFd> {
        let pidfd = self.pidfd().ok_or(rustix::io::Errno::NOSYS)?;
        let copied = pidfd_getfd(pidfd, fd, PidfdGetfdFlags::empty());
        if !matches!(copied, Err(rustix::io::Errno::BADF | rustix::io::Errno::SRCH)) {
            return copied;
        }
        let Some((tid, thread)) = self.living_thread() else {
            return copied;
        };
        let pidfd = pidfd_open(tid.to_rustix(), THREAD)?;
        if has_exited(thread.as_fd(), "ns/mnt") {
            // The number may be that of another thread by now.
            return Err(rustix::io::Errno::SRCH);
        }
        pidfd_getfd(pidfd, fd, PidfdGetfdFlags::empty())
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
            let target = self
                .ask(|directory| rustix::fs::readlinkat(directory, link, Vec::new()))
                .doing(|| format!("read /proc/{}/{link}", self.pid))
                .map_err(|error| self.explain(error))?;
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
        match self.ask(|directory| rustix::fs::openat(directory, link, flags, Mode::empty())) {
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
        self.contents(name).or_else(|errno| {
            self.check_alive()?;
            Err(errno).doing(doing).map_err(|error| self.explain(error))
        })
    }

    fn contents(&self, name: &str) -> nix::Result<Vec<u8>> {
        // The first thread stands for the process in these, even after it has exited.
        if matches!(name, "stat" | "status") {
            return contents(self.directory(), name).map_err(from_rustix);
        }
        let answer = self.ask(|directory| {
            let bytes = contents(directory, name)?;
            // About a thread that has exited, some files are empty, and others say that it is nowhere.
            if has_exited(directory, "ns/mnt") {
                return Err(rustix::io::Errno::SRCH);
            }
            Ok(bytes)
        });
        answer.map_err(from_rustix)
    }
}

impl PartialEq for Process {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.directory, &other.directory)
    }
}

impl Eq for Process {}

fn contents(directory: BorrowedFd<'_>, name: &str) -> rustix::io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, name, flags, Mode::empty())?;
    let mut bytes = Vec::new();
    loop {
        bytes.reserve(1 << 10);
        match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => return Ok(bytes),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
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

/// Checks what holds for any environment: every entry sets a variable, and all those entries are there, in order.
#[cfg(any(test, fuzzing))]
pub fn check_environment(bytes: &[u8]) {
    let entries = environment_entries(bytes);
    let mut rest = bytes.split(|byte| *byte == 0);
    for entry in &entries {
        assert!(entry.as_bytes().contains(&b'='));
        assert!(rest.any(|found| found == entry.as_bytes()));
    }
    let setting = bytes
        .split(|byte| *byte == 0)
        .filter(|entry| entry.contains(&b'='));
    assert_eq!(entries.len(), setting.count());
    let printed: Vec<_> = entries
        .iter()
        .flat_map(CString::as_bytes_with_nul)
        .copied()
        .collect();
    assert_eq!(environment_entries(&printed), entries);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn any_environment_is_read(bytes in proptest::collection::vec(prop_oneof![Just(0), Just(b'='), any::<u8>()], 0..60)) {
            check_environment(&bytes);
        }
    }
}
