//! The controlling terminal: its foreground process group (`tcgetpgrp(3)`) and its modes from before the program had it.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::killpg;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use rustix::fs::{Mode, OFlags};

use crate::sys::signal_set::SignalSet;

/// The terminal as it was when we had it.
#[derive(Debug)]
pub(super) struct Terminal {
    file: OwnedFd,
    modes: Termios,
}

impl Terminal {
    /// The controlling terminal, if there is one and this process group is in its foreground.
    pub(super) fn ours() -> Option<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = rustix::fs::open("/dev/tty", flags, Mode::empty()).ok()?;
        if tcgetpgrp(&file) != Ok(getpgrp()) {
            return None;
        }
        let modes = tcgetattr(&file).ok()?;
        Some(Self { file, modes })
    }

    /// The foreground process group (`tcgetpgrp(3)`).
    pub(super) fn foreground(&self) -> Option<Pid> {
        tcgetpgrp(&self.file).ok()
    }

    /// Makes our process group the foreground one again if that of the program is gone: nobody could read any more. A
    /// group of others, such as that of the shell that has put us into the background, keeps the foreground.
    pub(super) fn reclaim_foreground(&self) {
        let gone = |group: &Pid| killpg(*group, None) == Err(Errno::ESRCH);
        if self.foreground().as_ref().is_some_and(gone) {
            self.set_foreground(getpgrp());
        }
    }

    /// Makes this process group the foreground one (`tcsetpgrp(3)`).
    pub(super) fn set_foreground(&self, group: Pid) {
        let _held = Hold::start();
        let _ = tcsetpgrp(&self.file, group);
    }

    /// Sets the modes back if our process group is in the foreground: a program that was killed could not do it itself.
    pub(super) fn reset_modes(&self) {
        if self.foreground() != Some(getpgrp()) {
            return;
        }
        let _held = Hold::start();
        let _ = tcsetattr(&self.file, SetArg::TCSADRAIN, &self.modes);
    }
}

/// While this lives, the terminal does not stop a process of the background for touching it.
struct Hold(Option<SignalSet>);

impl Hold {
    fn start() -> Self {
        Self(SignalSet::EMPTY.with(libc::SIGTTOU).block().ok())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = before.block_only();
        }
    }
}
