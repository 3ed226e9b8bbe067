//! Waiting for the program: passing signals on, stopping and continuing together with it, and ending in the same way.

use nix::unistd::{Pid, getpgrp, getpid};
use rustix::event::{PollFd, PollFlags, poll};

use super::change::StateChange;
use super::channel::{Channel, Message};
use super::ending::Ending;
use super::relay::{Relay, Relayed};
use super::signal::SignalNumber;
use super::terminal::Terminal;
use crate::sys::errno::from_rustix;
use crate::sys::fd::is_ready;
use crate::sys::signal_set::SignalSet;
use crate::sys::signals;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The program ended with this exit status.
    Exited(u8),
    /// The program was killed by this signal.
    Killed(SignalNumber),
}

impl Ended {
    /// The exit status as a shell has it in `$?`: 128 and the number of the signal that killed the program.
    pub fn status(self) -> u8 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) => {
                let [.., low] = signal.as_raw().to_be_bytes();
                128 + low
            }
        }
    }
}

/// The end of the program, and what the waiting process was told meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waited {
    /// How the program ended.
    pub(super) ended: Ended,
    /// The signal by which another process asked the waiting process to end, if the program did not get it.
    pub(super) asked: Option<SignalNumber>,
}

/// A process that is about to wait.
#[derive(Debug)]
pub(super) struct Waiter {
    relay: Relay,
    terminal: Option<Terminal>,
}

impl Waiter {
    /// Passes signals on from now on. `terminal` is the terminal as it was before the program started.
    pub(super) fn start(launched: Ending, terminal: Option<Terminal>) -> nix::Result<Self> {
        Ok(Self {
            relay: launched.pass_on()?,
            terminal,
        })
    }

    /// Waits until the program has ended. If it has an init, `init` is the channel on which the init reports its state.
    pub(super) fn wait(&self, program: Pid, init: Option<&Channel>) -> nix::Result<Waited> {
        let mut state = State {
            program,
            meant: None,
            asked: None,
            told: None,
            ahead: true,
            foreground: None,
            given: false,
        };
        loop {
            self.await_event(init)?;
            while let Some(relayed) = self.relay.next(program)? {
                match relayed {
                    Relayed::Replaced(signal) => state.meant = Some(signal),
                    Relayed::HeldBack(signal) => state.asked = Some(signal),
                    Relayed::Passed => {}
                }
            }
            if let Some(init) = init {
                while let Some(change) = told_by(init)? {
                    self.note(&mut state, change)?;
                }
            }
            while let Some(change) = StateChange::next_of(program)? {
                if let Some(ended) = self.see(&mut state, change)? {
                    // The last message of init may have arrived after the check above.
                    while let Some(change) = init.map(told_by).transpose()?.flatten() {
                        self.note(&mut state, change)?;
                    }
                    return Ok(Waited {
                        ended: self.end(&state, ended),
                        asked: state.asked,
                    });
                }
            }
        }
    }

    /// Stops waiting: signals have their former effect again.
    pub(super) fn stop_waiting(self) -> nix::Result<()> {
        self.relay.stop()
    }

    /// Waits for a signal, or for a message of init.
    fn await_event(&self, init: Option<&Channel>) -> nix::Result<()> {
        let mut fds = vec![PollFd::new(&self.relay, PollFlags::IN)];
        fds.extend(init.map(|init| PollFd::new(init, PollFlags::IN)));
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(from_rustix(errno)),
        }
    }

    /// Handles a message of init about the program.
    fn note(&self, state: &mut State, change: StateChange) -> nix::Result<()> {
        state.told = self.see(state, change)?.or(state.told);
        Ok(())
    }

    /// Handles a change of the state of the child or the program. Returns how it ended, if it has ended.
    fn see(&self, state: &mut State, change: StateChange) -> nix::Result<Option<Ended>> {
        match change {
            StateChange::Exited(status) => Ok(Some(Ended::Exited(status))),
            StateChange::Killed(signal) => Ok(Some(Ended::Killed(signal))),
            StateChange::Stopped(signal) => {
                self.stop(state, signal)?;
                Ok(None)
            }
        }
    }

    /// Stops this process because the program has stopped. The shell, or another waiting process, then takes the
    /// terminal. Returns when this process is continued; the relay passes that on.
    fn stop(&self, state: &mut State, signal: SignalNumber) -> nix::Result<()> {
        let signal = state.meant.take().unwrap_or(signal).as_raw();
        let foreground = self.terminal.as_ref().and_then(Terminal::foreground);
        if !matches!(signal, libc::SIGTTIN | libc::SIGTTOU) {
            // In the background, the foreground group belongs to somebody else.
            state.foreground = foreground.filter(|_| state.ahead).or(state.foreground);
        } else if std::mem::take(&mut state.given) && foreground == state.foreground {
            // An init had continued the program before the program's group was put into the foreground.
            return signals::send(state.program, libc::SIGCONT);
        }
        // This signal is held back while waiting. For this moment it has its default effect.
        let set = SignalSet::EMPTY.with(signal);
        signals::send(getpid(), signal)?;
        set.unblock()?;
        if signal != libc::SIGSTOP && !self.relay.mask().contains(signal) {
            set.block()?;
        }
        // Back in the foreground, the program goes on, perhaps in its own process group.
        let Some(terminal) = &self.terminal else {
            return Ok(());
        };
        state.ahead = terminal.foreground() == Some(getpgrp());
        if let (true, Some(group)) = (state.ahead, state.foreground) {
            terminal.set_foreground(group);
            state.given = true;
        }
        Ok(())
    }

    fn end(&self, state: &State, ended: Ended) -> Ended {
        let ended = match (state.told, ended, state.meant) {
            (Some(told), ..) => told,
            (None, Ended::Killed(SignalNumber::KILL), Some(meant)) => Ended::Killed(meant),
            (None, ended, _) => ended,
        };
        if let Some(terminal) = &self.terminal {
            terminal.reclaim_foreground();
            if matches!(ended, Ended::Killed(_)) {
                terminal.reset_modes();
            }
        }
        ended
    }
}

/// The state of a wait.
struct State {
    /// The child to wait for.
    program: Pid,
    /// True if this process or the program was in the foreground when this process last went on.
    ahead: bool,
    /// The process group of the program that was in the foreground when the program stopped there.
    foreground: Option<Pid>,
    /// True if that group is in the foreground again, and has not stopped since.
    given: bool,
    /// The signal that was replaced by an inescapable one.
    meant: Option<SignalNumber>,
    /// The signal that was held back from the program.
    asked: Option<SignalNumber>,
    /// How the program ended, as reported by init.
    told: Option<Ended>,
}

/// The change of the program's state that init has reported, if any.
fn told_by(init: &Channel) -> nix::Result<Option<StateChange>> {
    if !is_ready(init, PollFlags::IN)? {
        return Ok(None);
    }
    match init.receive()? {
        Some(Message::Status(status)) => Ok(StateChange::of_raw(status)),
        _ => Ok(None),
    }
}

/// Ends this process by the signal that killed the program, so that a shell sees the same. Returns the exit status if
/// no signal killed the program, or if this process cannot be killed because it is PID 1.
pub fn mirror(ended: Ended) -> u8 {
    let signal = match ended {
        Ended::Exited(status) => return status,
        Ended::Killed(signal) => signal,
    };
    // The program has left its core dump, and one of this process is useless. A limit of 0 (RLIMIT_CORE) applies only
    // to files, and not to core dumps that go to a program (core(5)).
    let _ = nix::sys::prctl::set_dumpable(false);
    signals::die_of(signal.as_raw());
    ended.status()
}
