//! `ns-mounts` beside `findmnt`, over many mounts in a mount namespace of another process.

use anyhow::Result;
use clap::Args;

use super::contest::{Contestant, alternating, print};
use super::program;
use super::room::Room;

/// The arguments of `cargo xtask bench mounts`.
#[derive(Debug, Args)]
pub struct Options {
    /// Mounts.
    #[arg(long, default_value_t = 1000)]
    mounts: usize,
    /// Runs of each program.
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

/// Makes the mounts below a tmpfs of its own.
const MOUNTS: &str = r"
mount -t tmpfs room /mnt || exit 1
i=0
while [ $i -lt $1 ]; do mkdir /mnt/$i && mount -n -i -t tmpfs room /mnt/$i || exit 1; i=$((i + 1)); done
";

/// Makes the mounts, and lets both show them.
pub fn run(options: &Options) -> Result<()> {
    let ns_mounts = program("ns-mounts")?;
    let room = Room::new(&["--mount"], MOUNTS, &[options.mounts.to_string()])?;
    let pid = room.pid.to_string();
    let contestants = [
        Contestant::new("findmnt", ["findmnt", "-N", &pid]),
        Contestant::new("ns-mounts", [ns_mounts.into_os_string(), "-N".into(), pid.into()]),
    ];
    print(
        &format!("{} mounts", options.mounts),
        &alternating(options.rounds, &contestants)?,
    );
    Ok(())
}
