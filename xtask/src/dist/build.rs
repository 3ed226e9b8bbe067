//! The programs, as they are handed out.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::generated;

/// The version of all that is made.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the programs need of the machine that they come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// Its C library, at least as new as ours.
    Dynamic,
    /// Nothing: they bring the C library with them.
    Static,
}

/// The target that is named to cargo. Without a name, what is built to run while building would be linked statically too,
/// which procedural macros cannot be.
pub fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// Builds all five; gives the directory they are in.
pub fn programs(linking: Linking) -> Result<PathBuf> {
    let mut flags = remapped()?;
    let mut directory = target();
    if linking == Linking::Static {
        flags.push("-Ctarget-feature=+crt-static".into());
        // In one directory each would have everything built anew that the other has left.
        directory.push("static");
    }
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "ns-utils",
            "--bins",
        ])
        .args(["--target", &triple()])
        .arg("--target-dir")
        .arg(&directory)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f".as_ref()))
        .current_dir(generated::root())
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "cannot build the programs");
    Ok(directory.join(triple()).join("release"))
}

/// Options by which the places of the sources and of the crates are not in the programs: who builds elsewhere builds the
/// same.
fn remapped() -> Result<Vec<OsString>> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo
        .or_else(|| home.map(|home| home.join(".cargo")))
        .context("neither CARGO_HOME nor HOME is set")?;
    Ok([(generated::root(), "ns-utils"), (cargo, "cargo")]
        .into_iter()
        .map(|(path, name)| {
            let mut flag = OsString::from("--remap-path-prefix=");
            flag.push(path);
            flag.push(format!("=/{name}"));
            flag
        })
        .collect())
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| generated::root().join("target"), PathBuf::from)
}
