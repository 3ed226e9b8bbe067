//! Signals that end a launch before the program runs: what was made is undone, and this process dies of the signal.

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::Signal;
use rustix::event::PollFlags;

use super::relay::{OF_OWN_CALLS, Relay};
use super::signal::SignalNumber;
use crate::sys::fd::is_ready;
use crate::sys::signal_set::{SignalQueue, SignalSet};
use crate::sys::signals;

/// What a person ends a program with.
const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// The signals of this process during the launch: some end it, the others wait for the program.
#[derive(Debug)]
pub(super) struct Ending {
    signals: SignalQueue,
    /// The mask before.
    mask: SignalSet,
    /// Whether signals are passed on to the program.
    forward: bool,
}

impl Ending {
    /// Waits for the signals from now on. Signals that this process blocks or ignores end nothing: whoever started this
    /// process wants it so.
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

    /// The mask as it was before.
    pub(super) fn mask(&self) -> SignalSet {
        self.mask
    }

    /// What the process inside blocks until it is the program: not the signals that its own calls bring about, as these
    /// would wait, and end it once it unblocks them.
    pub(super) fn mask_of_set_up(&self) -> nix::Result<SignalSet> {
        Ok(SignalSet::blocked()?.without_all(OF_OWN_CALLS.without_all(self.mask)))
    }

    /// Whether one of the signals has come.
    pub(super) fn has_come(&self) -> nix::Result<bool> {
        is_ready(self, PollFlags::IN)
    }

    /// The signal that has come.
    pub(super) fn take(&self) -> nix::Result<Option<SignalNumber>> {
        let received = self.signals.take()?;
        Ok(received.map(|received| SignalNumber::from_raw(received.number)))
    }

    /// The program runs: the signals that have come, and those to come, are for it.
    pub(super) fn pass_on(self) -> nix::Result<Relay> {
        Relay::go_on(self.signals, self.mask, self.forward)
    }

    /// The program does not run: the signals do what they did before.
    pub(super) fn give_up(self) {
        // It is about to end anyway.
        let _ = self.mask.block_only();
    }
}

impl AsFd for Ending {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}
