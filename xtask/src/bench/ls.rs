//! `ns-ls` compared with `lsns`, with many idle processes, some of which have their own namespaces.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;

use super::contest::{Contestant, Standing, alternating, print};
use super::program::program;
use super::room::Room;

/// The arguments of `cargo xtask bench ls`.
#[derive(Debug, Args)]
pub struct LsOptions {
    /// Idle processes.
    #[arg(long, default_value_t = 5000)]
    processes: usize,
    /// The number of processes with their own uts, ipc, net and mnt namespaces.
    #[arg(long, default_value_t = 500)]
    namespaces: usize,
    /// Runs of each program.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Measure `ns-ls` again with twice the processes, and print how much longer it takes.
    #[arg(long)]
    growth: bool,
}

/// Starts the processes. It ends after all processes with namespaces have reported.
const CROWD: &str = r#"
i=$2
while [ $i -lt $1 ]; do sleep infinity >/dev/null & i=$((i + 1)); done
i=0
while [ $i -lt $2 ]; do
    unshare --uts --ipc --net --mount sh -c 'echo; exec sleep infinity >/dev/null' &
    i=$((i + 1))
done | head -n "$2" >/dev/null
"#;

/// Starts the processes, and lets both programs list them.
pub fn run(options: &LsOptions) -> Result<()> {
    let ns_ls = program("ns-ls")?;
    let _crowd = crowd(options.processes, options.namespaces)?;
    let bare = [
        OsString::from("/proc/self/exe"),
        "bench".into(),
        "bare-loop".into(),
    ];
    let contestants = [
        Contestant::new("lsns", ["lsns"]),
        everything(&ns_ls),
        Contestant::new(
            "ns-ls --look processes",
            [ns_ls.as_os_str(), "--look".as_ref(), "processes".as_ref()],
        ),
        Contestant::new("bare loop", bare),
    ];
    let title = format!(
        "{} processes, {} with namespaces of their own",
        options.processes, options.namespaces
    );
    let standings = alternating(options.rounds, &contestants)?;
    print(&title, &standings);
    let [lsns, everything, processes, bare] = &standings[..] else {
        unreachable!("as many as there are contestants");
    };
    println!(
        "  lsns : ns-ls                          {:.1} : 1",
        ratio(lsns, everything)
    );
    println!(
        "  lsns : ns-ls --look processes         {:.1} : 1",
        ratio(lsns, processes)
    );
    println!(
        "  ns-ls : bare loop                     {:.2} : 1",
        ratio(everything, bare)
    );
    println!(
        "  ns-ls --look processes : bare loop    {:.2} : 1",
        ratio(processes, bare)
    );
    if options.growth {
        grow(options, &ns_ls, everything)?;
    }
    Ok(())
}

/// Doubles the number of processes.
fn grow(options: &LsOptions, ns_ls: &Path, before: &Standing) -> Result<()> {
    let _more = crowd(options.processes, options.namespaces)?;
    let standings = alternating(options.rounds, &[everything(ns_ls)])?;
    let after = standings.first().context("one contestant")?;
    println!(
        "  ns-ls at twice the processes : at once {:.2} : 1",
        ratio(after, before)
    );
    Ok(())
}

fn everything(ns_ls: &Path) -> Contestant {
    Contestant::new("ns-ls", [ns_ls])
}

/// This number of idle processes, some with their own uts, ipc, net and mnt namespaces.
pub(super) fn crowd(processes: usize, namespaces: usize) -> Result<Room> {
    Room::new(&[], CROWD, &[processes.to_string(), namespaces.to_string()])
}

fn ratio(one: &Standing, other: &Standing) -> f64 {
    one.wall.as_secs_f64() / other.wall.as_secs_f64()
}
