//! Waiting for the program: passing signals on, stopping and going on with it, ending as it did.

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, getpid};
use rustix::event::{PollFd, PollFlags, poll};

use super::channel::{Channel, Message};
use super::relay::{Relay, Relayed};
use super::terminal::Terminal;
use crate::sys::signals;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exited(u8),
    /// By this signal.
    Killed(Signal),
}

/// A process that is going to wait.
#[derive(Debug)]
pub(super) struct Waiter {
    relay: Relay,
    terminal: Option<Terminal>,
}

impl Waiter {
    /// To be called before the child is made, so that no signal comes too early for it.
    pub(super) fn prepare(forward_signals: bool) -> nix::Result<Self> {
        let terminal = Terminal::ours();
        Ok(Self {
            relay: Relay::start(forward_signals)?,
            terminal,
        })
    }

    /// The signal mask as it was before.
    pub(super) fn mask(&self) -> SigSet {
        self.relay.mask()
    }

    /// Waits until the program has ended. Where it has an init, that tells on `init` how the program did.
    pub(super) fn wait(&self, program: Pid, init: Option<&Channel>) -> nix::Result<Ended> {
        let mut state = State {
            meant: None,
            told: None,
        };
        loop {
            self.await_event(init)?;
            while let Some(relayed) = self.relay.next(program)? {
                match relayed {
                    Relayed::Replaced(signal) => state.meant = Some(signal),
                    Relayed::Child | Relayed::Passed => {}
                }
            }
            if let Some(init) = init {
                while let Some(status) = waiting(init)? {
                    self.note(&mut state, status)?;
                }
            }
            while let Some(status) = next_status(program)? {
                if let Some(ended) = self.see(&mut state, status)? {
                    // What init said last may have come after it was looked for.
                    while let Some(status) = init.map(waiting).transpose()?.flatten() {
                        self.note(&mut state, status)?;
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
            Err(errno) => Err(Errno::from_raw(errno.raw_os_error())),
        }
    }

    /// Something that init says of the program.
    fn note(&self, state: &mut State, status: WaitStatus) -> nix::Result<()> {
        match status {
            WaitStatus::Stopped(_, signal) => self.stop(state, signal),
            WaitStatus::Exited(_, status) => {
                state.told = Some(Ended::Exited(low_byte(status)));
                Ok(())
            }
            WaitStatus::Signaled(_, signal, _) => {
                state.told = Some(Ended::Killed(signal));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A change of the child's state. Gives how it ended, once it has.
    fn see(&self, state: &mut State, status: WaitStatus) -> nix::Result<Option<Ended>> {
        match status {
            WaitStatus::Exited(_, status) => Ok(Some(Ended::Exited(low_byte(status)))),
            WaitStatus::Signaled(_, signal, _) => Ok(Some(Ended::Killed(signal))),
            WaitStatus::Stopped(_, signal) => {
                self.stop(state, signal)?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The program has stopped: so does this process, and whoever waits for it takes the terminal. Comes back when
    /// someone has it go on; the relay passes that on.
    fn stop(&self, state: &mut State, signal: Signal) -> nix::Result<()> {
        let signal = state.meant.take().unwrap_or(signal);
        let turn = self.terminal.as_ref().and_then(Terminal::turn);
        // Held back while we wait, these do what they do by default for this moment.
        let set = SigSet::from(signal);
        kill(getpid(), signal)?;
        sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&set), None)?;
        if signal != Signal::SIGSTOP && !self.mask().contains(signal) {
            sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), None)?;
        }
        // In the foreground again: the program goes on where it was, in a group of its own perhaps.
        if let (Some(terminal), Some(turn)) = (&self.terminal, turn)
            && terminal.turn() == Some(getpgrp())
        {
            terminal.give(turn);
        }
        Ok(())
    }

    fn end(&self, state: &State, ended: Ended) -> Ended {
        let ended = match (state.told, ended, state.meant) {
            (Some(told), ..) => told,
            (None, Ended::Killed(Signal::SIGKILL), Some(meant)) => Ended::Killed(meant),
            (None, ended, _) => ended,
        };
        if let Some(terminal) = &self.terminal {
            terminal.take_back();
            if matches!(ended, Ended::Killed(_)) {
                terminal.reset_modes();
            }
        }
        ended
    }
}

/// What is to be kept in mind while waiting.
struct State {
    /// The signal in whose place one was sent that cannot be escaped.
    meant: Option<Signal>,
    /// How the program ended, as init told it.
    told: Option<Ended>,
}

/// A status that init has sent, where one is there.
fn waiting(init: &Channel) -> nix::Result<Option<WaitStatus>> {
    let mut fds = [PollFd::new(init, PollFlags::IN)];
    let ready = poll(&mut fds, Some(&rustix::event::Timespec::default()));
    if ready != Ok(1) || !fds[0].revents().contains(PollFlags::IN) {
        return Ok(None);
    }
    match init.receive()? {
        // The PID is that in the namespace of init, and of no use here.
        Some(Message::Status(status)) => WaitStatus::from_raw(getpid(), status).map(Some),
        _ => Ok(None),
    }
}

/// The next change of the child's state that nobody has seen yet.
fn next_status(child: Pid) -> nix::Result<Option<WaitStatus>> {
    match waitpid(child, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED)) {
        Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => Ok(None),
        Ok(status) => Ok(Some(status)),
        Err(errno) => Err(errno),
    }
}

fn low_byte(status: i32) -> u8 {
    status.to_le_bytes()[0]
}

/// Ends this process by the signal that the program was killed by, so that a shell sees the same; gives the exit status
/// where it was not, or where this process cannot be killed, being PID 1 itself.
pub fn mirror(ended: Ended) -> u8 {
    let signal = match ended {
        Ended::Exited(status) => return status,
        Ended::Killed(signal) => signal,
    };
    // The program has left its core dump; ours is of no use.
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
    if !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        let _ = signals::restore_default(signal);
    }
    let _ = kill(getpid(), signal);
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&SigSet::from(signal)), None);
    128 + low_byte(signal as i32)
}
