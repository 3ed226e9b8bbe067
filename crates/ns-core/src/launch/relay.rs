//! Signals that a waiting process passes on to the program.

use std::os::fd::{AsFd, BorrowedFd};

use nix::unistd::{Pid, getpgid, getpgrp, getpid, getsid};

use super::signal::SignalNumber;
use crate::process::{self, Process, Status};
use crate::sys::signal_set::{Received, SignalQueue, SignalSet};
use crate::sys::signals;

/// The signals that an ordinary waiting program holds back. Its child gets them from the terminal.
const HELD_BACK: SignalSet = SignalSet::EMPTY.with(libc::SIGINT).with(libc::SIGTERM);

/// Signals that the kernel sends to a process because of its own failing call (`write(2)`).
pub(super) const OF_OWN_CALLS: SignalSet = SignalSet::EMPTY.with(libc::SIGPIPE).with(libc::SIGXFSZ);

/// The `si_code` of a signal from the kernel, such as for a key at the terminal, or when the terminal goes away.
const FROM_KERNEL: i32 = 0x80;

/// `si_code` of a signal that came with a value (`sigqueue(3)`).
const WITH_VALUE: i32 = -1;

/// Reads the signals of this process one by one, instead of letting them act.
#[derive(Debug)]
pub(super) struct Relay {
    signals: SignalQueue,
    /// The signal mask before.
    mask: SignalSet,
    forward: bool,
}

/// The effect of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relayed {
    /// The waiting process has nothing to do, except that a child may have changed its state.
    Passed,
    /// The program, as PID 1, would not have got this signal. It got another one, which it cannot escape.
    Replaced(SignalNumber),
    /// Another process sent this signal to the waiting process alone, and it is held back from the program.
    HeldBack(SignalNumber),
}

impl Relay {
    /// The signals that a waiting process reads: all signals if they are passed on.
    pub(super) fn taken(forward: bool) -> SignalSet {
        if forward {
            SignalSet::ALL
        } else {
            HELD_BACK.with(libc::SIGCHLD)
        }
    }

    /// Holds all signals from now on, to read them and pass them on.
    pub(super) fn start() -> nix::Result<Self> {
        let mask = SignalSet::ALL.block()?;
        Self::go_on(SignalQueue::open(SignalSet::ALL)?, mask, true)
    }

    /// Reads signals from this queue from now on. `mask` is the signal mask as it was before.
    pub(super) fn go_on(signals: SignalQueue, mask: SignalSet, forward: bool) -> nix::Result<Self> {
        let taken = Self::taken(forward);
        signals.choose(taken)?;
        taken.with_all(mask).block_only()?;
        Ok(Self {
            signals,
            mask,
            forward,
        })
    }

    /// The signal mask as it was before.
    pub(super) fn mask(&self) -> SignalSet {
        self.mask
    }

    /// Gives signals their former effect again.
    pub(super) fn stop(self) -> nix::Result<()> {
        self.mask.block_only()
    }

    /// Reads the next pending signal, and passes it on to `program`. Returns `None` if there is none.
    pub(super) fn next(&self, program: Pid) -> nix::Result<Option<Relayed>> {
        let Some(received) = self.signals.take()? else {
            return Ok(None);
        };
        if self.forward && is_for_program(received) {
            return Ok(Some(pass_on(received, program)));
        }
        if HELD_BACK.contains(received.number) && received.code != FROM_KERNEL {
            return Ok(Some(Relayed::HeldBack(SignalNumber::from_raw(received.number))));
        }
        Ok(Some(Relayed::Passed))
    }
}

/// True if the signal is meant for the program. The waiting process itself is meant by the kernel's messages about
/// children and by signals from its own calls.
fn is_for_program(received: Received) -> bool {
    let is_own = i32::try_from(received.sender) == Ok(getpid().as_raw());
    match received.number {
        libc::SIGCHLD => received.code <= 0,
        number if OF_OWN_CALLS.contains(number) => !is_own,
        _ => true,
    }
}

