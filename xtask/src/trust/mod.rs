//! `cargo xtask trust`: the five programs under faults, in sandboxes. No run may hang, panic, claim success falsely, start
//! a program after a failed step, leave anything, or name a false cause.

mod calls;
pub mod cell;
mod commands;
mod exceptions;
mod faults;
mod filters;
mod honest;
mod inside;
mod races;
mod report;
mod rows;
mod runner;
mod scenery;
mod scenes;
mod starved;
mod state;
mod targets;
mod tracer;
mod verdict;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand, ValueEnum};

use serde_json::json;

use crate::generated;
use commands::CommandLine;
use faults::Selection;
use report::Row;
use runner::Runner;

/// The arguments of `cargo xtask trust`.
#[derive(Debug, Parser)]
pub struct TrustCli {
    #[command(subcommand)]
    inner: Option<Inner>,
    /// Try a sample of the faults, which takes minutes.
    #[arg(long)]
    quick: bool,
    /// Choose another sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run only this command line.
    #[arg(long, value_name = "COMMAND")]
    only: Option<String>,
    /// Let only calls of this process fail; 0 is the first, 0.1 its second child.
    #[arg(long)]
    process: Option<String>,
    /// Let only this system call fail.
    #[arg(long)]
    call: Option<String>,
    /// Let only this occurrence of the system call fail.
    #[arg(long)]
    nth: Option<u64>,
    /// Let it fail only with this error.
    #[arg(long)]
    errno: Option<String>,
    /// Do only the run that starts with this; --limit=nofile:3, --close=0.
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    option: Vec<String>,
    /// Do only these runs.
    #[arg(long)]
    part: Option<Part>,
    /// Try each race so many times.
    #[arg(long)]
    tries: Option<u64>,
    /// Run the programs and the probe in this directory, instead of building them.
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
    /// Do this many runs at a time.
    #[arg(long, default_value_t = 2)]
    workers: usize,
}

#[derive(Debug, Subcommand)]
enum Inner {
    /// Be the first process of a sandbox.
    #[command(hide = true)]
    Cell(inside::CellOptions),
}

/// A kind of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Each system call fails in turn.
    Faults,
    /// Each system call fails at every occurrence.
    Refused,
    /// Limits of resources.
    Limits,
    /// Closed descriptors.
    Closed,
    /// Filters of system calls.
    Filters,
    /// Other forms of /proc and /run.
    Surroundings,
    /// Names with control characters.
    Names,
    /// Hostile files and file systems of a target.
    Targets,
    /// Targets that change while they are entered.
    Races,
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Self::Faults => "each system call fails in turn",
            Self::Refused => "each system call fails at every occurrence",
            Self::Limits => "limits of resources",
            Self::Closed => "closed descriptors",
            Self::Filters => "filters of system calls",
            Self::Surroundings => "other forms of /proc and /run",
            Self::Names => "names with control characters",
            Self::Targets => "hostile targets",
            Self::Races => "targets that change while they are entered",
        }
    }

    /// How many runs of each command a sample has.
    fn sample(self) -> usize {
        match self {
            Self::Faults => 14,
            Self::Refused | Self::Limits => 3,
            Self::Closed | Self::Filters => 2,
            Self::Surroundings | Self::Names => 1,
            Self::Targets | Self::Races => 0,
        }
    }
}

/// How many commands a sample of a part has, except the part of single faults, which has all.
const COMMANDS_OF_SAMPLE: usize = 24;

impl TrustCli {
    /// The arguments are those of one finding.
    fn is_one_fault(&self) -> bool {
        self.call.is_some() || !self.option.is_empty()
    }

    /// The part that the finding belongs to.
    fn part_of_fault(&self) -> Part {
        match (&*self.option, self.nth) {
            ([option, ..], _) if option.starts_with("--close") => Part::Closed,
            ([option, ..], _) if option.starts_with("--filter") => Part::Filters,
            ([option, ..], _) if option.starts_with("--scene=names-") => Part::Names,
            ([option, ..], _) if option.starts_with("--scene") => Part::Surroundings,
            ([_, ..], _) => Part::Limits,
            ([], Some(0)) => Part::Refused,
            ([], _) => Part::Faults,
        }
    }
}

/// Does the runs, and prints what was found.
///
/// # Errors
/// It is an error if anything was found.
pub fn run(cli: &TrustCli) -> Result<()> {
    if let Some(Inner::Cell(options)) = &cli.inner {
        return inside::run(options);
    }
    let runner = Runner {
        programs: cli.programs.clone().map_or_else(build, Ok)?,
        workers: cli.workers,
    };
    let mut findings = 0;
    for part in Part::value_variants() {
        let part = *part;
        if cli.part.is_some_and(|wanted| wanted != part)
            || (cli.is_one_fault() && part != cli.part_of_fault())
        {
            continue;
        }
        findings += match part {
            Part::Races => run_races(cli, &runner)?,
            Part::Targets => run_targets(cli, &runner)?,
            _ => run_part(part, cli, &runner)?,
        };
    }
    ensure!(findings == 0, "{findings} findings");
    Ok(())
}

