//! `cargo xtask kernels`: boots kernels of Debian under qemu's software emulation, and runs the programs there.

mod boot;
mod checkout;
mod cpio;
mod fetch;
mod image;
mod jobs;
mod table;
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Parser;

use crate::dist;
use crate::generated;
use fetch::Kernel;
use jobs::Start;

/// The arguments of `cargo xtask kernels`.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct KernelsCli {
    /// Boot each kernel once, without the features that are switched off in turn, and without the unit tests.
    #[arg(long)]
    quick: bool,
    /// Run only the unit tests and the cases.
    #[arg(long, conflicts_with_all = ["quick", "jobs"])]
    tests: bool,
    /// Run only the jobs.
    #[arg(long, conflicts_with = "quick")]
    jobs: bool,
    /// Use the static programs in this directory, instead of building them.
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
    /// Boot only the kernels whose version starts with this.
    #[arg(long, value_name = "VERSION")]
    only: Option<String>,
    /// Run only the tests whose row in the table contains this, such as `root cases ls::`; more than once: any of these.
    #[arg(long, value_name = "TEXT", requires = "tests")]
    chunk: Vec<String>,
    /// Write docs/kernels.md, with the last result of each job and test.
    #[arg(long)]
    record: bool,
    /// Boot nothing, and write the document from what earlier guests wrote.
    #[arg(long, requires = "record", conflicts_with_all = ["quick", "tests", "jobs"])]
    saved: bool,
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
    let consoles = cli.directory.join(boot::CONSOLES);
    std::fs::create_dir_all(&consoles)?;
    if cli.saved {
        return record(&cli.directory, &consoles);
    }
    let all = fetch::kernels(&cli.directory)?;
    let programs = match &cli.programs {
        Some(directory) => directory.clone(),
        None => dist::static_programs()?,
    };
    let wanted = |kernel: &&Kernel| {
        let only = cli.only.as_ref();
        only.is_none_or(|only| kernel.version.starts_with(only))
    };
    let kernels: Vec<&Kernel> = all.iter().filter(wanted).collect();
    ensure!(!kernels.is_empty(), "no kernel has this version");
    let root = image::root(&cli.directory)?;
    let starts: Vec<Start> = if cli.quick {
        vec![Start::USUAL]
    } else {
        let wanted = |guest: &&Start| if guest.tests { !cli.jobs } else { !cli.tests };
        Start::ALL.iter().filter(wanted).copied().collect()
    };
    let checkout = starts
        .iter()
        .any(|guest| guest.tests)
        .then(|| checkout::make(&cli.directory))
        .transpose()?;
    let mut results = Vec::new();
    for kernel in kernels {
        let modules = image::modules(&cli.directory, kernel)?;
        for guest in &starts {
            let with_tests = checkout.as_ref().filter(|_| guest.tests);
            let jobs = match with_tests {
                Some(checkout) => tests::script(&generated::root(), &checkout.units, &cli.chunk),
                None => jobs::script(*guest),
            };
            let disk = image::programs(&cli.directory, &programs, &jobs)?;
            let start = image::start(&cli.directory, kernel, &programs, *guest)?;
            let mut disks: Vec<&Path> = vec![&root, &modules, &disk];
            disks.extend(with_tests.map(|checkout| &*checkout.disk));
            let mut name = vec![kernel.version.clone(), guest.name.to_owned()];
            name.extend(cli.chunk.iter().cloned());
            let log = consoles.join(name.join(" "));
            let console = boot::boot(&log, kernel, &start, &disks, *guest)?;
            let of_kernel = table::read(&kernel.version, &console);
            print!("{}", table::text(&of_kernel));
            results.extend(of_kernel);
        }
    }
    if cli.record {
        record(&cli.directory, &consoles)?;
    }
    let failed = results.iter().filter(|result| result.failed()).count();
    ensure!(failed == 0, "{failed} of {} jobs failed", results.len());
    println!("no job of {} failed", results.len());
    Ok(())
}

/// Writes the document. If no guest that is left ran jobs, or tests, that section stays as it is.
fn record(directory: &Path, consoles: &Path) -> Result<()> {
    let versions = fetch::unpacked(directory)?;
    let file = generated::root().join("docs/kernels.md");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let results = table::saved(consoles, &versions)?;
    Ok(std::fs::write(
        file,
        table::document(&versions, &results, &before),
    )?)
}
