//! `cargo xtask mutants`: changes the code in one place at a time with cargo-mutants, and runs the tests that should
//! notice: first the unit tests of the library, which are built soon, and then the cases in `tests` for what they missed.
//!
//! A changed program can unmount, signal or remove something else than it should. Everything runs in its own mount and PID
//! namespaces, with its own `/run`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::random::Random;

/// A part of the library, and the cases that use it.
struct Part {
    name: &'static str,
    /// The changed files.
    files: &'static [&'static str],
    /// Filters of the unit tests and of the cases in `tests`.
    cases: &'static [&'static str],
}

const PARTS: [Part; 5] = [
    Part {
        name: "launch",
        files: &["launch/**"],
        cases: &["launch::", "unshare::", "enter::", "steps::", "terminal::"],
    },
    Part {
        name: "target",
        files: &["target/**"],
        cases: &[
            "target::",
            "enter::names",
            "enter::refused",
            "enter::namespaces",
            "completions::targets",
        ],
    },
    Part {
        name: "pins",
        files: &["pins/**"],
        cases: &["pins::", "unshare::faults"],
    },
    Part {
        name: "idmap",
        files: &["idmap/**"],
        cases: &["idmap::", "unshare::ids", "unshare::id_causes", "enter::ids"],
    },
    Part {
        name: "escape",
        files: &["escape.rs", "escape/**"],
        cases: &["escape::", "characters::", "listings::", "output::"],
    },
];

/// Change the code in one place at a time, and list the changes that no test notices.
#[derive(Debug, Args)]
pub struct MutantsCli {
    /// How many changes to try in all.
    #[arg(long, default_value_t = 150)]
    sample: usize,
    /// Choose another sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the changes of the sample, and try none.
    #[arg(long)]
    list: bool,
    /// Parts to change: launch, target, pins, idmap, escape (default: all).
    parts: Vec<String>,
}

/// Tries the sample, part by part. The changes that no test noticed are in
/// `target/mutants/PART/programs/mutants.out/missed.txt`.
pub fn run(cli: &MutantsCli) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask is in the workspace")?;
    ensure!(
        cli.list || nix::unistd::geteuid().is_root(),
        "it needs root, for namespaces of its own"
    );
    for name in &cli.parts {
        ensure!(PARTS.iter().any(|part| part.name == name), "no such part: {name}");
    }
    let mut all = Vec::new();
    for (index, part) in PARTS.iter().enumerate() {
        if cli.parts.is_empty() || cli.parts.iter().any(|name| name == part.name) {
            all.extend(changes(root, part)?.into_iter().map(|change| (index, change)));
        }
    }
    let count = all.len();
    let mut random = Random(cli.seed);
    let mut chosen = Vec::new();
    while chosen.len() < cli.sample && !all.is_empty() {
        chosen.push(all.swap_remove(random.index(all.len())));
    }
    println!("{} of {count} changes, with the seed {}", chosen.len(), cli.seed);
    let mut missed = 0;
    for (index, part) in PARTS.iter().enumerate() {
        let mut changes: Vec<&str> = chosen
            .iter()
            .filter(|(of, _)| *of == index)
            .map(|(_, change)| change.as_str())
            .collect();
        changes.sort_unstable();
        if cli.list {
            println!("{}", changes.join("\n"));
        } else if !changes.is_empty() {
            missed += tried(root, part, &changes)?;
        }
    }
    ensure!(missed == 0, "{missed} changes were not noticed");
    Ok(())
}

/// The names of the possible changes in a part, as cargo-mutants has them.
fn changes(root: &Path, part: &Part) -> Result<Vec<String>> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(root)
        .args(["mutants", "--list", "--package", "ns-core", "--colors", "never"]);
    for file in part.files {
        command.args(["--file", &format!("crates/ns-core/src/{file}")]);
    }
    let output = command.output()?;
    if !output.status.success() {
        bail!(
            "{}\ninstall it with cargo install --locked cargo-mutants",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    let list = String::from_utf8(output.stdout)?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// Tries the changes of a part, and returns how many were not noticed.
fn tried(root: &Path, part: &Part, changes: &[&str]) -> Result<usize> {
    let missed = missed_by(Tests::Unit, root, part, changes)?;
    if missed.is_empty() {
        return Ok(0);
    }
    let missed: Vec<&str> = missed.iter().map(String::as_str).collect();
    Ok(missed_by(Tests::Programs, root, part, &missed)?.len())
}

/// Tests that can notice a change.
#[derive(Clone, Copy)]
enum Tests {
    /// The unit tests of the library.
    Unit,
    /// The cases in `tests`.
    Programs,
}

/// Tries the changes of a part with these tests, and returns the changes that were not noticed.
fn missed_by(tests: Tests, root: &Path, part: &Part, changes: &[&str]) -> Result<Vec<String>> {
    let work = root.join("target/mutants");
    let (name, package, arguments) = match tests {
        Tests::Unit => ("unit", "ns-core", &["--lib"][..]),
        Tests::Programs => ("programs", "ns-utils", &["--test", "programs"][..]),
    };
    let out = work.join(part.name).join(name);
    std::fs::create_dir_all(&out)?;
    let mut command = Command::new("unshare");
    command
        .current_dir(root)
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["--propagation", "private", "sh", "-c"])
        .args(["mount -t tmpfs -o mode=755 run /run && exec \"$@\"", "sh"])
        .arg(env!("CARGO"))
        .args(["mutants", "--package", "ns-core", "--test-package", package])
        .args([
            "--baseline",
            "skip",
            "--timeout",
            "900",
            "--build-timeout",
            "1800",
        ])
        .args(["--colors", "never", "--output"])
        .arg(&out)
        // The dependencies are built once for all runs.
        .env("CARGO_TARGET_DIR", work.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("RUST_BACKTRACE", "0");
    // cargo-mutants applies no expression to fields that it leaves out of a struct, but it keeps to the files.
    let files: BTreeSet<&str> = changes
        .iter()
        .filter_map(|change| change.split(':').next())
        .collect();
    for file in files {
        command.args(["--file", file]);
    }
    for change in changes {
        command.args(["--re", &format!("^{}$", regex::escape(change))]);
    }
    command.arg("--").args(arguments).arg("--").args(part.cases);
    let status = command.status()?;
    let missed = std::fs::read_to_string(out.join("mutants.out/missed.txt")).unwrap_or_default();
    // 2: some were not noticed. 3: some ended because of the time, which is noticed too.
    ensure!(
        matches!(status.code(), Some(0 | 2 | 3)),
        "cargo mutants has failed: {status}"
    );
    let missed = missed.lines().filter(|line| changes.contains(line));
    Ok(missed.map(str::to_owned).collect())
}
