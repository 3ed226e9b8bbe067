//! The controlling terminal: whose turn it was, and how it was set, before the program had it.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg, sigprocmask};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use rustix::fs::{Mode, OFlags};

/// The terminal as it was when we had it.
#[derive(Debug)]
pub(super) struct Terminal {
    file: OwnedFd,
    modes: Termios,
}

impl Terminal {
    /// The controlling terminal, where there is one and it is this process group's turn.
    pub(super) fn ours() -> Option<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = rustix::fs::open("/dev/tty", flags, Mode::empty()).ok()?;
        if tcgetpgrp(&file) != Ok(getpgrp()) {
            return None;
        }
        let modes = tcgetattr(&file).ok()?;
        Some(Self { file, modes })
    }

    /// The process group whose turn it is.
    pub(super) fn turn(&self) -> Option<Pid> {
        tcgetpgrp(&self.file).ok()
    }

    /// Takes the turn back where the program gave it to a group that is gone: nobody could read any more. Where others have
    /// it, as the shell that has put us into the background, it is theirs.
    pub(super) fn take_back(&self) {
        let gone = |group: &Pid| killpg(*group, None) == Err(Errno::ESRCH);
        if self.turn().as_ref().is_some_and(gone) {
            self.give(getpgrp());
        }
    }

    /// Gives the turn to another process group.
    pub(super) fn give(&self, group: Pid) {
        let _held = Hold::start();
        let _ = tcsetpgrp(&self.file, group);
    }

    /// Sets the modes back, where it is our turn: a program that was killed could not do it itself.
    pub(super) fn reset_modes(&self) {
        if self.turn() != Some(getpgrp()) {
            return;
        }
        let _held = Hold::start();
        let _ = tcsetattr(&self.file, SetArg::TCSADRAIN, &self.modes);
    }
}

/// While this lives, the terminal does not stop a process of the background for touching it.
struct Hold(Option<SigSet>);

impl Hold {
    fn start() -> Self {
        let mut before = SigSet::empty();
        let output = SigSet::from(Signal::SIGTTOU);
        let held = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&output), Some(&mut before));
        Self(held.ok().map(|()| before))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(before), None);
        }
    }
}
