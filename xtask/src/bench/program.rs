//! The programs that are measured.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::generated;

/// One of the five programs, in the release build.
pub fn program(name: &str) -> Result<PathBuf> {
    let root = generated::root();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--bin", name])
        .current_dir(&root)
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "cannot build {name}");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("release").join(name))
}