fn pass_on(received: Received, program: Pid) -> Relayed {
    let number = received.number;
    let from_terminal =
        received.code == FROM_KERNEL && is_of_terminal(number) && !is_for_leader_alone(number);
    if from_terminal && getpgid(Some(program)) != Ok(getpgrp()) {
        // Keys are not meant for a program with its own process group.
        return Relayed::Passed;
    }
    // If sending fails, the program has ended, and the next wait shows that.
    if let Some(instead) = replacement(number).filter(|_| is_deaf(program, number)) {
        let _ = signals::send(program, instead);
        return Relayed::Replaced(SignalNumber::from_raw(number));
    }
    // The terminal sends its signals to the program too.
    if !from_terminal {
        let _ = if received.code == WITH_VALUE {
            signals::send_with(program, number, received.value)
        } else {
            signals::send(program, number)
        };
    }
    Relayed::Passed
}

/// True if a terminal sends this signal to all processes of its foreground group.
fn is_of_terminal(signal: i32) -> bool {
    matches!(
        signal,
        libc::SIGINT
            | libc::SIGQUIT
            | libc::SIGTSTP
            | libc::SIGTTIN
            | libc::SIGTTOU
            | libc::SIGWINCH
            | libc::SIGHUP
            | libc::SIGCONT
    )
}

/// True if this process leads a session, and the kernel sends this signal only to the leader when the terminal goes
/// away (`setsid(2)`). The other processes get it when the leader ends, and this process waits for them.
fn is_for_leader_alone(signal: i32) -> bool {
    matches!(signal, libc::SIGHUP | libc::SIGCONT) && getsid(None) == Ok(getpid())
}

impl AsFd for Relay {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

/// A signal with the default effect of this one that also ends or stops a process that escapes this one (`signal(7)`).
/// `None` if the default is to do nothing, or to go on.
fn replacement(signal: i32) -> Option<i32> {
    match signal {
        libc::SIGCHLD | libc::SIGCONT | libc::SIGURG | libc::SIGWINCH => None,
        libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => Some(libc::SIGSTOP),
        _ => Some(libc::SIGKILL),
    }
}

/// True if the kernel would discard the signal: the process is PID 1 of its namespace, and has no handler for the
/// signal (`pid_namespaces(7)`). A blocked signal is not discarded.
fn is_deaf(process: Pid, signal: i32) -> bool {
    let process = process::Pid::new(process.as_raw()).map(Process::open_own);
    let status = process.and_then(|process| process.ok()?.read("status").ok());
    is_deaf_by(&Status::new(status.unwrap_or_default()), signal)
}

fn is_deaf_by(status: &Status, signal: i32) -> bool {
    let is_first = status.pids().and_then(|pids| pids.last().map(|pid| pid.as_raw())) == Some(1);
    // If the status cannot be read, the program is not killed.
    let asked_for = status
        .signals_asked_for()
        .is_none_or(|signals| signals & (1 << (signal - 1)) != 0);
    is_first && !asked_for
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pids: &str, blocked: &str, ignored: &str, caught: &str) -> Status {
        let masks = format!("SigBlk:\t{blocked}\nSigIgn:\t{ignored}\nSigCgt:\t{caught}\n");
        Status::new(format!("Name:\tx\nNSpid:\t{pids}\n{masks}").into_bytes())
    }

    #[test]
    fn only_pid_1_is_deaf_and_only_to_signals_without_a_handler() {
        let none = "0000000000000000";
        let int = "0000000000000002";
        assert!(is_deaf_by(&status("4711\t1", none, none, none), libc::SIGINT));
        assert!(!is_deaf_by(&status("4711\t7", none, none, none), libc::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", int, none, none), libc::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", none, int, none), libc::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", none, none, int), libc::SIGINT));
        assert!(is_deaf_by(&status("4711\t1", none, none, int), libc::SIGTERM));
        assert!(!is_deaf_by(&Status::new(Vec::new()), libc::SIGINT));
    }

    #[test]
    fn a_signal_that_does_not_end_a_process_is_not_replaced() {
        assert_eq!(replacement(libc::SIGWINCH), None);
        assert_eq!(replacement(libc::SIGCONT), None);
        assert_eq!(replacement(libc::SIGTSTP), Some(libc::SIGSTOP));
    }
}
