//! `ns-hostname`: show or set the host name and NIS domain of any UTS namespace.
#![forbid(unsafe_code)]

mod cells;
pub mod cli;
mod columns;
mod file;
mod found;
mod list;
mod one;
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
use ns_core::uts::Names;
use ns_core::{Kind, Namespace, Target};

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(|cli: Cli| run(&cli))
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

/// The UTS namespace that is meant.
fn namespace_of(targets: &[Target]) -> anyhow::Result<Namespace> {
    open(targets, Kind::Uts)
}

/// The names in this UTS namespace.
fn names_in(namespace: &Namespace) -> anyhow::Result<Names> {
    Ok(Names::of(namespace).map_err(|error| explain_in(namespace, error))?)
}

/// The namespace of this kind that is meant: that of the target, or one's own.
fn open(targets: &[Target], kind: Kind) -> anyhow::Result<Namespace> {
    match targets {
        [] => Ok(Namespace::own(kind)?),
        [target] => Ok(target.open()?.namespace(kind)?),
        _ => Err(usage(
            ErrorKind::ArgumentConflict,
            "--target may be repeated only with --list",
        )),
    }
}

/// An error in the arguments that clap cannot see.
fn usage(kind: ErrorKind, message: impl std::fmt::Display) -> anyhow::Error {
    Cli::command().error(kind, message).into()
}