/// Does the runs of one part, and gives the number of findings.
fn run_part(part: Part, cli: &TrustCli, runner: &Runner) -> Result<usize> {
    let selection = Selection {
        sample: cli.quick.then_some((part.sample(), cli.seed)),
        process: cli.process.clone(),
        call: cli.call.clone(),
        nth: cli.nth,
        errno: cli.errno.clone(),
        options: cli.option.clone(),
    };
    report::heading(part.title());
    let is_wanted = |command: &&CommandLine| cli.only.as_ref().is_none_or(|only| only == command.words);
    let mut commands: VecDeque<CommandLine> = commands::ALL.iter().filter(is_wanted).copied().collect();
    // Each command has its sandboxes, which take most of the time.
    if cli.quick && part != Part::Faults && commands.len() > COMMANDS_OF_SAMPLE {
        let place = |command: &CommandLine| faults::mixed(cli.seed, &format!("{part:?} {}", command.words));
        commands.make_contiguous().sort_by_cached_key(place);
        commands.truncate(COMMANDS_OF_SAMPLE);
    }
    // A command at a time for each worker: most of the time goes into the sandboxes.
    let of_command = runner.with_workers(if commands.len() == 1 { runner.workers } else { 1 });
    let commands = Mutex::new(commands);
    let total = Mutex::new(Row::new("all"));
    runner.share(|| {
        while let Some(command) = runner::next(&commands) {
            let row = row_of(part, command, &selection, &of_command)?;
            let mut total = total.lock().expect("no worker panics");
            row.print();
            total.add(row);
        }
        Ok(())
    })?;
    let total = total.into_inner().expect("no worker panics");
    total.print_counts();
    Ok(total.findings.len())
}

/// Does the runs of one command in one part.
fn row_of(part: Part, command: CommandLine, selection: &Selection, runner: &Runner) -> Result<Row> {
    let words = match part {
        Part::Faults | Part::Refused | Part::Surroundings | Part::Closed => {
            json!({ "words": command.words() })
        }
        Part::Filters => filters::clean(command),
        _ => starved::clean(command),
    };
    let clean = runner.clean(command, &words)?;
    let jobs = match part {
        Part::Faults => faults::jobs(command, &clean)?,
        Part::Refused => starved::refused(command, &clean),
        Part::Limits => starved::limits(command, &clean),
        Part::Filters => filters::jobs(command),
        Part::Surroundings => scenes::jobs(command, scenes::SURROUNDINGS),
        Part::Names => scenes::jobs(command, scenes::NAMES),
        Part::Targets | Part::Races | Part::Closed => starved::closed(command),
    };
    runner.run(command, &clean, selection.chosen(jobs), Row::new(command.words))
}

/// Runs the command of each hostile target, and gives the number of findings.
fn run_targets(cli: &TrustCli, runner: &Runner) -> Result<usize> {
    report::heading(Part::Targets.title());
    let mut row = Row::new("all");
    for target in targets::ALL {
        let words = target.command.words;
        let needs_fuse = target.command.set_up.contains("/dev/fuse");
        if cli.only.as_ref().is_some_and(|only| only != words)
            || (needs_fuse && !std::path::Path::new("/dev/fuse").exists())
        {
            continue;
        }
        let run = runner.ask_once(target.command, &target.job())?;
        row.runs += 1;
        for (failure, what) in target.failures(&run) {
            let repeat = format!("cargo xtask trust --part targets --only {words:?}");
            let what = format!("{what}\n{}", target.command.set_up);
            row.findings.push(report::Finding {
                failure,
                repeat,
                what,
            });
        }
    }
    row.print();
    Ok(row.findings.len())
}

/// Does the tries of every race, and gives the number of findings.
fn run_races(cli: &TrustCli, runner: &Runner) -> Result<usize> {
    report::heading(Part::Races.title());
    let mut total = Row::new("all");
    for (race, what) in races::ALL {
        if cli.only.as_ref().is_some_and(|only| only != race) {
            continue;
        }
        let tries = match (cli.tries, cli.quick) {
            (Some(tries), _) => tries,
            (None, true) => 20,
            (None, false) => 1700,
        };
        let row = runner.race(
            races::jobs(race, tries).collect(),
            Row::new(&format!("{race}: {what}")),
        )?;
        row.print();
        total.add(row);
    }
    total.print_counts();
    Ok(total.findings.len())
}

/// Builds the programs and the probe, and gives their directory.
fn build() -> Result<PathBuf> {
    let root = generated::root();
    for arguments in [&["--bins"][..], &["--package", "xtask", "--bin", "probe"]] {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet"])
            .args(arguments)
            .current_dir(&root)
            .status()
            .context("cannot run cargo")?;
        ensure!(built.success(), "cannot build {arguments:?}");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("debug"))
}
