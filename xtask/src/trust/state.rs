//! The state of a sandbox, as lines that can be compared: mounts, names and files, interfaces, host names, cgroups.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::sys::signal::Signal;

/// A /proc of the sandbox that stays if the commands have another one, or none.
pub const PROC: &str = "/mnt/proc";

/// The state, one line for each thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State(BTreeSet<String>);

impl State {
    /// The present state.
    pub fn now() -> Self {
        let mut lines = BTreeSet::new();
        lines.extend(mounts());
        for directory in ["/run", "/tmp", "/sys/fs/cgroup"] {
            let directory = Path::new(directory);
            if let Ok(metadata) = fs::metadata(directory) {
                tree(directory, metadata.dev(), &mut lines);
            }
        }
        let interfaces = fs::read_to_string(format!("{PROC}/net/dev")).unwrap_or_default();
        let name = |line: &str| Some(format!("interface {}", line.split_once(':')?.0.trim()));
        lines.extend(interfaces.lines().filter_map(name));
        for file in ["net/fib_trie", "sys/kernel/hostname", "sys/kernel/domainname"] {
            let text = fs::read_to_string(format!("{PROC}/{file}")).unwrap_or_default();
            lines.insert(format!("{file}: {text}"));
        }
        Self(lines)
    }

    /// The lines that are new in `later` (`+`), or are missing there (`-`).
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let gone = self.0.difference(&later.0).map(|line| format!("-{line}"));
        let new = later.0.difference(&self.0).map(|line| format!("+{line}"));
        gone.chain(new).collect()
    }
}

/// Every mount, without its ids and those of namespaces.
fn mounts() -> Vec<String> {
    let table = fs::read(format!("{PROC}/self/mountinfo")).unwrap_or_default();
    let table = String::from_utf8_lossy(&table);
    let line = |(nth, line): (usize, &str)| {
        let fields: Vec<&str> = line.split(' ').collect();
        let root = fields[3].split(':').next().unwrap_or_default();
        let shared = if line.contains(" shared:") { "shared" } else { "" };
        format!("mount {nth} {root} {} {} {shared}", fields[4], fields[5])
    };
    table.lines().enumerate().map(line).collect()
}

/// Every file below a directory and on its device: its type and mode, owner, and the size of a regular file.
fn tree(directory: &Path, device: u64, lines: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        let size = if metadata.is_file() && !path.starts_with("/sys") {
            metadata.size()
        } else {
            0
        };
        let (mode, uid) = (metadata.mode(), metadata.uid());
        // A file of a cgroup comes and goes with its directory.
        if metadata.is_dir() || !path.starts_with("/sys") {
            lines.insert(format!("file {} {mode:o} {uid} {size}", path.display()));
        }
        if metadata.is_dir() && metadata.dev() == device {
            tree(&path, device, lines);
        }
    }
}

/// The name of the signal that a status stands for, if it stands for one.
pub fn signal_of(status: i32) -> Option<Signal> {
    Signal::try_from(status.checked_sub(128)?).ok()
}
