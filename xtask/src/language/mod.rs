//! What can be checked of the language of help, pages and documents: how long a sentence of help is, turns that the guide
//! drops, and commands and options that do not exist.

mod commands;
mod help;
mod text;
mod turns;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::generated::root;
use crate::programs;
use text::Block;

/// The documents beside those in `docs`, from the root of the checkout.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "crates/ns-unshare/ns-unshare.1.in",
    "crates/ns-enter/ns-enter.1.in",
    "crates/ns-ls/ns-ls.8.in",
    "crates/ns-hostname/ns-hostname.1.in",
    "crates/ns-mounts/ns-mounts.8.in",
    "crates/ns-core/ns-utils.7.in",
];

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
                Block::Prose { text, .. } => {
                    let mut found = turns::faults(text);
                    found.extend(commands::faults_in_prose(&programs, text));
                    found
                }
                Block::Code { text, .. } => commands::faults_in_code(&programs, text),
            };
            let place = format!("{}:{}", path.display(), block.line());
            faults.extend(found.iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    if !faults.is_empty() {
        bail!("these texts break a rule:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// Every document that is checked, from the root of the checkout.
fn documents() -> Result<Vec<PathBuf>> {
    let mut documents: Vec<PathBuf> = DOCUMENTS.iter().map(PathBuf::from).collect();
    for entry in fs::read_dir(root().join("docs"))? {
        let path = PathBuf::from("docs").join(entry?.file_name());
        if path.extension().is_some_and(|extension| extension == "md") {
            documents.push(path);
        }
    }
    documents.sort();
    Ok(documents)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_texts_keep_the_rules() {
        super::check().unwrap();
    }
}
