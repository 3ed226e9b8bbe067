//! `ns-mounts`: show the mounts of any mount namespace.
#![forbid(unsafe_code)]

mod cell;
pub mod cli;
mod column;
mod scene;
mod show;

use std::process::ExitCode;

use cli::Cli;
use scene::{Scene, Source};

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(|cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let columns = show::columns(&cli.show)?;
    let sources = Source::of(cli)?;
    let scenes: Vec<_> = sources.iter().map(Scene::of).collect();
    for scene in &scenes {
        scene.report_flaws();
    }
    show::show(&cli.show, &columns, &scenes)?;
    Ok(ExitCode::SUCCESS)
}
