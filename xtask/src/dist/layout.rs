//! Where each file goes: below a prefix such as `/usr/local`, or where Debian's policy wants it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::licences;
use super::tree::FileTree;
use crate::{generated, programs};

/// What a tree is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `bin` and `share` of a prefix.
    Prefix,
    /// The root of a Debian system.
    Debian,
}

impl Layout {
    /// The layout of a file of this sort.
    pub fn of(self, below: &str) -> PathBuf {
        match self {
            Self::Prefix => below.into(),
            Self::Debian => Path::new("usr").join(below),
        }
    }
}

/// All files: the programs out of that directory, and what is committed.
pub fn tree(programs: &Path, layout: Layout) -> Result<FileTree> {
    let mut tree = FileTree::default();
    for program in programs::all() {
        tree.program(layout.of("bin").join(program.name), &programs.join(program.name))?;
    }
    pages(&mut tree, layout)?;
    completions(&mut tree, layout)?;
    documents(&mut tree, layout)?;
    Ok(tree)
}

fn pages(tree: &mut FileTree, layout: Layout) -> Result<()> {
    for page in crate::man::pages()? {
        let section = page.path.extension().context("a page has a section")?;
        let name = page.path.file_name().context("a page is a file")?;
        let directory = layout.of(&format!("share/man/man{}", section.to_string_lossy()));
        tree.text(directory.join(name), page.text, layout == Layout::Debian)?;
    }
    Ok(())
}

fn completions(tree: &mut FileTree, layout: Layout) -> Result<()> {
    // Where the shells look without being told. Below another prefix, zsh looks into the directory for the site only.
    let zsh = match layout {
        Layout::Prefix => "share/zsh/site-functions",
        Layout::Debian => "share/zsh/vendor-completions",
    };
    for script in crate::completions::scripts() {
        let shell = script
            .path
            .parent()
            .and_then(Path::file_name)
            .context("a script is of a shell")?;
        let directory = match shell.to_str() {
            Some("bash") => "share/bash-completion/completions",
            Some("zsh") => zsh,
            Some("fish") => "share/fish/vendor_completions.d",
            _ => anyhow::bail!("{}: of what shell?", script.path.display()),
        };
        let name = script.path.file_name().context("a script is a file")?;
        tree.text(layout.of(directory).join(name), script.text, false)?;
    }
    Ok(())
}

fn documents(tree: &mut FileTree, layout: Layout) -> Result<()> {
    super::documents::add(tree, layout)?;
    let directory = super::documents::directory(layout);
    let others = licences::of_the_crates()?;
    match layout {
        Layout::Prefix => {
            for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
                tree.copy(directory.join(name), &generated::root().join(name))?;
            }
            tree.text(directory.join("LICENSES-OF-CRATES"), others, false)
        }
        // The licences of our own are in the copyright file.
        Layout::Debian => tree.text(directory.join("licenses-of-crates"), others, true),
    }
}
