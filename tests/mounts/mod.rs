//! `ns-mounts`: the mounts of this and of other namespaces.

mod busy;
mod compare;
mod dead;
mod everywhere;
mod files;
mod fstab;
pub mod fuse;
mod graphs;
mod inside;
mod narrow;
mod propagation;
mod scripts;
mod search;
pub mod shell;
mod shown;
mod side_by_side;
mod tags;
mod targets;
mod verify;
mod wait;
mod watch;
mod watch_all;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::case::Skip;
use crate::support::{Case, Ran, Run as _, needs, program, tool};
use shell::Shell;

/// The cases of `ns-mounts`.
pub fn cases() -> Vec<Case> {
    [
        busy::cases(),
        busy::devices::cases(),
        compare::cases(),
        dead::cases(),
        everywhere::cases(),
        files::cases(),
        fstab::cases(),
        graphs::cases(),
        inside::cases(),
        narrow::cases(),
        propagation::cases(),
        scripts::cases(),
        search::cases(),
        shown::cases(),
        side_by_side::cases(),
        tags::cases(),
        targets::cases(),
        verify::cases(),
        wait::cases(),
        watch::cases(),
        watch_all::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A shell in its own mount namespace, with a tmpfs on the directory `$d` of the test.
struct Room {
    shell: Shell,
    directory: TempDir,
}

impl Room {
    fn new(set_up: &str) -> Result<Self, Skip> {
        needs::whole_root()?;
        needs::tools("mount");
        let directory = tempfile::tempdir().expect("a directory can be made");
        let shell = Shell::new(tool("unshare").arg("-m"));
        let mut room = Self { shell, directory };
        room.run("mount -t tmpfs ours $d");
        room.run(set_up);
        Ok(room)
    }

    /// Runs commands in it, which must all succeed.
    #[track_caller]
    fn run(&mut self, commands: &str) -> String {
        let directory = self.text("");
        self.shell.run(&format!("d={directory}\n{commands}"))
    }

    /// A path below its directory.
    fn path(&self, below: &str) -> PathBuf {
        let directory = self.directory.path();
        if below.is_empty() {
            directory.to_owned()
        } else {
            directory.join(below)
        }
    }

    /// The path as text.
    fn text(&self, below: &str) -> String {
        self.path(below).to_str().expect("it is text").to_owned()
    }

    /// The result of the program for this room; `$d` in the arguments is its directory.
    fn asked(&self, words: &str) -> Ran {
        let directory = self.text("");
        let words = words
            .split_whitespace()
            .map(|word| word.replace("$d", &directory));
        program("ns-mounts")
            .arg("-N")
            .arg(self.shell.pid.to_string())
            .args(words)
            .ran()
    }

    /// The lines of a list of these columns.
    #[track_caller]
    fn lines(&self, words: &str, columns: &str) -> Vec<String> {
        let ran = self.asked(&format!("-r -n -o {columns} {words}"));
        ran.ok().lines().map(str::to_owned).collect()
    }
}

/// Every object of a tree, without its children.
fn flat(tree: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for row in tree.as_array().into_iter().flatten() {
        let mut row = row.clone();
        let children = row.as_object_mut().and_then(|row| row.remove("children"));
        found.push(row);
        found.extend(flat(&children.unwrap_or_default()));
    }
    found
}

/// The directory with saved tables.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/ns-core/tests/fixtures/mountinfo")
}

/// The result of the program for a saved table.
fn saved(name: &str, words: &str) -> Ran {
    program("ns-mounts")
        .arg("-F")
        .arg(fixtures().join(name))
        .with(words)
}
