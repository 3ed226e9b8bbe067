//! `cargo xtask picture`: the picture of the README, drawn from a recorded session at a terminal.
//!
//! The output of the session is committed beside the picture, because PIDs and inodes differ each time. `cargo xtask
//! check` draws the picture from it again, and parses its commands as the programs would.

mod record;
mod screen;
mod svg;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use crate::generated::{Generated, root};
use crate::programs;
use screen::{lines, screen, typed};

/// The arguments of `cargo xtask picture`.
#[derive(Debug, Parser)]
pub struct Cli {
    /// Record the commands at a terminal again first.
    #[arg(long)]
    record: bool,
}

/// The typed commands, in order. The second shell ends with the terminal.
const COMMANDS: [&str; 6] = [
    "ns-unshare --mount true",
    "ns-unshare -a --hostname web sh",
    "ns-unshare -u -n --hostname db sleep 1000 &",
    "ns-ls -t net -o NS,TYPE,NPROCS,PID,COMMAND",
    "ns-enter -t $! hostname",
    "ns-hostname --list -o HOSTNAME,NPROCS,COMMAND",
];

/// Below the root of the workspace: the output to the terminal, with escape sequences.
const RECORDING: &str = "docs/picture/session.txt";

/// Records the session, if asked.
pub fn run(cli: &Cli) -> Result<()> {
    if cli.record {
        let written = record::session(&COMMANDS)?;
        fs::write(root().join(RECORDING), written).context(RECORDING)?;
    }
    Ok(())
}

/// The picture, and the recording that it is drawn from.
pub fn files() -> Result<Vec<Generated>> {
    let recording = fs::read_to_string(root().join(RECORDING)).context(RECORDING)?;
    let screen = screen(recording.as_bytes());
    let typed: Vec<String> = lines(&screen).iter().filter_map(|line| typed(line)).collect();
    ensure!(
        typed == COMMANDS,
        "{RECORDING} has other commands than xtask: cargo xtask picture --record"
    );
    for command in &typed {
        parses(command)?;
    }
    let file = |path: &str, text| Generated {
        path: PathBuf::from(path),
        text,
        task: "picture",
    };
    Ok(vec![
        file("docs/picture/session.svg", svg::draw(&screen)),
        file(RECORDING, recording),
    ])
}

/// Fails if one of the programs would not accept these arguments.
fn parses(command: &str) -> Result<()> {
    let command = command.trim_end_matches(" &").replace("$!", "4711");
    let words: Vec<&str> = command.split_whitespace().collect();
    let program = programs::all()
        .into_iter()
        .find(|program| Some(&program.name) == words.first());
    let Some(program) = program else {
        bail!("{command}: there is no such program")
    };
    program
        .command
        .try_get_matches_from(words)
        .with_context(|| format!("{RECORDING}: {command}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_an_option_that_does_not_exist_fails() {
        for command in COMMANDS {
            parses(command).unwrap();
        }
        assert!(parses("ns-ls --nosuch").is_err());
        assert!(parses("ns-nosuch -t net").is_err());
    }
}
