//! The threads of a process. If the first one has exited, the process lives on, and `/proc/PID` shows no namespaces,
//! files or memory any more. `/proc/PID/task/TID` of another thread shows them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Dir, Mode, OFlags};
use rustix::io::{Errno, Result};

use super::path::ProcPath;
use super::{Pid, Process};

impl Process {
    /// Asks through the directory of the process, or through that of a living thread if the first one has exited. The
    /// kernel answers with `ENOENT`, `ESRCH` or `EINVAL` about a thread that has exited, and its files belong to root.
    pub(crate) fn ask<T>(&self, ask: impl Fn(BorrowedFd<'_>) -> Result<T>) -> Result<T> {
        let answer = ask(self.directory());
        if !matches!(
            answer,
            Err(Errno::NOENT | Errno::SRCH | Errno::INVAL | Errno::ACCESS)
        ) {
            return answer;
        }
        match self.living_thread() {
            Some((_, thread)) => ask(thread.as_fd()),
            None => answer,
        }
    }

    /// A living thread and its directory, if the first thread of the process has exited.
    pub(crate) fn living_thread(&self) -> Option<(Pid, OwnedFd)> {
        // If the PID is the id of another thread, only that thread is meant.
        if !has_exited(self.directory(), "ns/mnt") || self.is_thread().unwrap_or(true) {
            return None;
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        tids(self.directory(), "task").into_iter().find_map(|tid| {
            // The directory in `task` has fewer files: it lacks `mountstats`.
            let path = format!("../{tid}");
            let thread = rustix::fs::openat(self.directory(), path, flags, Mode::empty()).ok()?;
            // If the thread is still there, its number was not that of another one meanwhile.
            (!has_exited(self.directory(), format!("task/{tid}/ns/mnt"))).then_some((tid, thread))
        })
    }
}

/// A living thread of a process whose first thread has exited; `proc` is the open directory `/proc`. A thread has a
/// directory there too, which the listing does not show.
pub(crate) fn living_thread(proc: BorrowedFd<'_>, pid: Pid) -> Option<Pid> {
    if !has_exited(proc, ProcPath::of(pid).namespace("mnt")) {
        return None;
    }
    tids(proc, ProcPath::of(pid).file("task"))
        .into_iter()
        .find(|tid| *tid != pid && !has_exited(proc, ProcPath::of_thread(pid, *tid).namespace("mnt")))
}

/// The threads in a directory `task`; none if the process has ended.
pub(crate) fn tids(at: BorrowedFd<'_>, path: impl rustix::path::Arg) -> Vec<Pid> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = rustix::fs::openat(at, path, flags, Mode::empty()).and_then(Dir::new);
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str().ok()?.parse().ok())
        .collect()
}

/// True if the thread with this namespace file has exited. A file that the caller may not look at belongs to a living
/// one.
pub(super) fn has_exited(at: BorrowedFd<'_>, file: impl rustix::path::Arg) -> bool {
    matches!(
        rustix::fs::readlinkat(at, file, Vec::new()),
        Err(Errno::NOENT | Errno::SRCH)
    )
}
