//! The time of a Tab: the programs list the current values, with many idle processes.

use std::ffi::OsStr;

use anyhow::{Result, ensure};
use clap::Args;

use super::contest::{Contestant, alternating, print};
use super::ls::crowd;
use super::program::program;

/// The time that a person does not notice, in milliseconds.
const LIMIT: f64 = 50.0;

/// The arguments of `cargo xtask bench complete`.
#[derive(Debug, Args)]
pub struct CompleteOptions {
    /// Idle processes.
    #[arg(long, default_value_t = 1000)]
    processes: usize,
    /// The number of processes with their own uts, ipc, net and mnt namespaces.
    #[arg(long, default_value_t = 100)]
    namespaces: usize,
    /// Runs for each source.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
    /// Fail if one takes more than 50 ms.
    #[arg(long)]
    strict: bool,
}

/// The sources, and the typed word if it makes a difference.
const QUESTIONS: &[(&str, &str)] = &[
    ("targets", ""),
    ("targets", "4"),
    ("targets", "40265318"),
    ("targets", "net:["),
    ("targets", "host:"),
    ("targets", ":"),
    ("targets", "unit:"),
    ("targets:net", ""),
    ("targets:uts", ""),
    ("processes", ""),
    ("namespaces", ""),
    ("pins", ""),
    ("filesystems", ""),
    ("mounts", ""),
    ("sources", ""),
    ("mounted", ""),
];

/// Starts the processes, and asks for each source in turn.
pub fn run(options: &CompleteOptions) -> Result<()> {
    let ns_enter = program("ns-enter")?;
    let _crowd = crowd(options.processes, options.namespaces)?;
    let contestants: Vec<_> = QUESTIONS
        .iter()
        .map(|(source, word)| {
            let question = format!("--complete={source}");
            Contestant::new(
                &format!("{source} {word}"),
                [ns_enter.as_os_str(), question.as_ref(), OsStr::new(word)],
            )
        })
        .collect();
    let standings = alternating(options.rounds, &contestants)?;
    let title = format!(
        "{} processes, {} with namespaces of their own",
        options.processes, options.namespaces
    );
    print(&title, &standings);
    for standing in standings.iter().filter(|_| options.strict) {
        let took = standing.wall.as_secs_f64() * 1e3;
        ensure!(took <= LIMIT, "{} takes {took:.1} ms", standing.name);
    }
    Ok(())
}
