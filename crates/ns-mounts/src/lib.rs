//! `ns-mounts`: show the mounts of any mount namespace.
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
