//! `ns-enter`: run a program in existing namespaces.
#![forbid(unsafe_code)]

pub mod cli;

use std::process::ExitCode;

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(run)
}

fn run(_cli: Cli) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
