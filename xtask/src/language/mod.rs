//! Checks of the language of help, pages, documents and comments: the length of sentences in help, turns that the guide
//! drops, and commands and options that do not exist.

mod commands;
mod comments;
mod help;
mod text;
mod turns;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::generated::root;
use crate::programs;
use text::TextBlock;

/// Fails if a text breaks a rule, and names every place.
pub fn check() -> Result<()> {
    let programs = programs::all();
    let mut faults = Vec::new();
    for program in &programs {
        faults.extend(help::faults(program));
    }
    for path in documents()? {
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.display().to_string())?;
        for block in text::blocks(&text) {
            let found = match &block {
                TextBlock::Prose { text, .. } => {
                    let mut found = turns::faults(text);
                    found.extend(commands::faults_in_prose(&programs, text));
                    found
                }
                TextBlock::Code { text, .. } => commands::faults_in_code(&programs, text),
            };
            let place = format!("{}:{}", path.display(), block.line());
            faults.extend(found.iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    for path in sources()? {
        let text = fs::read_to_string(root().join(&path)).with_context(|| path.display().to_string())?;
        let found = comments::faults(&text);
        faults.extend(
            found
                .iter()
                .map(|(line, fault)| format!("{}:{line}: {fault}", path.display())),
        );
    }
    if !faults.is_empty() {
        bail!("these texts break a rule:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Every document that is checked, from the root of the checkout: the Markdown there and in `docs`, and the prose of the
/// pages.
fn documents() -> Result<Vec<PathBuf>> {
    let mut documents = files(Path::new(""), "md")?;
    documents.extend(files(Path::new("docs"), "md")?);
    for entry in fs::read_dir(root().join("crates"))? {
        documents.extend(files(&Path::new("crates").join(entry?.file_name()), "in")?);
    }
    documents.sort();
    Ok(documents)
}

/// Every Rust source of the checkout, from its root.
fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    let mut directories: Vec<PathBuf> = ["crates", "fuzz", "src", "tests", "xtask"]
        .map(PathBuf::from)
        .into();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(root().join(&directory))? {
            let entry = entry?;
            let path = directory.join(entry.file_name());
            if entry.file_type()?.is_dir() && entry.file_name() != "target" {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(path);
            }
        }
    }
    sources.sort();
    Ok(sources)
}

/// The files with this extension in a directory of the checkout.
fn files(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join(directory))? {
        let path = directory.join(entry?.file_name());
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_texts_keep_the_rules() {
        super::check().unwrap();
    }
}
