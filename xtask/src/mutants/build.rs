//! A copy of the checkout with the changes in it, and its programs and tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::weave::{self, Change};

/// The copy of the checkout, with the programs and the tests that were built from it.
pub struct Built {
    /// The copy of the checkout.
    pub tree: PathBuf,
    /// The library in it, where its unit tests run.
    pub core: PathBuf,
    /// The unit tests of the library.
    pub unit: PathBuf,
    /// The cases in `tests`, which run the programs.
    pub cases: PathBuf,
    /// The five programs.
    pub programs: Vec<PathBuf>,
    /// The changes that are not in it: they do not compile, or not beside the original.
    pub lost: BTreeSet<u32>,
}

/// Copies the checkout, weaves the changes into it, and builds it.
pub fn build(root: &Path, work: &Path, changes: &BTreeMap<u32, Change>) -> Result<Built> {
    let tree = work.join("tree");
    copy(root, &tree)?;
    let mut lost = BTreeSet::new();
    loop {
        let woven = write(root, &tree, changes, &mut lost)?;
        let messages = cargo(&tree, work, &["check", "--package", "ns-core"])?;
        if messages.is_built {
            break;
        }
        let mut blamed = BTreeSet::new();
        for (file, at) in &messages.errors {
            if let Some(text) = woven.get(file) {
                blamed.extend(weave::blamed(text, *at));
            }
        }
        ensure!(
            !blamed.is_empty(),
            "the copy cannot be built: {:?}",
            messages.errors
        );
        lost.append(&mut blamed);
    }
    let unit = cargo(
        &tree,
        work,
        &["test", "--no-run", "--package", "ns-core", "--lib"],
    )?;
    let cases = cargo(&tree, work, &["test", "--no-run", "--test", "programs"])?;
    let is_program = |path: &PathBuf| path.parent() == Some(&work.join("build/debug"));
    let (programs, tests): (Vec<_>, Vec<_>) = cases.executables.into_iter().partition(is_program);
    let only = |mut list: Vec<PathBuf>| list.pop().context("no test was built");
    Ok(Built {
        core: tree.join("crates/ns-core"),
        tree,
        unit: only(unit.executables)?,
        cases: only(tests)?,
        programs,
        lost,
    })
}

/// Copies every file that git knows, if it differs: cargo builds what is newer.
fn copy(root: &Path, tree: &Path) -> Result<()> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()?;
    ensure!(output.status.success(), "git ls-files has failed");
    for name in String::from_utf8(output.stdout)?.split_terminator('\0') {
        let Ok(bytes) = fs::read(root.join(name)) else {
            continue; // It was removed.
        };
        // The changed files are written below.
        if !name.starts_with("crates/ns-core/src/") {
            replace(&tree.join(name), &bytes)?;
            let mode = fs::metadata(root.join(name))?.permissions();
            fs::set_permissions(tree.join(name), mode)?;
        }
    }
    Ok(())
}

fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file is in a directory")?)?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes the files of the library with the changes that are left, and gives those that have changes.
fn write(
    root: &Path,
    tree: &Path,
    changes: &BTreeMap<u32, Change>,
    lost: &mut BTreeSet<u32>,
) -> Result<BTreeMap<String, String>> {
    let mut woven = BTreeMap::new();
    let mut directories = vec![root.join("crates/ns-core/src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = path
                .strip_prefix(root)?
                .to_str()
                .context("a path is text")?
                .to_owned();
            let here = |(number, change): &(&u32, &Change)| change.file == name && !lost.contains(number);
            let here = changes
                .iter()
                .filter(here)
                .map(|(number, change)| (*number, change.clone()));
            let here: BTreeMap<u32, Change> = here.collect();
            let text = fs::read_to_string(&path)?;
            let (mut text, mut without) = weave::weave(&text, &here);
            lost.append(&mut without);
            if name == "crates/ns-core/src/lib.rs" {
                text += weave::MODULE;
            }
            replace(&tree.join(&name), text.as_bytes())?;
            if !here.is_empty() {
                woven.insert(name, text);
            }
        }
    }
    Ok(woven)
}

/// The messages of cargo.
#[derive(Default)]
struct Messages {
    is_built: bool,
    executables: Vec<PathBuf>,
    /// The file and the byte of each error.
    errors: Vec<(String, usize)>,
}

/// Runs cargo in the copy. The dependencies are built once.
fn cargo(tree: &Path, work: &Path, arguments: &[&str]) -> Result<Messages> {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--quiet", "--message-format", "json"])
        .current_dir(tree)
        .env("CARGO_TARGET_DIR", work.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .stderr(Stdio::null())
        .output()?;
    let mut messages = Messages {
        is_built: output.status.success(),
        ..Messages::default()
    };
    for line in String::from_utf8(output.stdout)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        if let Some(path) = line["executable"].as_str() {
            messages.executables.push(path.into());
        }
        if line["message"]["level"] != "error" {
            continue;
        }
        for span in line["message"]["spans"].as_array().into_iter().flatten() {
            let file = span["file_name"].as_str().unwrap_or_default().to_owned();
            let at = span["byte_start"].as_u64().unwrap_or_default();
            if span["is_primary"] == true {
                messages.errors.push((file, usize::try_from(at)?));
            }
        }
    }
    if !messages.is_built && arguments[0] != "check" {
        bail!("cargo {arguments:?} has failed");
    }
    Ok(messages)
}
