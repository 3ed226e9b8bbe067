//! The documents for installation: their links lead to the installed files.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};

use super::layout::Layout;
use super::tree::FileTree;
use crate::generated;

/// The directory of the documents below `share`.
const DIRECTORY: &str = "share/doc/ns-utils";

/// The texts that are installed below [`DIRECTORY`], by their paths in the checkout.
const TEXTS: [&str; 8] = [
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "docs/causes.md",
    "docs/kernels.md",
    "docs/pictures.md",
    "docs/tour.md",
    "docs/trust.md",
];

/// The pictures in them.
const PICTURES: [&str; 1] = ["docs/picture/session.svg"];

/// Adds the documents.
pub fn add(tree: &mut FileTree, layout: Layout) -> Result<()> {
    for name in TEXTS {
        let text = linked(name, &read(name)?, layout)?;
        tree.text(layout.of(DIRECTORY).join(name), text, false)?;
    }
    for name in PICTURES {
        tree.text(layout.of(DIRECTORY).join(name), read(name)?, false)?;
    }
    let changes = layout.of(DIRECTORY).join(changelog(layout));
    tree.text(changes, read("CHANGELOG.md")?, layout == Layout::Debian)
}

/// The directory of the documents.
pub fn directory(layout: Layout) -> PathBuf {
    layout.of(DIRECTORY)
}

fn read(name: &str) -> Result<String> {
    fs::read_to_string(generated::root().join(name)).with_context(|| name.to_owned())
}

/// The changelog, by its name before compression.
fn changelog(layout: Layout) -> &'static str {
    match layout {
        Layout::Prefix => "CHANGELOG.md",
        Layout::Debian => "changelog",
    }
}

/// A document of the checkout with links to what is installed. A link to anything else is an error.
fn linked(name: &str, text: &str, layout: Layout) -> Result<String> {
    let above = Path::new(name).parent().unwrap_or(Path::new(""));
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("](") {
        let (before, link) = rest.split_at(at + 2);
        out += before;
        let end = link
            .find(')')
            .with_context(|| format!("{name}: a link has no end"))?;
        let target = &link[..end];
        if target.contains("://") || target.starts_with('#') {
            out += target;
        } else {
            let path = normal(&above.join(target));
            let to = installed(&path, layout)
                .with_context(|| format!("{name}: {target} is not installed, and the link is dead"))?;
            let from = layout.of(DIRECTORY).join(above);
            out += &relative(&from, &to).display().to_string();
        }
        rest = &link[end..];
    }
    Ok(out + rest)
}

/// The installed path of a file in the checkout, if it is installed.
fn installed(path: &Path, layout: Layout) -> Option<PathBuf> {
    let name = path.to_str()?;
    let compressed = if layout == Layout::Debian { ".gz" } else { "" };
    if TEXTS.contains(&name) || PICTURES.contains(&name) {
        return Some(layout.of(DIRECTORY).join(name));
    }
    if name == "CHANGELOG.md" {
        return Some(
            layout
                .of(DIRECTORY)
                .join(format!("{}{compressed}", changelog(layout))),
        );
    }
    let page = name.strip_prefix("man/")?;
    let (_, section) = page.rsplit_once('.')?;
    Some(layout.of(&format!("share/man/man{section}/{page}{compressed}")))
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

/// The relative path from a directory to a file.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components());
    let common = common.take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_what_is_installed() {
        let text = "[a](SECURITY.md) [b](man/ns-ls.8) [c](https://example.org/x) [d](CHANGELOG.md)";
        assert_eq!(
            linked("README.md", text, Layout::Debian).unwrap(),
            "[a](SECURITY.md) [b](../../man/man8/ns-ls.8.gz) [c](https://example.org/x) [d](changelog.gz)"
        );
        assert_eq!(
            linked(
                "docs/tour.md",
                "[b](../man/ns-ls.8), [e](../README.md#speed)",
                Layout::Prefix
            )
            .unwrap_err()
            .to_string(),
            "docs/tour.md: ../README.md#speed is not installed, and the link is dead"
        );
        assert_eq!(
            linked("docs/tour.md", "[b](../man/ns-ls.8)", Layout::Prefix).unwrap(),
            "[b](../../../man/man8/ns-ls.8)"
        );
    }

    #[test]
    fn no_document_has_a_dead_link() {
        for name in TEXTS {
            for layout in [Layout::Prefix, Layout::Debian] {
                linked(name, &read(name).unwrap(), layout).unwrap();
            }
        }
    }

    #[test]
    fn what_a_link_leads_to_is_in_the_tree() {
        for layout in [Layout::Prefix, Layout::Debian] {
            let mut tree = FileTree::default();
            add(&mut tree, layout).unwrap();
            for name in TEXTS.iter().chain(&PICTURES).chain(&["CHANGELOG.md"]) {
                let path = installed(Path::new(name), layout).unwrap();
                assert!(tree.has(&path), "{}", path.display());
            }
        }
    }
}
