//! `cargo xtask bench`: the programs compared with their relatives, as ratios from one run, and the time of a Tab.

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
    /// Completion.
    Complete(complete::CompleteOptions),
    /// `ns-ls` compared with `lsns`.
    Ls(ls::LsOptions),
    /// `ns-mounts` compared with `findmnt`.
    Mounts(mounts::MountsOptions),
    /// `ns-unshare` compared with `unshare`.
    Unshare(unshare::UnshareOptions),
    /// Do the minimum work of a listing of namespaces, once; `ls` uses it as a baseline.
    #[command(hide = true)]
    BareLoop,
    /// Run one command in silence and print its cost; the others run commands in this way.
    #[command(hide = true)]
    One {
        /// The command.
        #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

/// Runs the measurement, and prints it.
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
