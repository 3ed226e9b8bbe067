//! Signals that end a launch before the program runs: its work is undone, and this process dies of the signal.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::Signal;
use rustix::event::PollFlags;

use super::relay::{OF_OWN_CALLS, Relay};
use super::signal::SignalNumber;
use crate::sys::fd::is_ready;
use crate::sys::signal_set::{SignalQueue, SignalSet};
use crate::sys::signals;

/// The signals that people use to end a program.
const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// The signals of this process during the launch: some end the launch, the others are kept for the program.
#[derive(Debug)]
pub(super) struct Ending {
    signals: SignalQueue,
    /// The signal mask before.
    mask: SignalSet,
    /// True if signals are passed on to the program.
    forward: bool,
}

impl Ending {
    /// Holds the signals from now on. Signals that this process blocks or ignores do not end the launch: its parent
    /// chose that.
    pub(super) fn start(forward: bool) -> nix::Result<Self> {
        let mask = Relay::taken(forward).block()?;
        let ending = ENDING
            .into_iter()
            .filter(|signal| !signals::is_ignored(*signal))
            .fold(SignalSet::EMPTY, |set, signal| set.with(signal as i32))
            .without_all(mask);
        ending.block()?;
        Ok(Self {
            signals: SignalQueue::open(ending)?,
            mask,
            forward,
        })
    }

    /// The signal mask as it was before.
    pub(super) fn mask(&self) -> SignalSet {
        self.mask
    }

    /// The signals that the process inside blocks until the program starts. Signals that its own calls cause are not
    /// among them: they would stay pending, and end the process when it unblocks them.
    pub(super) fn mask_of_set_up(&self) -> nix::Result<SignalSet> {
        Ok(SignalSet::blocked()?.without_all(OF_OWN_CALLS.without_all(self.mask)))
    }

    /// True if one of the signals has come.
    pub(super) fn has_come(&self) -> nix::Result<bool> {
        is_ready(self, PollFlags::IN)
    }

    /// The signal that has come.
    pub(super) fn take(&self) -> nix::Result<Option<SignalNumber>> {
        let received = self.signals.take()?;
        Ok(received.map(|received| SignalNumber::from_raw(received.number)))
    }

    /// Ends the launch because the program runs. Signals that have come, and later ones, are for the program.
    pub(super) fn pass_on(self) -> nix::Result<Relay> {
        Relay::go_on(self.signals, self.mask, self.forward)
    }

    /// Ends the launch because the program does not run. Signals have their former effect again.
    pub(super) fn give_up(self) {
        // If this fails, the process is about to end anyway.
        let _ = self.mask.block_only();
    }
}

impl AsFd for Ending {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}
