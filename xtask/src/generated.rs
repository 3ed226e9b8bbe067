//! Generated files: writing them, or comparing them with the committed ones.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// One generated file.
pub struct Generated {
    /// Its path below the root of the workspace.
    pub path: PathBuf,
    /// Its whole text.
    pub text: String,
    /// The task that writes it.
    pub task: &'static str,
}

/// The action for generated files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write the files that differ.
    Write,
    /// Fail if a file differs, and say what to run.
    Check,
}

/// Writes the files, or fails if the committed files differ. Other files in their directories are removed, or are a
/// failure.
pub fn put(files: &[Generated], mode: Mode) -> Result<()> {
    let root = root();
    let mut stale = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        stale.push(format!("{} (cargo xtask {})", file.path.display(), file.task));
        if mode == Mode::Write {
            let directory = path.parent().context("a file is in a directory")?;
            fs::create_dir_all(directory)?;
            fs::write(&path, &file.text).with_context(|| path.display().to_string())?;
        }
    }
    for (path, task) in orphans(files, &root)? {
        stale.push(format!("{} is nobody's (cargo xtask {task})", path.display()));
        if mode == Mode::Write {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    if mode == Mode::Check && !stale.is_empty() {
        bail!("these are not current:\n  {}", stale.join("\n  "));
    }
    Ok(())
}

/// Other files in the directories of generated files, each with the task of its neighbours.
fn orphans(files: &[Generated], root: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let mut orphans = Vec::new();
    let mut seen: Vec<&Path> = Vec::new();
    for file in files {
        let Some(directory) = file.path.parent() else {
            continue;
        };
        if seen.contains(&directory) || !root.join(directory).is_dir() {
            continue;
        }
        seen.push(directory);
        for entry in fs::read_dir(root.join(directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            if entry.file_type()?.is_file() && !files.iter().any(|file| file.path == path) {
                orphans.push((root.join(path), file.task));
            }
        }
    }
    Ok(orphans)
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is a directory of it").to_owned()
}
