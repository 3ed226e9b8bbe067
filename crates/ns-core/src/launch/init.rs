//! A small init: PID 1 that reaps orphans, passes signals on, and ends with the program's status.

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};

use super::channel::{Channel, Message};
use super::relay::Relay;
use crate::sys::fork::exit;

/// Stays until `program` has ended. What happens to it is told on `status`.
pub(super) fn stay(program: Pid, status: Option<&Channel>) -> ! {
    exit(serve(program, status).unwrap_or(1))
}

fn serve(program: Pid, status: Option<&Channel>) -> nix::Result<i32> {
    let relay = Relay::start(true)?;
    loop {
        let mut fds = [PollFd::new(&relay, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Errno::from_raw(errno.raw_os_error())),
        }
        while relay.next(program)?.is_some() {}
        while let Some(change) = next_change()? {
            if change.pid() != Some(program) {
                continue;
            }
            let (raw, end) = match change {
                WaitStatus::Exited(_, code) => (code << 8, Some(code)),
                WaitStatus::Signaled(_, signal, core) => {
                    let core = if core { 0x80 } else { 0 };
                    (signal as i32 | core, Some(128 + signal as i32))
                }
                WaitStatus::Stopped(_, signal) => (((signal as i32) << 8) | 0x7f, None),
                _ => continue,
            };
            if let Some(status) = status {
                status.send(&Message::Status(raw));
            }
            if let Some(code) = end {
                return Ok(code);
            }
        }
    }
}

/// The next change of any child's: the program's, and the end of what was left to us.
fn next_change() -> nix::Result<Option<WaitStatus>> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG;
    match waitid(Id::All, flags) {
        Ok(WaitStatus::StillAlive) | Err(Errno::EINTR | Errno::ECHILD) => Ok(None),
        Ok(change) => Ok(Some(change)),
        Err(errno) => Err(errno),
    }
}
