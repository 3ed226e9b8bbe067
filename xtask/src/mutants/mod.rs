//! `cargo xtask mutants`: changes the code in one place at a time, and runs the tests that should notice: first the unit
//! tests of the library, and then the cases in `tests`. cargo-mutants lists the changes. A build for each would take most
//! of the time, so all of them are in one.
//!
//! A changed program can unmount, signal or remove something else than it should. Everything runs in its own mount, PID
//! and cgroup namespaces, with its own `/run`.

mod attempt;
mod build;
mod weave;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use crate::random::Random;
use attempt::{Outcome, Tests};
use build::Built;
use weave::Change;

/// A part of the library, and the cases that use it.
struct Part {
    name: &'static str,
    /// The changed files.
    files: &'static [&'static str],
    /// Filters of the unit tests and of the cases in `tests`.
    cases: &'static [&'static str],
}

static PARTS: [Part; 5] = [
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
            "enter::safety",
            "pins::stale",
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

/// Cases that are run before the others of a part, because they are most likely to notice a change of the file.
struct Near {
    /// A part of the path.
    file: &'static str,
    cases: &'static [&'static str],
}

#[rustfmt::skip]
const NEAR: &[Near] = &[
    Near { file: "launch/cgroup", cases: &["cgroups::"] },
    Near { file: "launch/channel", cases: &["lost_answers::", "unshare::faults"] },
    Near { file: "launch/ending", cases: &["interrupted::", "unshare::signals", "pins::names"] },
    Near { file: "launch/frozen", cases: &["cgroups::"] },
    Near { file: "launch/held", cases: &["enter::hanging", "enter::surroundings"] },
    Near { file: "launch/init", cases: &["unshare::start", "unshare::signals"] },
    Near { file: "launch/inside/credentials", cases: &["::ids", "private_ids::"] },
    Near { file: "launch/inside/directories", cases: &["unshare::mounts", "path_causes::", "enter::etc"] },
    Near { file: "launch/inside/entered_ids", cases: &["enter::ids"] },
    Near { file: "launch/inside/forks", cases: &["kill_child::", "unshare::namespaces"] },
    Near { file: "launch/inside/last", cases: &["unshare::start", "unshare::scripts"] },
    Near { file: "launch/inside/mounts", cases: &["unshare::mounts", "enter::etc"] },
    Near { file: "launch/inside/names", cases: &["unshare::namespaces", "pins::"] },
    Near { file: "launch/inside/namespaces", cases: &["::namespaces", "unshare::pins", "unshare::clocks"] },
    Near { file: "launch/inside/network", cases: &["unshare::network"] },
    Near { file: "launch/inside/sysfs", cases: &["enter::etc", "unshare::network"] },
    Near { file: "launch/outside/maps", cases: &["::ids", "id_causes::"] },
    Near { file: "launch/outside/pairs", cases: &["veth"] },
    Near { file: "launch/outside/pins", cases: &["pins::"] },
    Near { file: "launch/outside/process", cases: &["lost_answers::", "interrupted::", "unshare::faults"] },
    Near { file: "launch/outside/veths", cases: &["veth"] },
    Near { file: "launch/program", cases: &["unshare::start", "unshare::scripts", "::keys"] },
    Near { file: "launch/relay", cases: &["unshare::signals", "terminal::"] },
    Near { file: "launch/signal", cases: &["unshare::signals", "kill_child::"] },
    Near { file: "launch/terminal", cases: &["terminal::"] },
    Near { file: "launch/unwritable", cases: &["id_causes::", "unshare::causes"] },
    Near { file: "launch/veth", cases: &["veth"] },
    Near { file: "launch/wait", cases: &["unshare::signals", "unshare::faults", "unshare::dead", "pins::ip"] },
];

/// Change the code in one place at a time, and list the changes that no test notices.
#[derive(Debug, Args)]
pub struct MutantsCli {
    /// How many changes to try in all.
    #[arg(long, default_value_t = 150)]
    sample: usize,
    /// Try only changes whose names, as `--list` prints them, contain this text (more than once: any of the texts).
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// Choose another sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Start with the change that has this number, to go on with a run that was interrupted.
    #[arg(long, default_value_t = 1)]
    from: u32,
    /// Print the changes of the sample, and try none.
    #[arg(long)]
    list: bool,
    /// Parts to change: launch, target, pins, idmap, escape (default: all).
    parts: Vec<String>,
}

