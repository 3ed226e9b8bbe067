//! Finding a process by its PID.

use super::meant;
use crate::process::{Pid, Process};
use crate::{Error, Result};

/// The process with this PID.
pub(super) fn by_pid(pid: Pid) -> Result<Process> {
    Process::open(pid).map_err(|error| meant::instead_of_pid(pid, error))
}

/// The process with this PID, if the inode of its pidfd is this one.
pub(super) fn by_pid_and_inode(pid: Pid, inode: u64) -> Result<Process> {
    let process = Process::open(pid)?;
    match process.inode()? {
        Some(own) if own == inode => return Ok(process),
        Some(_) => {}
        None => {
            let text = format!("{pid}:{inode} cannot be checked: process {pid} has no pidfd");
            let cause = "the kernel or a filter of system calls refuses pidfd_open(2)";
            return Err(Error::Unfit(text).explained(Some(cause.into()), None));
        }
    }
    Err(Error::NotFound(format!(
        "process {pid} does not have the pidfd inode {inode}: its PID may have been reused"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_only_itself() {
        let inode = Process::open(Pid::own()).unwrap().inode().unwrap().unwrap();
        assert!(by_pid_and_inode(Pid::own(), inode).is_ok());
        let error = by_pid_and_inode(Pid::own(), inode + 1).unwrap_err();
        assert!(error.to_string().ends_with("may have been reused"), "{error}");
    }
}
