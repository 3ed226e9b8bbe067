//! Building the programs for distribution.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::generated;

/// The version of everything that is packed.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The requirements of the programs on the target machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// A C library that is at least as new as the one of the build.
    Dynamic,
    /// Nothing, because the programs contain the C library.
    Static,
}

/// The target for cargo. Without a target, build scripts and procedural macros would be linked statically too, which is
/// impossible for macros.
pub fn triple() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// Builds all five programs, and returns their directory.
pub fn programs(linking: Linking) -> Result<PathBuf> {
    let mut flags = remapped()?;
    let mut directory = target();
    if linking == Linking::Static {
        flags.push("-Ctarget-feature=+crt-static".into());
        // In a common directory, each build would rebuild everything of the other.
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

/// Options that keep the paths of the sources and the crates out of the programs, so that builds in other directories
/// give the same bytes.
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

/// The directory of the build.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| generated::root().join("target"), PathBuf::from)
}
