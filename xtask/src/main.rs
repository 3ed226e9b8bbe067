//! The developer's tasks of ns-utils: `cargo xtask man`, `completions`, `picture`, `unicode`, `check`, `explain`, `bench`,
//! `fuzz`, `kernels`, `mutants`, `dist`, `trust`.
#![forbid(unsafe_code)]

mod bench;
mod completions;
mod dependencies;
mod dist;
mod explain;
mod fuzz;
mod generated;
mod kernels;
mod language;
mod man;
mod mutants;
mod picture;
mod programs;
mod random;
mod scenes;
mod trust;
mod unicode;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use generated::{Generated, Mode};

/// Generate files, check, measure, and pack.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write man/ from the prose beside the programs and their clap definitions.
    Man,
    /// Write completions/ for bash, zsh and fish from the clap definitions.
    Completions,
    /// Write the table of characters that are never shown as they are, from Unicode's properties.
    Unicode,
    /// Draw the picture of the README from its recorded session.
    Picture(picture::Cli),
    /// Fail if a generated file is not current, or a text or a dependency breaks a rule.
    Check,
    /// Print every cause: how to provoke it, and what the error says.
    Explain,
    /// Measure the programs and their relatives.
    Bench(bench::BenchCli),
    /// Run the fuzz targets on the stable toolchain.
    Fuzz(fuzz::FuzzCli),
    /// Compare random scenes of mounts and namespaces with what /proc shows.
    Scenes(scenes::ScenesCli),
    /// Run the programs on older and newer kernels.
    Kernels(kernels::KernelsCli),
    /// Change the code in one place at a time, and list the changes that no test notices.
    Mutants(mutants::MutantsCli),
    /// Build a tarball and Debian packages.
    Dist(dist::DistCli),
    /// Run the programs under faults, and check what they promise.
    Trust(Box<trust::TrustCli>),
}

fn main() -> ExitCode {
    match run(&Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    match task {
        Task::Man => generated::put(&man::pages()?, Mode::Write),
        Task::Completions => generated::put(&completions::scripts(), Mode::Write),
        Task::Unicode => generated::put(&[unicode::table()?], Mode::Write),
        Task::Picture(cli) => {
            picture::run(cli)?;
            generated::put(&picture::files()?, Mode::Write)
        }
        Task::Check => {
            generated::put(&everything()?, Mode::Check)?;
            language::check()?;
            dependencies::check()
        }
        Task::Explain => explain::run(),
        Task::Bench(cli) => bench::run(cli),
        Task::Trust(cli) => trust::run(cli),
        Task::Fuzz(cli) => fuzz::run(cli),
        Task::Scenes(cli) => scenes::run(cli),
        Task::Kernels(cli) => kernels::run(cli),
        Task::Mutants(cli) => mutants::run(cli),
        Task::Dist(cli) => {
            generated::put(&everything()?, Mode::Check)?;
            dist::run(cli)
        }
    }
}

/// All generated files.
fn everything() -> Result<Vec<Generated>> {
    let mut files = man::pages()?;
    files.extend(completions::scripts());
    files.push(unicode::table()?);
    files.extend(picture::files()?);
    Ok(files)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn what_is_committed_is_what_would_be_generated() {
        generated::put(&everything().unwrap(), Mode::Check).unwrap();
    }

    #[test]
    fn our_own_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
