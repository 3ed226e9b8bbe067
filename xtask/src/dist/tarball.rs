//! A tarball for a prefix: `tar -C /usr/local --strip-components=1 -xzf …`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::build::VERSION;
use super::commit::Commit;
use super::tools::{output, tool};
use super::tree::FileTree;

/// Packs the tree for this kind of machine, such as `linux-gnu`.
pub fn make(tree: &FileTree, machine: &str, directory: &Path, commit: &Commit) -> Result<PathBuf> {
    let name = format!("ns-utils-{VERSION}-{}-{machine}", std::env::consts::ARCH);
    tree.write(&directory.join(&name))?;
    let file = directory.join(format!("{name}.tar"));
    output(
        tool("tar")
            .args([
                "--create",
                "--format=gnu",
                "--sort=name",
                "--owner=0",
                "--group=0",
                "--numeric-owner",
            ])
            .arg(format!("--mtime=@{}", commit.epoch))
            .arg("--file")
            .arg(&file)
            .arg("--directory")
            .arg(directory)
            .arg(&name),
    )?;
    output(tool("gzip").arg("-9nf").arg(&file))?;
    fs::remove_dir_all(directory.join(&name))?;
    Ok(directory.join(format!("{name}.tar.gz")))
}
