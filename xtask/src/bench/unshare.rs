//! `ns-unshare` compared with `unshare`: the cost of starting a program in new namespaces.

use anyhow::Result;
use clap::Args;

use super::contest::{Contestant, alternating, print};
use super::program::program;

/// The arguments of `cargo xtask bench unshare`.
#[derive(Debug, Args)]
pub struct UnshareOptions {
    /// Runs of each program.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
}

/// Lets both programs start `true` in a new user namespace.
pub fn run(options: &UnshareOptions) -> Result<()> {
    let ours = program("ns-unshare")?.into_os_string();
    let contestants = [
        Contestant::new("unshare -U true", ["unshare", "-U", "true"]),
        Contestant::new("ns-unshare -U true", [ours, "-U".into(), "true".into()]),
    ];
    print("start", &alternating(options.rounds, &contestants)?);
    Ok(())
}
