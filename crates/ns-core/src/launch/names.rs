//! Names of namespaces: those of what was made are given by the process outside, which has the mounts of the caller.

use std::ffi::OsStr;

use nix::sys::signal::Signal;

use super::channel::Channel;
use super::failure::Warn;
use super::step::Step;
use crate::pins::{self, Made, Waiting};
use crate::process::OwnProcess;
use crate::sys::signals;
use crate::target::{Destination, unknown_name, unknown_name_of_kind};
use crate::{Error, Kinds, Result};

/// What a person ends a program with.
const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// Pins the namespaces of these kinds that a process is in.
pub(super) fn pin_new(
    name: &OsStr,
    kinds: Kinds,
    process: &OwnProcess,
    channel: &Channel,
    warn: Warn,
) -> Result<Vec<Made>> {
    let waiting = Waiting {
        say: &warn,
        // Without the process inside there is nothing to name. Who waits for a program has blocked what would end it.
        wanted: &|| !channel.is_closed() && !signals::are_pending(&ENDING),
    };
    let made = pins::make(name, kinds, |kind| process.namespace(kind), waiting)?;
    warn_of_limits(kinds, warn);
    Ok(made)
}

/// Does a step that is about what has been made already. `None` where it is of another sort.
pub(super) fn perform(step: &Step, warn: Warn) -> Option<Result<()>> {
    match step {
        Step::PinExisting(name, namespaces) => {
            let kinds = namespaces.iter().map(Destination::kind).collect();
            let open = |kind| {
                let mut of_it = namespaces.iter().filter(|one| one.kind() == kind);
                let one = of_it.next().ok_or_else(|| Error::NotFound(step.to_string()))?;
                one.namespace()
            };
            let made = pins::make(name, kinds, open, of_ours(&warn));
            Some(made.map(|_| warn_of_limits(kinds, warn)))
        }
        Step::Unpin(name, kinds) => Some(unpin(name, *kinds, warn)),
        _ => None,
    }
}

/// What is done where nobody but the caller waits.
fn of_ours(warn: &Warn) -> Waiting<'_> {
    Waiting {
        say: warn,
        wanted: &|| true,
    }
}

fn unpin(name: &OsStr, kinds: Kinds, warn: Warn) -> Result<()> {
    let removed = pins::remove(name, kinds, of_ours(&warn))?;
    if !removed.is_empty() {
        return Ok(());
    }
    let mut kinds = kinds.iter();
    Err(match (kinds.next(), kinds.next()) {
        (Some(kind), None) => unknown_name_of_kind(kind, name),
        _ => unknown_name(name),
    })
}

fn warn_of_limits(kinds: Kinds, warn: Warn) {
    for limit in pins::limits(kinds) {
        warn(&Error::Unfit(limit));
    }
}
