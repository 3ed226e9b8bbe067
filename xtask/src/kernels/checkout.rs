//! The checkout on a disk, with the programs and the tests, which find their files at the same path in the guest.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::image;
use crate::generated;

/// The directory of the test binaries in the checkout of the guest.
pub const TESTS: &str = "target/tests";

/// The checkout as a guest has it.
#[derive(Debug)]
pub struct Checkout {
    /// The image of its disk.
    pub disk: PathBuf,
    /// The names of the binaries with unit tests.
    pub units: Vec<String>,
}

/// Builds the programs and the tests, and writes the disk.
pub fn make(directory: &Path) -> Result<Checkout> {
    let root = generated::root();
    let place = tempfile::tempdir_in(directory)?;
    copy_files(&root, place.path())?;
    let mut units = Vec::new();
    for built in build(&root)? {
        let Some(executable) = built["executable"].as_str() else {
            continue;
        };
        let name = built["target"]["name"].as_str().context("a target has a name")?;
        let is_test = built["profile"]["test"] == true;
        let below = if is_test { TESTS } else { "target/debug" };
        let directory = place.path().join(below);
        std::fs::create_dir_all(&directory)?;
        image::done(
            Command::new("strip")
                .arg("-o")
                .arg(directory.join(name))
                .arg(executable),
        )?;
        if is_test && name != "programs" {
            units.push(name.to_owned());
        }
    }
    let disk = directory.join("checkout.img");
    image::disk(place.path(), &disk, 400)?;
    Ok(Checkout { disk, units })
}

/// Copies the files that git knows.
fn copy_files(root: &Path, place: &Path) -> Result<()> {
    let files = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root)
        .output();
    let files = files.context("cannot run git")?;
    ensure!(files.status.success(), "git ls-files failed");
    for file in files
        .stdout
        .split(|byte| *byte == 0)
        .filter(|file| !file.is_empty())
    {
        let file = std::str::from_utf8(file)?;
        let to = place.join(file);
        std::fs::create_dir_all(to.parent().context("it is in a directory")?)?;
        image::done(Command::new("cp").arg("-a").arg(root.join(file)).arg(to))?;
    }
    Ok(())
}

/// Cargo's descriptions of the built programs and tests.
fn build(root: &Path) -> Result<Vec<Value>> {
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "test",
            "--quiet",
            "--workspace",
            "--exclude",
            "xtask",
            "--no-run",
            "--message-format=json",
        ])
        .current_dir(root)
        .stderr(Stdio::inherit());
    let output = cargo.output().context("cannot run cargo")?;
    ensure!(output.status.success(), "the tests cannot be built");
    let lines = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines.map(|line| Ok(serde_json::from_slice(line)?)).collect()
}
