//! Signals that pass through a waiting process to the program that it waits for.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpgid, getpgrp, getpid, getsid};

use crate::process::{self, Process, Status};

/// What is passed on.
const PASSED_ON: [Signal; 11] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGWINCH,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

/// What an ordinary waiting program keeps from itself: its child gets them from the terminal.
const HELD_BACK: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

/// `si_code` of a signal that the kernel itself sent: the terminal's keys, and its end.
const FROM_KERNEL: i32 = 0x80;

/// The signals of this process, taken one by one instead of being acted upon.
#[derive(Debug)]
pub(super) struct Relay {
    signals: SignalFd,
    /// The mask before.
    mask: SigSet,
    forward: bool,
}

/// What a signal led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relayed {
    /// A child has changed its state.
    Child,
    /// Nothing that the waiting process has to know.
    Passed,
    /// In place of this signal, which the program as PID 1 would not have got, one was sent that it cannot escape.
    Replaced(Signal),
}

impl Relay {
    /// From here on signals wait to be taken.
    pub(super) fn start(forward: bool) -> nix::Result<Self> {
        let passed: &[Signal] = if forward { &PASSED_ON } else { &HELD_BACK };
        let set: SigSet = passed.iter().copied().chain([Signal::SIGCHLD]).collect();
        let mut mask = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), Some(&mut mask))?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self {
            signals,
            mask,
            forward,
        })
    }

    /// The signal mask as it was before.
    pub(super) fn mask(&self) -> SigSet {
        self.mask
    }

    /// Takes the next signal that has come, and passes it on to `program`. `None` when there is none.
    pub(super) fn next(&self, program: Pid) -> nix::Result<Option<Relayed>> {
        let Some(info) = self.signals.read_signal()? else {
            return Ok(None);
        };
        let number = i32::try_from(info.ssi_signo).map_err(|_| Errno::EINVAL)?;
        let signal = Signal::try_from(number)?;
        if signal == Signal::SIGCHLD {
            return Ok(Some(Relayed::Child));
        }
        if !self.forward {
            return Ok(Some(Relayed::Passed));
        }
        let from_terminal = info.ssi_code == FROM_KERNEL && !is_for_leader_alone(signal);
        if from_terminal && getpgid(Some(program)) != Ok(getpgrp()) {
            // The keys are not meant for a program that has a process group of its own.
            return Ok(Some(Relayed::Passed));
        }
        if let Some(instead) = replacement(signal).filter(|_| is_deaf(program, signal)) {
            let _ = kill(program, instead);
            return Ok(Some(Relayed::Replaced(signal)));
        }
        // What the terminal sends it sends to the program too.
        if !from_terminal {
            let _ = kill(program, signal);
        }
        Ok(Some(Relayed::Passed))
    }
}

/// Whether the kernel sends this signal of its own to the leader of a session only, which this process is: when the
/// terminal goes away (`setsid(2)`). The others get it when the leader ends, and we wait for them.
fn is_for_leader_alone(signal: Signal) -> bool {
    matches!(signal, Signal::SIGHUP | Signal::SIGCONT) && getsid(None) == Ok(getpid())
}

impl AsFd for Relay {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

/// What does to a process that cannot refuse what this signal does to one that has no handler for it.
fn replacement(signal: Signal) -> Option<Signal> {
    match signal {
        Signal::SIGINT
        | Signal::SIGTERM
        | Signal::SIGHUP
        | Signal::SIGQUIT
        | Signal::SIGUSR1
        | Signal::SIGUSR2 => Some(Signal::SIGKILL),
        Signal::SIGTSTP | Signal::SIGTTIN | Signal::SIGTTOU => Some(Signal::SIGSTOP),
        _ => None,
    }
}

/// Whether the kernel would throw the signal away: the process is PID 1 of its namespace, and has not asked for the signal
/// (`pid_namespaces(7)`). One that it has blocked waits for it all the same.
fn is_deaf(process: Pid, signal: Signal) -> bool {
    let process = process::Pid::new(process.as_raw()).map(Process::open_own);
    let status = process.and_then(|process| process.ok()?.read("status").ok());
    is_deaf_by(&Status::new(status.unwrap_or_default()), signal)
}

fn is_deaf_by(status: &Status, signal: Signal) -> bool {
    let is_first = status.pids().and_then(|pids| pids.last().map(|pid| pid.as_raw())) == Some(1);
    // What cannot be read is no reason to kill.
    let asked_for = status
        .signals_asked_for()
        .is_none_or(|signals| signals & (1 << (signal as i32 - 1)) != 0);
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
    fn only_the_first_of_a_namespace_is_deaf_and_only_to_what_it_did_not_ask_for() {
        let none = "0000000000000000";
        let int = "0000000000000002";
        assert!(is_deaf_by(&status("4711\t1", none, none, none), Signal::SIGINT));
        assert!(!is_deaf_by(&status("4711\t7", none, none, none), Signal::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", int, none, none), Signal::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", none, int, none), Signal::SIGINT));
        assert!(!is_deaf_by(&status("4711\t1", none, none, int), Signal::SIGINT));
        assert!(is_deaf_by(&status("4711\t1", none, none, int), Signal::SIGTERM));
        assert!(!is_deaf_by(&Status::new(Vec::new()), Signal::SIGINT));
    }

    #[test]
    fn what_would_not_end_a_process_is_not_replaced() {
        assert_eq!(replacement(Signal::SIGWINCH), None);
        assert_eq!(replacement(Signal::SIGCONT), None);
        assert_eq!(replacement(Signal::SIGTSTP), Some(Signal::SIGSTOP));
    }
}
