//! `cargo xtask kernels`: boots kernels of Debian under qemu's software emulation, and runs the programs there.

mod boot;
mod cpio;
mod fetch;
mod image;
mod jobs;
mod table;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::dist;
use crate::generated;
use fetch::Kernel;
use jobs::Conditions;

/// The arguments of `cargo xtask kernels`.
#[derive(Debug, Parser)]
pub struct KernelsCli {
    /// Boot each kernel once, without the features that are switched off in turn, and without the unit tests.
    #[arg(long)]
    quick: bool,
    /// Boot only the kernels whose version starts with this.
    #[arg(long, value_name = "VERSION")]
    only: Option<String>,
    /// Write docs/kernels.md.
    #[arg(long)]
    record: bool,
    /// Keep the kernels and the root file system in this directory.
    #[arg(long, value_name = "DIRECTORY", default_value = "/var/tmp/ns-utils-kernels")]
    directory: PathBuf,
}

/// Boots every kernel, and fails if a job failed on one of them.
pub fn run(cli: &KernelsCli) -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "this installs a root file system: run it as root"
    );
    let programs = dist::static_programs()?;
    let kernels: Vec<Kernel> = fetch::kernels(&cli.directory)?
        .into_iter()
        .filter(|kernel| {
            cli.only
                .as_ref()
                .is_none_or(|only| kernel.version.starts_with(only))
        })
        .collect();
    ensure!(!kernels.is_empty(), "no kernel has this version");
    let root = image::root(&cli.directory)?;
    let conditions: &[Conditions] = if cli.quick {
        &[Conditions::USUAL]
    } else {
        Conditions::ALL
    };
    let mut results = Vec::new();
    for kernel in &kernels {
        let modules = image::modules(&cli.directory, kernel)?;
        for conditions in conditions {
            let disk = image::programs(&cli.directory, &programs, *conditions)?;
            let start = image::start(&cli.directory, kernel, &programs, *conditions)?;
            let console = boot::boot(kernel, &start, &[&root, &modules, &disk], *conditions)?;
            let of_kernel = table::read(&kernel.version, *conditions, &console);
            print!("{}", table::text(&of_kernel));
            results.extend(of_kernel);
        }
    }
    if cli.record {
        std::fs::write(
            generated::root().join("docs/kernels.md"),
            table::document(&kernels, &results),
        )?;
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    ensure!(failed == 0, "{failed} of {} jobs failed", results.len());
    println!("{} jobs passed", results.len());
    Ok(())
}
