//! `cargo xtask fuzz`: runs the targets of `fuzz/` with libFuzzer, on the stable toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

/// The flags that give the fuzzer its counters. `cargo fuzz` uses them too; its sanitizers need the nightly toolchain.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// With a target given, the flags do not apply to build scripts and macros.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// Run the fuzz targets.
#[derive(Debug, Args)]
pub struct FuzzCli {
    /// Time for each target, in seconds.
    #[arg(long, default_value_t = 120)]
    seconds: u32,
    /// Targets to run (default: all).
    targets: Vec<String>,
}

/// Builds the targets and runs one after the other. New inputs go to `target/fuzz/corpus`, and an input that fails to
/// `target/fuzz`.
pub fn run(cli: &FuzzCli) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask is in the workspace")?;
    let work = root.join("target/fuzz");
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--release", "--target", TRIPLE, "--manifest-path"])
        .arg(root.join("fuzz/Cargo.toml"))
        .env("RUSTFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", &work);
    if cli.targets.is_empty() {
        build.arg("--bins");
    }
    build.args(cli.targets.iter().map(|target| format!("--bin={target}")));
    ensure!(build.status()?.success(), "the fuzz targets cannot be built");
    for target in targets(cli, root)? {
        let found = work.join("corpus").join(&target);
        std::fs::create_dir_all(&found)?;
        let mut fuzz = Command::new(work.join(TRIPLE).join("release").join(&target));
        fuzz.arg(format!("-max_total_time={}", cli.seconds))
            .arg(format!("-artifact_prefix={}/{target}-", work.display()))
            .args(["-print_final_stats=1", "-rss_limit_mb=1024", "-timeout=10"]);
        let words = root.join("fuzz").join(format!("{target}.dict"));
        if words.exists() {
            fuzz.arg(format!("-dict={}", words.display()));
        }
        let given = root.join("fuzz/corpus").join(&target);
        fuzz.arg(found).args(given.exists().then_some(given));
        ensure!(fuzz.status()?.success(), "{target} has found an input that fails");
    }
    Ok(())
}

/// The names of the targets to run.
fn targets(cli: &FuzzCli, root: &Path) -> Result<Vec<String>> {
    if !cli.targets.is_empty() {
        return Ok(cli.targets.clone());
    }
    let name = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let entries = std::fs::read_dir(root.join("fuzz/fuzz_targets"))?;
    let mut names = entries
        .map(|entry| Ok(name(entry?.path())))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names.into_iter().flatten().collect())
}
