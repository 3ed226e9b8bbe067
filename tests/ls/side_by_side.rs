//! Side by side with the installed lsns(8): the same namespaces, processes and numbers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, inode_of, needs, program, tool};

cases!["ls::side_by_side":
    processes_are_counted_as_lsns_counts_them,
    every_namespace_that_lsns_shows_is_listed_with_the_same_numbers,
];

/// NPROCS and PID of these namespaces.
fn of_crowd(rows: &[Value], inodes: &BTreeSet<u64>) -> BTreeMap<u64, (Value, Value)> {
    rows.iter()
        .filter_map(|row| Some((row["ns"].as_u64()?, row)))
        .filter(|(inode, _)| inodes.contains(inode))
        .map(|(inode, row)| (inode, (row["nprocs"].clone(), row["pid"].clone())))
        .collect()
}

fn processes_are_counted_as_lsns_counts_them() -> Outcome {
    needs::root()?;
    needs::installed("lsns")?;
    let there = Held::new(tool("unshare").args(["-n", "-p", "-f"]), "sleep 1000 &");
    // unshare itself waits outside the PID namespace.
    for (kind, processes) in [("net", 3), ("pid", 2)] {
        let inode = there.inode(kind);
        let words = "-J -o NS,TYPE,NPROCS,PID,PPID,USER,UID,COMMAND,PNS";
        let ours = row(&rows(program("ns-ls").with(words)), inode);
        assert_eq!(ours["nprocs"], processes, "{ours}");
        let mut theirs = row(&rows_of_lsns(&format!("-l {words}")), inode);
        for (name, value) in theirs.as_object_mut().expect("an object") {
            // In lsns, a namespace without a parent has the parent 0.
            if name == "pns" && *value == 0 {
                *value = Value::Null;
            }
        }
        theirs.as_object_mut().expect("an object").remove("children");
        assert_eq!(ours, theirs);
    }
    Ok(())
}

fn every_namespace_that_lsns_shows_is_listed_with_the_same_numbers() -> Outcome {
    needs::root()?;
    needs::installed("lsns")?;
    let crowd: Vec<_> = (0..30)
        .map(|number| {
            let kinds: &[&str] = match number % 3 {
                0 => &["-u", "-i", "-p", "-f", "--kill-child"],
                1 => &["-n", "-m", "-p", "-f", "--kill-child"],
                _ => &["-u", "-p", "-f", "--kill-child"],
            };
            Held::new(tool("unshare").args(kinds), "sleep 1000 & sleep 1000 &")
        })
        .collect();
    let own = ["uts", "ipc", "net", "mnt", "pid"].map(|kind| inode_of(&format!("/proc/self/ns/{kind}")));
    let inodes: BTreeSet<u64> = crowd
        .iter()
        .flat_map(|held| ["uts", "ipc", "net", "mnt", "pid"].map(|kind| held.inode(kind)))
        .filter(|inode| !own.contains(inode))
        .collect();
    assert_eq!(inodes.len(), 80);
    let ours = of_crowd(&rows(program("ns-ls").with("-J -o NS,NPROCS,PID")), &inodes);
    let theirs = of_crowd(&rows_of_lsns("-J -l -o NS,NPROCS,PID"), &inodes);
    assert_eq!(ours.len(), inodes.len());
    assert_eq!(ours, theirs);
    Ok(())
}

/// The rows of lsns, which stops without a message if a process ends meanwhile.
#[track_caller]
fn rows_of_lsns(words: &str) -> Vec<Value> {
    let mut attempts = (0..20).map(|_| tool("lsns").with(words));
    let ran = attempts.find(|ran| ran.status == 0 || !ran.stderr.is_empty());
    rows(ran.expect("it has looked twenty times"))
}
