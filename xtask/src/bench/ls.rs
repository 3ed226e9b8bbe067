//! `ns-ls` beside `lsns`, over many idle processes of which some have namespaces of their own.

use anyhow::Result;
use clap::Args;

use super::contest::{Contestant, alternating, print};
use super::program;
use super::room::Room;

/// The arguments of `cargo xtask bench ls`.
#[derive(Debug, Args)]
pub struct Options {
    /// Idle processes.
    #[arg(long, default_value_t = 1000)]
    processes: usize,
    /// How many of them have uts, ipc, net and mnt namespaces of their own.
    #[arg(long, default_value_t = 100)]
    namespaces: usize,
    /// Runs of each program.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

/// Starts the processes: those with namespaces say so, and only then it is through.
const CROWD: &str = r#"
i=$2
while [ $i -lt $1 ]; do sleep infinity >/dev/null & i=$((i + 1)); done
i=0
while [ $i -lt $2 ]; do
    unshare --uts --ipc --net --mount sh -c 'echo; exec sleep infinity >/dev/null' &
    i=$((i + 1))
done | head -n "$2" >/dev/null
"#;

/// Makes the crowd, and lets both list it.
pub fn run(options: &Options) -> Result<()> {
    let ns_ls = program("ns-ls")?;
    let numbers = [options.processes.to_string(), options.namespaces.to_string()];
    let _crowd = Room::new(&[], CROWD, &numbers)?;
    let contestants = [
        Contestant::new("lsns", ["lsns"]),
        Contestant::new("ns-ls", [ns_ls]),
    ];
    let title = format!(
        "{} processes, {} with namespaces of their own",
        numbers[0], numbers[1]
    );
    print(&title, &alternating(options.rounds, &contestants)?);
    Ok(())
}
