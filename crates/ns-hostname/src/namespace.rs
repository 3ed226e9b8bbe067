//! The UTS namespace that the arguments name, and the names in it.

use clap::error::ErrorKind;
use ns_core::explain::explain_in;
use ns_core::process::Process;
use ns_core::target::Opened;
use ns_core::uts::{Names, UtsNamespace};
use ns_core::{Error, Kind, Target};

use crate::cli::usage;

/// The UTS namespace of the target, or the caller's own.
pub fn place_of(targets: &[Target]) -> anyhow::Result<UtsNamespace> {
    let Some(opened) = opened_target(targets)? else {
        return Ok(UtsNamespace::Own);
    };
    place(&opened)
}

/// The UTS namespace that a target gives.
pub fn place(opened: &Opened) -> anyhow::Result<UtsNamespace> {
    let process = opened.process().map(Process::pid);
    Ok(UtsNamespace::Of(opened.namespace(Kind::Uts)?, process))
}

/// The target, opened; `None` if none was named.
pub fn opened_target(targets: &[Target]) -> anyhow::Result<Option<Opened>> {
    match targets {
        [] => Ok(None),
        [target] => Ok(Some(target.open()?)),
        _ => Err(usage(
            ErrorKind::ArgumentConflict,
            "--target may be repeated only with --list",
        )),
    }
}

/// The names in this UTS namespace.
pub fn names_in(place: &UtsNamespace) -> anyhow::Result<Names> {
    Ok(Names::of(place).map_err(|error| explain(place, error))?)
}

/// The error of an operation on the names in this namespace, with its cause.
pub fn explain(place: &UtsNamespace, error: Error) -> Error {
    match place.namespace() {
        Ok(namespace) => explain_in(&namespace, error),
        Err(_) => error,
    }
}
