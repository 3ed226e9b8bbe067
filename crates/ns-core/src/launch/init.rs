//! A small init: PID 1 that reaps orphans, passes signals on, and ends with the program's status. If it can no longer
//! do that, it reports the reason and ends, and the kernel ends all processes of its namespace.

use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};

use super::change::StateChange;
use super::channel::{Channel, Message};
use super::failure::Reporter;
use super::relay::Relay;
use crate::Result;
use crate::error::Doing;
use crate::sys::fork::exit;

/// The resources of init, prepared before the program is forked: if that fails, the set-up fails.
pub(super) struct Init(Relay);

impl Init {
    /// Holds signals from now on until [`Init::stay`] reads them.
    pub(super) fn prepare() -> nix::Result<Self> {
        Relay::start().map(Self)
    }

    /// Stays until `program` has ended. Its changes of state are reported on `to_parent`.
    pub(super) fn stay(self, program: Pid, to_parent: Option<&Channel>, reporter: Reporter) -> ! {
        exit(serve(&self.0, program, to_parent).unwrap_or_else(|error| {
            (reporter.error)(&error);
            1
        }))
    }
}

fn serve(relay: &Relay, program: Pid, to_parent: Option<&Channel>) -> Result<i32> {
    let wait = || "wait for the program as its init";
    loop {
        let mut fds = [PollFd::new(relay, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno).doing(wait),
        }
        while relay.next(program).doing(wait)?.is_some() {}
        // The program is a child until its end was read. This includes the changes of orphans, which the kernel has given to init.
        while let Some((child, status)) = StateChange::next_of_any().doing(wait)? {
            if child != program {
                continue;
            }
            if let Some(channel) = to_parent {
                channel
                    .send(&Message::Status(status))
                    .doing(|| "tell the process outside how the program ended")?;
            }
            match StateChange::of_raw(status) {
                Some(StateChange::Exited(code)) => return Ok(code.into()),
                Some(StateChange::Killed(signal)) => return Ok(128 + signal.as_raw()),
                Some(StateChange::Stopped(_)) | None => {}
            }
        }
    }
}
