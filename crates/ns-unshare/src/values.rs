//! The values of single options.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use ns_core::launch::PropagationType;
use ns_core::uts;

/// The values of `--propagation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropagationOption {
    /// Leave the propagation of each mount as it was copied.
    Unchanged,
    /// Set this propagation for all mounts.
    Set(PropagationType),
}

/// Parses the value of `--propagation`.
pub fn propagation() -> impl TypedValueParser<Value = PropagationOption> {
    let values = [
        ("private", "Propagate nothing (default)"),
        ("slave", "Receive new mounts from the caller's shared mounts"),
        ("shared", "Propagate in both directions"),
        ("unchanged", "Keep the propagation of each mount"),
    ];
    let values = values.map(|(word, about)| PossibleValue::new(word).help(about));
    PossibleValuesParser::new(values).map(|word| {
        [
            PropagationType::Private,
            PropagationType::Slave,
            PropagationType::Shared,
        ]
        .into_iter()
        .find(|propagation| propagation.word() == word)
        .map_or(PropagationOption::Unchanged, PropagationOption::Set)
    })
}

/// Parses `UID:GID`, two numbers.
pub fn owner(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| match text.parse::<u32>() {
        Ok(id) if id < u32::MAX && !text.starts_with('+') => Some(id),
        _ => None,
    };
    text.split_once(':')
        .and_then(|(uid, gid)| Some((number(uid)?, number(gid)?)))
        .ok_or_else(|| "expected UID:GID, two numbers from 0 to 4294967294".into())
}

/// Parses a host name.
pub fn host_name(text: &str) -> Result<OsString, String> {
    uts::check_host_name(text.as_bytes())
        .map(|()| text.into())
        .map_err(|flaw| flaw.to_string())
}

/// Parses a NIS domain name.
pub fn domain_name(text: &str) -> Result<OsString, String> {
    uts::check_bytes(text.as_bytes())
        .map(|()| text.into())
        .map_err(|flaw| flaw.to_string())
}
