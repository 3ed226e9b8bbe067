//! Every process that `/proc` lists.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Dir, Mode, OFlags};

use super::{Links, Pid, read_links};
use crate::Result;
use crate::error::Doing;

/// The processes of `/proc`, in the order of their PIDs.
#[derive(Debug)]
pub struct Scan {
    proc: OwnedFd,
    entries: Dir,
}

/// Starts going over the processes of the caller's `/proc`.
pub fn scan() -> Result<Scan> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open("/proc", flags, Mode::empty()).doing(|| "open /proc")?;
    let entries = Dir::read_from(&proc).doing(|| "read /proc")?;
    Ok(Scan { proc, entries })
}

impl Scan {
    /// The open directory `/proc`.
    pub fn proc(&self) -> BorrowedFd<'_> {
        self.proc.as_fd()
    }

    /// The namespaces of a process.
    pub fn links(&self, pid: Pid) -> Links {
        read_links(&self.proc, pid)
    }
}

impl Iterator for Scan {
    type Item = Result<Pid>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.entries.next()? {
                Ok(entry) => {
                    let pid = entry.file_name().to_str().ok().and_then(|name| name.parse().ok());
                    if let Some(pid) = pid {
                        return Some(Ok(pid));
                    }
                }
                Err(errno) => return Some(Err(errno).doing(|| "read /proc")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_meets_the_caller_once() {
        let met = scan()
            .unwrap()
            .filter(|pid| *pid.as_ref().unwrap() == Pid::own())
            .count();
        assert_eq!(met, 1);
    }
}
