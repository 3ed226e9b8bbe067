//! The small files of a process, read by its PID: for listings, which look at many processes for a moment each.
//!
//! If all reads must be about one process, use [`super::Process`], which holds it.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use rustix::fs::{AtFlags, Mode, OFlags};

use super::path::ProcPath;
use super::{Cgroups, Pid, Stat, Status, command_line, parse_stat};
use crate::Gathered;
use crate::sys::errno::from_rustix;

/// The files of one process in the open directory `/proc`. Values of a process that has ended are absent.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    proc: BorrowedFd<'a>,
    pid: Pid,
}

impl<'a> Files<'a> {
    /// The files of the process that has this PID now.
    pub fn of(proc: &'a impl AsFd, pid: Pid) -> Self {
        Self {
            proc: proc.as_fd(),
            pid,
        }
    }

    /// Its `stat`.
    pub fn stat(&self) -> Gathered<Stat> {
        self.read("stat").and_then(|bytes| parse_stat(&bytes).into())
    }

    /// Its `status`.
    pub fn status(&self) -> Gathered<Status> {
        self.read("status").map(Status::new)
    }

    /// Its `cgroup`.
    pub fn cgroups(&self) -> Gathered<Cgroups> {
        self.read("cgroup").map(Cgroups::new)
    }

    /// The command line in one line, or the name if there is none, as for kernel threads and zombies.
    pub fn command(&self) -> Gathered<Vec<u8>> {
        self.read("cmdline").and_then(|bytes| match command_line(&bytes) {
            Some(command) => Gathered::Known(command),
            None => self.read("comm").map(|mut name| {
                name.pop_if(|byte| *byte == b'\n');
                name
            }),
        })
    }

    /// The effective uid, which is the owner of the directory. It is 0 for a process that other users may not look into
    /// (`PR_SET_DUMPABLE`).
    pub fn uid(&self) -> Gathered<u32> {
        match rustix::fs::statat(self.proc, ProcPath::of(self.pid).file(""), AtFlags::empty()) {
            Ok(stat) => Gathered::Known(stat.st_uid),
            Err(errno) => refusal(errno),
        }
    }

    /// The number of threads, from the link count of the directory `task`.
    pub fn threads(&self) -> Gathered<u32> {
        match rustix::fs::statat(self.proc, ProcPath::of(self.pid).file("task"), AtFlags::empty()) {
            // A directory has one link for itself, one from its parent, and one for each directory in it.
            Ok(stat) => Gathered::Known(u32::try_from(stat.st_nlink).unwrap_or(u32::MAX).saturating_sub(2)),
            Err(errno) => refusal(errno),
        }
    }

    /// The contents of a small file in its directory.
    pub fn read(&self, name: &str) -> Gathered<Vec<u8>> {
        self.read_with_room(name, 512)
    }

    /// The contents of a file in its directory, up to this size.
    pub fn read_with_room(&self, name: &str, room: usize) -> Gathered<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file =
            match rustix::fs::openat(self.proc, ProcPath::of(self.pid).file(name), flags, Mode::empty()) {
                Ok(file) => file,
                Err(errno) => return refusal(errno),
            };
        let mut bytes = Vec::with_capacity(room);
        loop {
            bytes.reserve(room / 2);
            match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut bytes)) {
                Ok(0) => return Gathered::Known(bytes),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return refusal(errno),
            }
        }
    }
}

/// The meaning of an error number about a process: it has ended, or the caller may not look into it.
fn refusal<T>(errno: rustix::io::Errno) -> Gathered<T> {
    match from_rustix(errno) {
        Errno::ENOENT | Errno::ESRCH => Gathered::Absent,
        errno => Gathered::Unreadable(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_files_say_what_one_is() {
        let proc = std::fs::File::open("/proc").unwrap();
        let files = Files::of(&proc, Pid::own());
        assert_eq!(files.stat().known().unwrap().pid, Pid::own());
        assert_eq!(files.uid(), Gathered::Known(nix::unistd::geteuid().as_raw()));
        assert!(files.threads().known().unwrap() >= 1);
        let program = std::env::args().next().unwrap();
        assert!(files.command().known().unwrap().starts_with(program.as_bytes()));
    }

    #[test]
    fn a_process_that_is_gone_has_no_files() {
        let proc = std::fs::File::open("/proc").unwrap();
        let files = Files::of(&proc, Pid::new(i32::MAX).unwrap());
        assert_eq!(files.stat(), Gathered::Absent);
        assert_eq!(files.command(), Gathered::Absent);
        assert_eq!(files.uid(), Gathered::Absent);
        assert_eq!(files.threads(), Gathered::Absent);
    }
}
