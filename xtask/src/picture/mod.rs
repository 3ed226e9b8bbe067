//! `cargo xtask picture`: the picture of the README, drawn from a recorded session at a terminal.
//!
//! What the session wrote is committed beside the picture, as PIDs and inodes differ each time. `cargo xtask check` draws
//! the picture from it again, and reads its commands as the programs would.

mod record;
mod svg;

use std::fs;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Parser;

use crate::generated::{Generated, root};
use crate::programs;

/// The arguments of `cargo xtask picture`.
#[derive(Debug, Parser)]
pub struct Cli {
    /// Type the commands at a terminal again first, and keep what comes.
    #[arg(long)]
    record: bool,
}

/// What is typed, in order. The second shell ends with the terminal.
const COMMANDS: [&str; 6] = [
    "ns-unshare --mount true",
    "ns-unshare -a --hostname web sh",
    "ns-unshare -u -n --hostname db sleep 1000 &",
    "ns-ls -t net -o NS,TYPE,NPROCS,PID,COMMAND",
    "ns-enter -t $! hostname",
    "ns-hostname --list -o HOSTNAME,NPROCS,COMMAND",
];

/// The size of the terminal, in characters: high enough for everything.
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("it is not 0");
const ROWS: NonZero<u16> = NonZero::new(100).expect("it is not 0");

/// Below the root of the workspace: what the terminal got, escape sequences and all.
const RECORDING: &str = "docs/picture/session.txt";

/// Records the session, where that is asked for.
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

/// What the terminal shows after this was written to it.
fn screen(written: &[u8]) -> vt100::Screen {
    let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
    parser.process(written);
    parser.screen().clone()
}

/// The lines of a screen, up to the last that is not empty.
fn lines(screen: &vt100::Screen) -> Vec<String> {
    let mut lines: Vec<String> = screen.rows(0, COLUMNS.get()).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines
}

/// The command on a line, where it starts with a prompt.
fn typed(line: &str) -> Option<String> {
    let command = line.strip_prefix("$ ").or_else(|| line.strip_prefix("# "))?;
    Some(command.trim_end().to_owned())
}

/// Fails where a program of ours would not take these words.
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

    #[test]
    fn a_command_stands_after_a_prompt() {
        assert_eq!(typed("# ns-ls  "), Some("ns-ls".to_owned()));
        assert_eq!(typed("ns-ls"), None);
    }
}
