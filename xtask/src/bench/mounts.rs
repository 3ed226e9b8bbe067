//! `ns-mounts` compared with `findmnt`, with many mounts in the mount namespace of another process.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use clap::Args;

use super::contest::{Contestant, Standing, alternating, print};
use super::program::program;
use super::room::Room;

/// The arguments of `cargo xtask bench mounts`.
#[derive(Debug, Args)]
pub struct MountsOptions {
    /// Mounts; a second table has twice as many.
    #[arg(long, default_value_t = 5000)]
    mounts: usize,
    /// Runs of each program.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

/// Creates the mounts below a new tmpfs. One process creates all of them: `mount -a` with a table.
const MOUNTS: &str = r"
mount -t tmpfs room /mnt || exit 1
i=0
while [ $i -lt $1 ]; do echo /mnt/$i; echo room /mnt/$i tmpfs defaults 0 0 >&3; i=$((i + 1)); done 3>/mnt/fstab | xargs mkdir || exit 1
mount -n -i -a -T /mnt/fstab || exit 1
";

/// Creates the mounts, and lets both programs show them.
pub fn run(options: &MountsOptions) -> Result<()> {
    let ns_mounts = program("ns-mounts")?;
    let room = |mounts: usize| Room::new(&["--mount"], MOUNTS, &[mounts.to_string()]);
    let (small, large) = (options.mounts, 2 * options.mounts);
    let small_room = room(small)?;
    let contestants = contestants(&ns_mounts, small_room.pid);
    let standings = alternating(options.rounds, &contestants)?;
    print(&format!("{small} mounts"), &standings);
    let large_room = room(large)?;
    let tree = |room: &Room| ours(&ns_mounts, room.pid, &[]);
    let pair = [tree(&small_room), tree(&large_room)];
    let names = [format!("tree of {small}"), format!("tree of {large}")];
    let pair: Vec<_> = pair
        .into_iter()
        .zip(&names)
        .map(|(command, name)| Contestant::new(name, command))
        .collect();
    let growth = alternating(options.rounds, &pair)?;
    print(&format!("{small} and {large} mounts"), &growth);
    ratios(&standings, &growth, large);
    Ok(())
}

/// Both programs in both shapes, and the cost of reading the table.
fn contestants(ns_mounts: &Path, pid: u32) -> [Contestant; 5] {
    let task = pid.to_string();
    [
        Contestant::new("findmnt", ["findmnt", "-N", &task]),
        Contestant::new("ns-mounts", ours(ns_mounts, pid, &[])),
        Contestant::new("findmnt -l", ["findmnt", "-N", &task, "-l"]),
        Contestant::new("ns-mounts -l", ours(ns_mounts, pid, &["-l"])),
        Contestant::new("cat", ["cat", &format!("/proc/{pid}/mountinfo")]),
    ]
}

fn ours(ns_mounts: &Path, pid: u32, options: &[&str]) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![ns_mounts.into(), "-N".into(), pid.to_string().into()];
    command.extend(options.iter().map(OsString::from));
    command
}

/// Prints the promise beside the result. It uses the time on a processor, because no command waits, and other programs
/// would affect the elapsed time.
fn ratios(standings: &[Standing], growth: &[Standing], large: usize) {
    let [findmnt, ours, findmnt_list, ours_list, cat] = standings else {
        return;
    };
    let [small_tree, large_tree] = growth else { return };
    let ratio = |one: &Standing, other: &Standing| one.cpu.as_secs_f64() / other.cpu.as_secs_f64();
    println!("promised");
    let lines = [
        ("findmnt : ns-mounts, tree", ratio(findmnt, ours), "at least 15"),
        (
            "findmnt : ns-mounts, list",
            ratio(findmnt_list, ours_list),
            "at least 2",
        ),
        (
            "ns-mounts, twice as many",
            ratio(large_tree, small_tree),
            "at most 2.3",
        ),
        ("ns-mounts : cat", ratio(ours, cat), "at most 3"),
    ];
    for (what, ratio, promised) in lines {
        println!("  {what:<26}  {ratio:>7.2}  {promised}");
    }
    let peak = large_tree.peak.div_ceil(1024);
    println!("  peak at {large} mounts  {peak:>7} MiB  at most 24");
}
