//! Waiting for the program: passing signals on, stopping and going on with it, ending as it did.

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
    /// With this exit status.
    Exited(u8),
    /// By this signal.
    Killed(SignalNumber),
}

/// A process that is going to wait.
#[derive(Debug)]
pub(super) struct Waiter {
    relay: Relay,
    terminal: Option<Terminal>,
}

impl Waiter {
    /// Passes signals on from now on. `terminal` is the terminal from before the program had it.
    pub(super) fn start(launched: Ending, terminal: Option<Terminal>) -> nix::Result<Self> {
        Ok(Self {
            relay: launched.pass_on()?,
            terminal,
        })
    }

    /// Waits until the program has ended. Where it has an init, that tells on `init` how the program did.
    pub(super) fn wait(&self, program: Pid, init: Option<&Channel>) -> nix::Result<Ended> {
        let mut state = State {
            program,
            meant: None,
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
                    // What init said last may have come after it was looked for.
                    while let Some(change) = init.map(told_by).transpose()?.flatten() {
                        self.note(&mut state, change)?;
                    }
                    return Ok(self.end(&state, ended));
                }
            }
        }
    }

    /// Waits for a signal, or a word of init's.
    fn await_event(&self, init: Option<&Channel>) -> nix::Result<()> {
        let mut fds = vec![PollFd::new(&self.relay, PollFlags::IN)];
        fds.extend(init.map(|init| PollFd::new(init, PollFlags::IN)));
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(errno) => Err(from_rustix(errno)),
        }
    }

    /// Something that init says of the program.
    fn note(&self, state: &mut State, change: StateChange) -> nix::Result<()> {
        state.told = self.see(state, change)?.or(state.told);
        Ok(())
    }

    /// A change of the child's state, or of the program's. Gives how it ended, once it has.
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

    /// The program has stopped: so does this process, and whoever waits for it takes the terminal. Comes back when
    /// someone has it go on; the relay passes that on.
    fn stop(&self, state: &mut State, signal: SignalNumber) -> nix::Result<()> {
        let signal = state.meant.take().unwrap_or(signal).as_raw();
        let foreground = self.terminal.as_ref().and_then(Terminal::foreground);
        if !matches!(signal, libc::SIGTTIN | libc::SIGTTOU) {
            // In the background it is somebody else's.
            state.foreground = foreground.filter(|_| state.ahead).or(state.foreground);
        } else if std::mem::take(&mut state.given) && foreground == state.foreground {
            // An init had it go on before it was put into the foreground.
            return signals::send(state.program, libc::SIGCONT);
        }
        // Held back while we wait, these do what they do by default for this moment.
        let set = SignalSet::EMPTY.with(signal);
        signals::send(getpid(), signal)?;
        set.unblock()?;
        if signal != libc::SIGSTOP && !self.relay.mask().contains(signal) {
            set.block()?;
        }
        // In the foreground again: the program goes on where it was, in a group of its own perhaps.
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

/// What is to be kept in mind while waiting.
struct State {
    /// The child that is waited for.
    program: Pid,
    /// Whether the foreground was ours or the program's when this process last went on.
    ahead: bool,
    /// The process group of the program that was in the foreground when the program was stopped there.
    foreground: Option<Pid>,
    /// Whether that group is in the foreground again, and has not been stopped since.
    given: bool,
    /// The signal in whose place one was sent that cannot be escaped.
    meant: Option<SignalNumber>,
    /// How the program ended, as init told it.
    told: Option<Ended>,
}

/// A change of the program's that init tells of, where there is one.
fn told_by(init: &Channel) -> nix::Result<Option<StateChange>> {
    if !is_ready(init, PollFlags::IN)? {
        return Ok(None);
    }
    match init.receive()? {
        Some(Message::Status(status)) => Ok(StateChange::of_raw(status)),
        _ => Ok(None),
    }
}

/// Ends this process by the signal that the program was killed by, so that a shell sees the same; gives the exit status
/// where it was not, or where this process cannot be killed, being PID 1 itself.
pub fn mirror(ended: Ended) -> u8 {
    let signal = match ended {
        Ended::Exited(status) => return status,
        Ended::Killed(signal) => signal,
    };
    // The program has left its core dump; ours is of no use. A limit of 0 (RLIMIT_CORE) holds for files only, and not
    // where core dumps go to a program (core(5)).
    let _ = nix::sys::prctl::set_dumpable(false);
    signals::die_of(signal.as_raw());
    let [.., low] = signal.as_raw().to_be_bytes();
    128 + low
}
