//! `ns-hostname`: show or set the host name and NIS domain of any UTS namespace.
#![forbid(unsafe_code)]

pub mod cli;
mod list;
mod set;
mod show;

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::{Kind, Namespace, Target};

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(|cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if cli.list {
        return list::list(cli);
    }
    let namespace = namespace_of(&cli.target)?;
    match set::change(cli)? {
        Some(change) => set::set(&change, &namespace),
        None => show::show(cli, &namespace),
    }
}

/// The UTS namespace that is meant.
fn namespace_of(targets: &[Target]) -> anyhow::Result<Namespace> {
    match targets {
        [] => Ok(Namespace::own(Kind::Uts)?),
        [target] => Ok(target.open()?.namespace(Kind::Uts)?),
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
