//! The programs under the names of their relatives.

mod lines;
mod names;
mod random;
mod scene;

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Case, path_of, tool};

/// The cases of this module.
pub fn cases() -> Vec<Case> {
    [names::cases(), lines::cases(), random::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// The names of the relatives, each with the program that stands in for it.
const NAMES: [(&str, &str); 9] = [
    ("unshare", "ns-unshare"),
    ("nsenter", "ns-enter"),
    ("lsns", "ns-ls"),
    ("findmnt", "ns-mounts"),
    ("hostname", "ns-hostname"),
    ("domainname", "ns-hostname"),
    ("nisdomainname", "ns-hostname"),
    ("ypdomainname", "ns-hostname"),
    ("dnsdomainname", "ns-hostname"),
];

/// A directory with a link of each name.
struct Links(tempfile::TempDir);

impl Links {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        for (name, program) in NAMES {
            symlink(path_of(program), directory.path().join(name)).expect("a link can be made");
        }
        Self(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The program by that name.
    fn command(&self, name: &str) -> Command {
        tool(self.path(name))
    }
}
