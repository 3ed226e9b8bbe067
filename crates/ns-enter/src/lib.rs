//! `ns-enter`: run a program in existing namespaces.
#![forbid(unsafe_code)]

pub mod cli;
mod each;
mod etc;
mod namespaces;
mod plan;
mod request;

use std::process::ExitCode;

use cli::Cli;
use ns_core::launch;
use request::Request;

const PROGRAM: &str = "ns-enter";

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if let Some(kind) = cli.each {
        return each::run(cli, kind);
    }
    let (dry_run, json) = (cli.dry_run, cli.json);
    let request = Request::new(cli)?;
    let plan = plan::plan(&request);
    if dry_run {
        ns_core::cli::show_plan(&plan, json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if request.is_exposed() {
        launch::run_from_unwritable_copy(PROGRAM)?;
    }
    for note in &request.notes {
        ns_core::cli::note(PROGRAM, note);
    }
    // The plan holds the open files of the target, and is dropped in time.
    drop(request);
    Ok(ns_core::cli::launch::<Cli>(plan))
}
