//! `ns-hostname`: show or set the host name and NIS domain of any UTS namespace.
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
