//! A change in the state of a child, as `waitpid(2)` reports it, for all signals including real-time signals.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::unistd::Pid;
use rustix::process::{WaitId, WaitIdOptions, WaitOptions, WaitStatus, wait, waitid, waitpid};

use super::signal::SignalNumber;
use crate::sys::errno::from_rustix;

/// The new state of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateChange {
    /// The child has ended with this exit status.
    Exited(u8),
    /// The child was killed by this signal.
    Killed(SignalNumber),
    /// The child was stopped by this signal.
    Stopped(SignalNumber),
}

/// Changes that have happened are reported at once, without waiting.
const AT_ONCE: WaitOptions = WaitOptions::NOHANG.union(WaitOptions::UNTRACED);

impl StateChange {
    /// The next unread change of this child.
    pub(super) fn next_of(child: Pid) -> nix::Result<Option<Self>> {
        let child = rustix::process::Pid::from_raw(child.as_raw());
        Ok(answered(|| waitpid(child, AT_ONCE))?.and_then(|(_, status)| Self::of_raw(status.as_raw())))
    }

    /// The next unread change of any child, with the kernel's number. `ECHILD` if there is no child.
    pub(super) fn next_of_any() -> nix::Result<Option<(Pid, i32)>> {
        let changed = answered(|| wait(AT_ONCE))?;
        Ok(changed.map(|(child, status)| (Pid::from_raw(child.as_raw_nonzero().get()), status.as_raw())))
    }

    /// Decodes the kernel's number. `None` if the change does not matter here.
    pub(super) fn of_raw(status: i32) -> Option<Self> {
        if libc::WIFEXITED(status) {
            let [.., code] = libc::WEXITSTATUS(status).to_be_bytes();
            Some(Self::Exited(code))
        } else if libc::WIFSIGNALED(status) {
            Some(Self::Killed(SignalNumber::from_raw(libc::WTERMSIG(status))))
        } else if libc::WIFSTOPPED(status) {
            Some(Self::Stopped(SignalNumber::from_raw(libc::WSTOPSIG(status))))
        } else {
            None
        }
    }
}

type Waited = Option<(rustix::process::Pid, WaitStatus)>;

/// The kernel's answer. An interrupted call is repeated: the signal that announced the change may already have been
/// read.
fn answered(call: impl Fn() -> rustix::io::Result<Waited>) -> nix::Result<Waited> {
    rustix::io::retry_on_intr(call).map_err(from_rustix)
}

/// Waits until this child has ended.
pub(super) fn await_end(child: Pid) -> nix::Result<()> {
    let child = rustix::process::Pid::from_raw(child.as_raw());
    answered(|| waitpid(child, WaitOptions::empty())).map(|_| ())
}

/// Waits until this child has ended, for a limited time. `false` if it has not ended by then.
pub(super) fn await_end_within(child: Pid, limit: Duration) -> nix::Result<bool> {
    let child = rustix::process::Pid::from_raw(child.as_raw());
    within(limit, || {
        Ok(answered(|| waitpid(child, WaitOptions::NOHANG))?.is_some())
    })
}

/// Waits as [`await_end_within`] does, and leaves the end unread: `/proc` shows the child until it is read.
pub(super) fn await_unread_end(child: Pid, limit: Duration) -> nix::Result<bool> {
    let child = rustix::process::Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    within(limit, || {
        let ended = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(child), options));
        Ok(ended.map_err(from_rustix)?.is_some())
    })
}

/// Looks again and again, until it has happened or the time is up. Returns `false` in that case.
fn within(limit: Duration, has_happened: impl Fn() -> nix::Result<bool>) -> nix::Result<bool> {
    let end = Instant::now() + limit;
    let mut pause = SHORTEST;
    loop {
        if has_happened()? {
            return Ok(true);
        }
        if Instant::now() >= end {
            return Ok(false);
        }
        std::thread::sleep(pause);
        pause = LONGEST.min(2 * pause);
    }
}

/// The time that a killed child has to end.
pub(super) const TIME_TO_END: Duration = Duration::from_secs(2);

/// The first pause of a wait with a limit. Nearly every child has ended after a moment.
const SHORTEST: Duration = Duration::from_micros(50);

/// The longest pause.
const LONGEST: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_number_is_read() {
        let signal = SignalNumber::from_raw;
        assert_eq!(StateChange::of_raw(7 << 8), Some(StateChange::Exited(7)));
        assert_eq!(StateChange::of_raw(15), Some(StateChange::Killed(signal(15))));
        assert_eq!(
            StateChange::of_raw(0x80 | 0xb),
            Some(StateChange::Killed(signal(11)))
        );
        assert_eq!(StateChange::of_raw(40), Some(StateChange::Killed(signal(40))));
        assert_eq!(
            StateChange::of_raw(0x137f),
            Some(StateChange::Stopped(signal(19)))
        );
        assert_eq!(StateChange::of_raw(0xffff), None);
    }
}
