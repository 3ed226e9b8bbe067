//! The option that silences notes.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

/// The option for notes. Every program has it, and no program reads it: notes are silenced before the program runs.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Notes {
    /// Do not write notes to stderr
    ///
    /// Errors are still written, with cause and help. The exit status does not change.
    #[arg(short, long)]
    pub quiet: bool,
}

/// True if notes are silenced in this process. A launch writes notes from children and from plain functions, and all of
/// them follow the same option.
static SILENCED: AtomicBool = AtomicBool::new(false);

/// Follows the option.
pub(super) fn follow(notes: Notes) {
    SILENCED.store(notes.quiet, Ordering::Relaxed);
}

/// True if the option was given.
pub(super) fn are_silenced() -> bool {
    SILENCED.load(Ordering::Relaxed)
}
