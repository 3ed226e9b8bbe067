//! `cargo xtask bench`: the programs beside their relatives, as ratios out of one run, and what a Tab takes.

mod bare;
mod complete;
mod contest;
mod ls;
mod mounts;
mod program;
mod room;
mod runner;
mod unshare;

use std::ffi::OsString;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The arguments of `cargo xtask bench`.
#[derive(Debug, Parser)]
pub struct BenchCli {
    #[command(subcommand)]
    what: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// What completion asks of the programs.
    Complete(complete::CompleteOptions),
    /// `ns-ls` beside `lsns`.
    Ls(ls::LsOptions),
    /// `ns-mounts` beside `findmnt`.
    Mounts(mounts::MountsOptions),
    /// `ns-unshare` beside `unshare`.
    Unshare(unshare::UnshareOptions),
    /// Read what every listing of namespaces has to read, once; `ls` measures itself by it.
    #[command(hide = true)]
    BareLoop,
    /// Run one command in silence and print what it took; the others start themselves so.
    #[command(hide = true)]
    One {
        /// The command.
        #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

/// Measures what is asked for, and prints it.
pub fn run(cli: &BenchCli) -> Result<()> {
    match &cli.what {
        Measurement::Complete(options) => complete::run(options),
        Measurement::Ls(options) => ls::run(options),
        Measurement::Mounts(options) => mounts::run(options),
        Measurement::Unshare(options) => unshare::run(options),
        Measurement::BareLoop => bare::run(),
        Measurement::One { command } => runner::one(command),
    }
}
