//! `cargo xtask scenes`: plays more of the random scenes in `tests/scenes` than a test run does.

use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

/// Compare random scenes.
#[derive(Debug, Args)]
pub struct ScenesCli {
    /// First seed. A failure names the seed of its scene.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Scenes of each case.
    #[arg(long, default_value_t = 1000)]
    scenes: u64,
    /// Play only the cases whose names contain this.
    #[arg(default_value = "")]
    case: String,
}

/// Runs the cases, and fails with them.
pub fn run(cli: &ScenesCli) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--test", "programs", "--"])
        .arg(format!("scenes::{}", cli.case))
        .env("NS_UTILS_SEED", cli.seed.to_string())
        .env("NS_UTILS_SCENES", cli.scenes.to_string())
        .current_dir(crate::generated::root())
        .status()?;
    ensure!(status.success(), "a scene is not shown as it is");
    Ok(())
}
