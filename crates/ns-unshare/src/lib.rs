//! `ns-unshare`: run a program in new namespaces.
#![forbid(unsafe_code)]

pub mod cli;
mod names;
pub mod pin;
mod plan;
mod request;
pub mod single_ids;
pub mod veth;

use std::process::ExitCode;

use cli::Cli;
use ns_core::launch::{self, Reporter};
use request::Request;

const PROGRAM: &str = "ns-unshare";

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, run)
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (dry_run, json) = (cli.dry_run, cli.json);
    let plan = match names::plan(&cli, request::kinds(&cli))? {
        Some(plan) => plan,
        None => plan::plan(&Request::new(cli).map_err(explained)?),
    };
    if dry_run {
        ns_core::cli::show_plan(&plan, json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let reporter = Reporter {
        note: |error| ns_core::cli::note_error(PROGRAM, error),
        error: |error| ns_core::cli::report(PROGRAM, error),
    };
    let outcome = launch::run(plan, reporter);
    Ok(ns_core::cli::conclude::<Cli>(outcome))
}

/// The error with its cause, if a filter of system calls is the cause.
fn explained(error: anyhow::Error) -> anyhow::Error {
    match error.downcast() {
        Ok(error) => ns_core::explain::explain_filter(error).into(),
        Err(error) => error,
    }
}
