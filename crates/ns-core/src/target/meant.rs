//! Other spellings of a target that names nothing.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::Target;
use crate::Error;
use crate::pins::{self, State};
use crate::process::Pid;

/// The spellings that name something with this text, if no namespace is pinned under it.
pub(super) fn instead_of_name(name: &OsStr) -> Vec<Target> {
    let mut spellings = vec![
        Target::File(Path::new(".").join(name)),
        Target::Host(name.to_owned()),
    ];
    if let Some(text) = name.to_str() {
        spellings.extend([Target::Unit(text.into()), Target::Container(text.into())]);
    }
    // An ambiguous spelling counts too. Its own error says more.
    spellings.retain(|target| matches!(target.open(), Ok(_) | Err(Error::Ambiguous(_))));
    spellings
}

/// The error about a process that does not exist, with help if its PID is also a pinned name.
pub(super) fn instead_of_pid(pid: Pid, error: Error) -> Error {
    if !matches!(error, Error::NotFound(_)) {
        return error;
    }
    let name = OsString::from(pid.to_string());
    match pins::find(&name) {
        Ok(pins) if pins.iter().any(|pin| pin.state == State::Alive) => {
            error.with_help(format!("for the pinned name, type {}", Target::Name(name)))
        }
        _ => error,
    }
}
