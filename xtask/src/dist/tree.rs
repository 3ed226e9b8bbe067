//! A tree of files to pack. It is first gathered, and then written with fixed permissions.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::tools;

/// Files by their path in the tree.
#[derive(Default)]
pub struct FileTree(BTreeMap<PathBuf, File>);

enum File {
    Regular(Regular),
    /// A symbolic link to this path.
    Link(PathBuf),
}

struct Regular {
    contents: Vec<u8>,
    mode: u32,
    compressed: bool,
}

impl FileTree {
    /// Adds a program.
    pub fn program(&mut self, path: impl Into<PathBuf>, from: &Path) -> Result<()> {
        self.add(path, read(from)?, 0o755, false)
    }

    /// Adds a copy of a file.
    pub fn copy(&mut self, path: impl Into<PathBuf>, from: &Path) -> Result<()> {
        self.add(path, read(from)?, 0o644, false)
    }

    /// Adds an executable script.
    pub fn script(&mut self, path: impl Into<PathBuf>, text: String) -> Result<()> {
        self.add(path, text.into_bytes(), 0o755, false)
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, path: impl Into<PathBuf>, target: &Path) -> Result<()> {
        self.insert(path.into(), File::Link(target.to_owned()))
    }

    /// Adds a text, compressed or not.
    pub fn text(&mut self, path: impl Into<PathBuf>, text: String, compressed: bool) -> Result<()> {
        self.add(path, text.into_bytes(), 0o644, compressed)
    }

    fn add(
        &mut self,
        path: impl Into<PathBuf>,
        contents: Vec<u8>,
        mode: u32,
        compressed: bool,
    ) -> Result<()> {
        let file = Regular {
            contents,
            mode,
            compressed,
        };
        self.insert(path.into(), File::Regular(file))
    }

    fn insert(&mut self, path: PathBuf, file: File) -> Result<()> {
        ensure!(!self.0.contains_key(&path), "two files for {}", path.display());
        self.0.insert(path, file);
        Ok(())
    }

    /// True if the tree will have a file with this final name.
    #[cfg(test)]
    pub fn has(&self, path: &Path) -> bool {
        let before = path.to_str().and_then(|path| path.strip_suffix(".gz"));
        match before.and_then(|before| self.0.get(Path::new(before))) {
            Some(File::Regular(file)) => file.compressed,
            _ => match self.0.get(path) {
                Some(File::Regular(file)) => !file.compressed,
                Some(File::Link(_)) => true,
                None => false,
            },
        }
    }

    /// Writes the tree into a new directory.
    pub fn write(&self, root: &Path) -> Result<()> {
        if root.exists() {
            fs::remove_dir_all(root).with_context(|| root.display().to_string())?;
        }
        directory(root)?;
        for (path, file) in &self.0 {
            let mut above = PathBuf::new();
            for part in path.parent().into_iter().flat_map(Path::components) {
                above.push(part);
                directory(&root.join(&above))?;
            }
            let path = root.join(path);
            let file = match file {
                File::Regular(file) => file,
                File::Link(target) => {
                    symlink(target, &path).with_context(|| path.display().to_string())?;
                    continue;
                }
            };
            fs::write(&path, &file.contents).with_context(|| path.display().to_string())?;
            fs::set_permissions(&path, Permissions::from_mode(file.mode))?;
            if file.compressed {
                tools::compress(&path)?;
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| path.display().to_string())
}

/// A directory that everyone may read, with any umask.
fn directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| path.display().to_string())?;
    fs::set_permissions(path, Permissions::from_mode(0o755))?;
    Ok(())
}
