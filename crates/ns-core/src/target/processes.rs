//! Finding a process by its PID.

use super::meant;
use crate::process::{Pid, Process};
use crate::{Error, Gathered, Result};

/// The process with this PID.
pub(super) fn by_pid(pid: Pid) -> Result<Process> {
    Process::open(pid).map_err(|error| meant::instead_of_pid(pid, error))
}

/// The process with this PID, if the inode of its pidfd is this one.
pub(super) fn by_pid_and_inode(pid: Pid, inode: u64) -> Result<Process> {
    let process = Process::open(pid)?;
    let (known, cause, help) = match process.inode()? {
        Gathered::Known(own) if own == inode => return Ok(process),
        Gathered::Known(_) => {
            return Err(Error::NotFound(format!(
                "process {pid} does not have the pidfd inode {inode}: its PID may have been reused"
            )));
        }
        Gathered::NotTold => (
            "all pidfds have the same inode",
            "pidfds have inodes of their own since Linux 6.9",
            Some(format!("to accept any process with this PID, write {pid}")),
        ),
        Gathered::Absent | Gathered::NotAsked | Gathered::Unreadable(_) => (
            "it has no pidfd",
            "the kernel or a filter of system calls refuses pidfd_open(2)",
            None,
        ),
    };
    let error = Error::Unfit(format!("{pid}:{inode} cannot be checked: {known}"));
    Err(error.explained(Some(cause.into()), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_only_itself() {
        let inode = match Process::open(Pid::own()).unwrap().inode().unwrap() {
            Gathered::Known(inode) => inode,
            // Before Linux 6.9, nothing passes the check.
            state => {
                assert_eq!(state, Gathered::NotTold);
                let error = by_pid_and_inode(Pid::own(), 1).unwrap_err();
                assert!(error.to_string().contains("cannot be checked"), "{error}");
                return;
            }
        };
        assert!(by_pid_and_inode(Pid::own(), inode).is_ok());
        let error = by_pid_and_inode(Pid::own(), inode + 1).unwrap_err();
        assert!(error.to_string().ends_with("may have been reused"), "{error}");
    }
}