/// Tries the sample. `target/mutants/results` gets a line for each change, behind those of an interrupted run.
pub fn run(cli: &MutantsCli) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask is in the workspace")?;
    let sample = sample(cli, root)?;
    if cli.list {
        for (_, change) in sample.values() {
            println!("{}", change.name);
        }
        return Ok(());
    }
    ensure!(
        nix::unistd::geteuid().is_root(),
        "it needs root, for namespaces of its own"
    );
    let work = root.join("target/mutants");
    let changes = sample
        .iter()
        .map(|(number, (_, change))| (*number, change.clone()));
    let built = build::build(root, &work, &changes.collect())?;
    let mut results = File::options()
        .create(true)
        .write(true)
        .append(cli.from > 1)
        .truncate(cli.from == 1)
        .open(work.join("results"))?;
    let mut unchanged = BTreeMap::new();
    let (mut missed, mut noticed) = (0, 0);
    for (number, (part, change)) in sample.range(cli.from..) {
        let what = if built.lost.contains(number) {
            "not built".to_owned()
        } else {
            if !unchanged.contains_key(part.name) {
                unchanged.insert(part.name, Unchanged::of(part, &built)?);
            }
            let test = noticed_by(part, &unchanged[part.name], &built, (*number, change))?;
            *(if test.is_some() { &mut noticed } else { &mut missed }) += 1;
            test.map_or("not noticed".to_owned(), |test| format!("noticed by {test}"))
        };
        println!("{number} {}: {what}", change.name);
        writeln!(results, "{}: {what}", change.name)?;
    }
    attempt::choose(&built, 0)?;
    let lost = built.lost.len();
    println!("{noticed} noticed, {missed} not noticed, {lost} not built");
    ensure!(missed == 0, "{missed} changes were not noticed");
    Ok(())
}

/// The changes to try, by number, each with its part.
fn sample(cli: &MutantsCli, root: &Path) -> Result<BTreeMap<u32, (&'static Part, Change)>> {
    for name in &cli.parts {
        ensure!(PARTS.iter().any(|part| part.name == name), "no such part: {name}");
    }
    let mut all = Vec::new();
    for part in &PARTS {
        if cli.parts.is_empty() || cli.parts.iter().any(|name| name == part.name) {
            all.extend(changes(root, part)?.into_iter().map(|change| (part, change)));
        }
    }
    let is_in = |text: &String, change: &Change| change.name.contains(text);
    for text in &cli.only {
        ensure!(
            all.iter().any(|(_, change)| is_in(text, change)),
            "no change with this in its name: {text}"
        );
    }
    if !cli.only.is_empty() {
        all.retain(|(_, change)| cli.only.iter().any(|text| is_in(text, change)));
    }
    let count = all.len();
    let mut random = Random(cli.seed);
    let mut sample = BTreeMap::new();
    for number in (1..).take(cli.sample.min(count)) {
        sample.insert(number, all.swap_remove(random.index(all.len())));
    }
    println!("{} of {count} changes, with the seed {}", sample.len(), cli.seed);
    Ok(sample)
}

/// The possible changes in a part, as cargo-mutants lists them.
fn changes(root: &Path, part: &Part) -> Result<Vec<Change>> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args([
        "mutants",
        "--list",
        "--json",
        "--package",
        "ns-core",
        "--colors",
        "never",
    ]);
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
    let list: Value = serde_json::from_slice(&output.stdout)?;
    list.as_array().into_iter().flatten().map(Change::read).collect()
}

/// The tests of a part without a change.
struct Unchanged {
    /// The tests that fail.
    failed: Vec<String>,
    /// How long the tests may take with a change.
    patience: Duration,
}

impl Unchanged {
    fn of(part: &Part, built: &Built) -> Result<Self> {
        let mut unchanged = Self {
            failed: Vec::new(),
            patience: Duration::from_secs(1800),
        };
        attempt::choose(built, 0)?;
        let start = Instant::now();
        let mut failures = Vec::new();
        for mut tests in unchanged.tests(part, built) {
            tests.to_the_end = true;
            match tests.run()? {
                Outcome::Passed => {}
                Outcome::Failed(failed) => failures.extend(failed),
                Outcome::TimedOut => bail!("the tests of {} do not end", part.name),
            }
        }
        unchanged.failed = failures;
        println!(
            "{}: {:?} without a change; fail: {:?}",
            part.name,
            start.elapsed(),
            unchanged.failed
        );
        unchanged.patience = start.elapsed() * 3 + Duration::from_secs(60);
        Ok(unchanged)
    }

    /// The unit tests and the cases of a part.
    fn tests<'a>(&'a self, part: &Part, built: &'a Built) -> [Tests<'a>; 2] {
        let tests = |program, directory| Tests {
            program,
            directory,
            filters: part.cases.to_vec(),
            left_out: &self.failed,
            patience: self.patience,
            to_the_end: false,
        };
        [tests(&built.unit, &built.core), tests(&built.cases, &built.tree)]
    }
}

/// The first test that notices a change: a unit test, a case that is likely to, or any case of the part.
fn noticed_by(
    part: &Part,
    unchanged: &Unchanged,
    built: &Built,
    (number, change): (u32, &Change),
) -> Result<Option<String>> {
    attempt::choose(built, number)?;
    let [unit, cases] = unchanged.tests(part, built);
    let is_in = |near: &&Near| change.file.contains(near.file);
    let filters: Vec<&str> = NEAR
        .iter()
        .filter(is_in)
        .flat_map(|near| near.cases)
        .copied()
        .collect();
    let near = Tests {
        filters,
        ..cases.clone()
    };
    for tests in [unit, near, cases] {
        if tests.filters.is_empty() {
            continue;
        }
        match tests.run()? {
            Outcome::Passed => {}
            Outcome::Failed(failed) => return Ok(Some(failed.join(", "))),
            Outcome::TimedOut => return Ok(Some("the time it took".to_owned())),
        }
    }
    Ok(None)
}
