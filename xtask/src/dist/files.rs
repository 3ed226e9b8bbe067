//! The files for distribution: programs, pages, completions and documents, with their paths.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::layout::Layout;
use super::tree::FileTree;
use super::{compat, documents, licences};
use crate::{generated, programs};

/// All files: the programs in that directory, and the committed files.
pub fn tree(programs: &Path, layout: Layout) -> Result<FileTree> {
    let mut tree = FileTree::default();
    for program in programs::all() {
        tree.program(layout.of("bin").join(program.name), &programs.join(program.name))?;
    }
    compat::links(&mut tree, layout)?;
    pages(&mut tree, layout)?;
    completions(&mut tree, layout)?;
    texts(&mut tree, layout)?;
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
    // The shells look here by default. Below another prefix, zsh looks only into the directory for the site.
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

fn texts(tree: &mut FileTree, layout: Layout) -> Result<()> {
    documents::add(tree, layout)?;
    let directory = documents::directory(layout);
    let others = licences::of_the_crates()?;
    match layout {
        Layout::Prefix => {
            for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
                tree.copy(directory.join(name), &generated::root().join(name))?;
            }
            tree.text(directory.join("LICENSES-OF-CRATES"), others, false)
        }
        // Our own licences are in the copyright file.
        Layout::Debian => tree.text(directory.join("licenses-of-crates"), others, true),
    }
}
