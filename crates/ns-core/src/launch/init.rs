//! A small init: PID 1 that reaps orphans, passes signals on, and ends with the program's status.

use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};

use super::change::StateChange;
use super::channel::{Channel, Message};
use super::relay::Relay;
use crate::sys::errno::from_rustix;
use crate::sys::fork::exit;

/// Stays until `program` has ended. What happens to it is told on `to_parent`.
pub(super) fn stay(program: Pid, to_parent: Option<&Channel>) -> ! {
    exit(serve(program, to_parent).unwrap_or(1))
}

fn serve(program: Pid, to_parent: Option<&Channel>) -> nix::Result<i32> {
    let relay = Relay::start(true)?;
    loop {
        let mut fds = [PollFd::new(&relay, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(from_rustix(errno)),
        }
        while relay.next(program)?.is_some() {}
        // Those of orphans too: the kernel has given them to us.
        while let Some((child, status)) = StateChange::next_of_any()? {
            if child != program {
                continue;
            }
            if let Some(channel) = to_parent {
                channel.send(&Message::Status(status))?;
            }
            match StateChange::of_raw(status) {
                Some(StateChange::Exited(code)) => return Ok(code.into()),
                Some(StateChange::Killed(signal)) => return Ok(128 + signal.as_raw()),
                Some(StateChange::Stopped(_)) | None => {}
            }
        }
    }
}
