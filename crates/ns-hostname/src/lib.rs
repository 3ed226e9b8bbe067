//! `ns-hostname`: show or set the host name and NIS domain of any UTS namespace.
#![forbid(unsafe_code)]

mod cells;
pub mod cli;
mod columns;
mod file;
mod found;
mod json;
mod list;
mod set;
mod show;
mod view;
mod watch;
mod which;

use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::explain::explain_in;
use ns_core::process::Process;
use ns_core::target::Subject;
use ns_core::uts::{Names, Place};
use ns_core::{Error, Kind, Target};

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::RELATIVE, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if let Some(name) = &cli.setting.check {
        return set::check(cli, name.as_bytes());
    }
    if cli.listing.watch {
        return watch::watch(cli);
    }
    if cli.listing.list {
        return list::list(cli);
    }
    match set::set(cli)? {
        Some(status) => Ok(status),
        None => show::show(cli),
    }
}

/// The UTS namespace that is meant: that of the target, or one's own.
fn place_of(targets: &[Target]) -> anyhow::Result<Place> {
    let Some(subject) = subject_of(targets)? else {
        return Ok(Place::Own);
    };
    place(&subject)
}

/// The UTS namespace that a target gives.
fn place(subject: &Subject) -> anyhow::Result<Place> {
    let process = subject.process().map(Process::pid);
    Ok(Place::Of(subject.namespace(Kind::Uts)?, process))
}

/// The target, opened; `None` where none is named.
fn subject_of(targets: &[Target]) -> anyhow::Result<Option<Subject>> {
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
fn names_in(place: &Place) -> anyhow::Result<Names> {
    Ok(Names::of(place).map_err(|error| explain(place, error))?)
}

/// The error of something that was done to the names in this namespace, with its cause.
fn explain(place: &Place, error: Error) -> Error {
    match place.namespace() {
        Ok(namespace) => explain_in(&namespace, error),
        Err(_) => error,
    }
}

/// An error in the arguments that clap cannot see.
fn usage(kind: ErrorKind, message: impl std::fmt::Display) -> anyhow::Error {
    Cli::command().error(kind, message).into()
}
