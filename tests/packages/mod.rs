//! The files of `cargo xtask dist`: whether they are complete, and whether they install and work under Debian.

mod compat;
mod deb;
mod installed;
mod root;
mod statics;

use std::path::{Path, PathBuf};

use crate::support::case::Skip;
use crate::support::{Case, needs};

/// The cases of this module.
pub fn cases() -> Vec<Case> {
    [
        compat::cases(),
        deb::cases(),
        installed::cases(),
        statics::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const PROGRAMS: [&str; 5] = ["ns-enter", "ns-hostname", "ns-ls", "ns-mounts", "ns-unshare"];

/// The names that the programs can replace.
const RELATIVES: [&str; 9] = [
    "dnsdomainname",
    "domainname",
    "findmnt",
    "hostname",
    "lsns",
    "nisdomainname",
    "nsenter",
    "unshare",
    "ypdomainname",
];

/// A file that `cargo xtask dist` has made of this version, by the start and the end of its name. No case builds it,
/// because that takes minutes.
fn made(begin: &str, end: &str, how: &str) -> Result<PathBuf, Skip> {
    // Only root can install packages, and the ordinary user has a checkout without them.
    needs::root()?;
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("it is in cargo's");
    let begin = format!("{begin}{}-", env!("CARGO_PKG_VERSION"));
    let files = std::fs::read_dir(target.join("dist"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .map(|file| file.path())
        .find(|path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with(&begin) && name.ends_with(end)
        })
        .ok_or_else(|| Skip::Lacks(format!("nothing is packed yet: {how}")))
}

/// The Debian package.
fn package() -> Result<PathBuf, Skip> {
    made("ns-utils_", ".deb", "cargo xtask dist")
}

/// The Debian package that takes over the names of the relatives.
fn compat_package() -> Result<PathBuf, Skip> {
    made("ns-utils-compat_", ".deb", "cargo xtask dist")
}

/// The files below that directory of the checkout, each with its path inside it.
fn committed(directory: &str) -> Vec<(PathBuf, PathBuf)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut files = Vec::new();
    let mut todo = vec![top.clone()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("it is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                files.push((path.strip_prefix(&top).expect("it is below").to_owned(), path));
            }
        }
    }
    assert!(!files.is_empty(), "{directory} is empty");
    files
}
