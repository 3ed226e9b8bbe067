//! `ns-unshare`: run a program in new namespaces.
#![forbid(unsafe_code)]

pub mod cli;
mod id_maps;
pub mod interpreter;
mod names;
pub mod pin;
mod plan;
mod private_maps;
mod request;
pub mod single_ids;
pub mod values;
pub mod veth;

use std::process::ExitCode;

use cli::Cli;
use request::Request;

/// The name in notes.
const PROGRAM: &str = "ns-unshare";

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, run)
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let (dry_run, json) = (cli.dry_run, cli.json);
    let mut notes = Vec::new();
    let plan = if let Some(plan) = names::plan(&cli, request::kinds(&cli), &mut notes)? {
        plan
    } else {
        let request = Request::new(cli)?;
        request.check()?;
        notes.clone_from(&request.notes);
        plan::plan(&request)
    };
    if dry_run {
        ns_core::cli::show_plan(&plan, json)?;
        return Ok(ExitCode::SUCCESS);
    }
    for note in &notes {
        ns_core::cli::note(PROGRAM, note);
    }
    Ok(ns_core::cli::launch::<Cli>(plan))
}
