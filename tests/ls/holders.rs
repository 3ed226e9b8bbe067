//! The row of a namespace in the list, and the things that hold the namespace.

use serde_json::Value;

use super::{row, rows};
use crate::support::{Run as _, needs, program};

/// The facts about holders.
pub const COLUMNS: &str = "-J -o NS,TYPE,NPROCS,PID,THREADS,HOLDERS,HELD-BY,ONS,PNS,USER,ID,NSFS";

/// The row of a namespace, and its holders.
pub fn found(inode: u64, words: &str) -> (Value, Vec<String>) {
    let row = row(&rows(program("ns-ls").with(words)), inode);
    let held = row["held-by"].as_array().into_iter().flatten();
    let held = held.map(|text| text.as_str().expect("a text").to_owned());
    (row.clone(), held.collect())
}

/// The row, once it has these holders and no others. Other programs open namespaces for a moment, as this one does.
#[track_caller]
pub fn held_by(inode: u64, expected: &[String]) -> Value {
    for _ in 0..40 {
        let (row, held) = found(inode, COLUMNS);
        if held == expected {
            check_named(&row);
            return row;
        }
    }
    let (row, _) = found(inode, COLUMNS);
    panic!("{inode} is not held by {expected:?}: {row}");
}

/// A listed namespace can be named as a target.
#[track_caller]
pub fn check_named(row: &Value) {
    let kind = row["type"].as_str().expect("a text");
    let name = format!("{kind}:[{}]", row["ns"]);
    let ran = if kind == "mnt" {
        program("ns-mounts")
            .args(["-N", &name, "-n", "-l", "-o", "TARGET", "/"])
            .ran()
    } else {
        needs::tools("readlink");
        let link = format!("/proc/self/ns/{kind}");
        program("ns-enter").args(["-t", &name, "readlink", &link]).ran()
    };
    let expected = if kind == "mnt" { "/" } else { &name };
    assert_eq!((ran.stdout.trim(), ran.status), (expected, 0), "{row} {ran:?}");
}

pub fn own_pid() -> u32 {
    std::process::id()
}
