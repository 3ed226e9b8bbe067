//! The controlling terminal: its foreground process group (`tcgetpgrp(3)`), and its modes from before the program
//! started.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::killpg;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};
use rustix::fs::{Mode, OFlags};

use crate::sys::errno::{from_rustix, lacks_resources};
use crate::sys::signal_set::SignalSet;

/// The terminal as it was when this process was in the foreground.
#[derive(Debug)]
pub(super) struct Terminal {
    file: OwnedFd,
    modes: Termios,
}

impl Terminal {
    /// The controlling terminal, if there is one and this process group is in its foreground.
    pub(super) fn ours() -> nix::Result<Option<Self>> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = match rustix::fs::open("/dev/tty", flags, Mode::empty()).map_err(from_rustix) {
            Err(errno) if lacks_resources(errno) => return Err(errno),
            // There is none.
            Err(_) => return Ok(None),
            Ok(file) => file,
        };
        if tcgetpgrp(&file) != Ok(getpgrp()) {
            return Ok(None);
        }
        Ok(tcgetattr(&file).ok().map(|modes| Self { file, modes }))
    }

    /// The foreground process group (`tcgetpgrp(3)`).
    pub(super) fn foreground(&self) -> Option<Pid> {
        tcgetpgrp(&self.file).ok()
    }

    /// Makes this process group the foreground group again if the program's group is gone, because then no process
    /// could read from the terminal. A group of others keeps the foreground, such as the group of a shell that has put
    /// this process into the background.
    pub(super) fn reclaim_foreground(&self) {
        let gone = |group: &Pid| killpg(*group, None) == Err(Errno::ESRCH);
        if self.foreground().as_ref().is_some_and(gone) {
            self.set_foreground(getpgrp());
        }
    }

    /// Makes a process group the foreground group (`tcsetpgrp(3)`).
    pub(super) fn set_foreground(&self, group: Pid) {
        let _held = Hold::start();
        let _ = tcsetpgrp(&self.file, group);
    }

    /// Restores the modes if this process group is in the foreground: a killed program could not do that itself.
    pub(super) fn reset_modes(&self) {
        if self.foreground() != Some(getpgrp()) {
            return;
        }
        let _held = Hold::start();
        let _ = tcsetattr(&self.file, SetArg::TCSADRAIN, &self.modes);
    }
}

/// While this value lives, the terminal does not stop a background process that changes the terminal's settings.
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
