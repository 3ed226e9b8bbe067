//! `ns-ls`: which namespaces it shows, and how.

mod basics;
mod better;
mod only_here;
mod places;
mod surroundings;

use serde_json::Value;

use crate::support::{Case, Ran, Run as _, tool};

/// All of them.
pub fn cases() -> Vec<Case> {
    [
        basics::cases(),
        better::cases(),
        only_here::cases(),
        places::cases(),
        surroundings::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The rows of its JSON. What it says of processes it may not read is another case's.
#[track_caller]
fn rows(ran: Ran) -> Vec<Value> {
    ran.json()["namespaces"].as_array().expect("an array").clone()
}

/// The rows of lsns, which gives up without a word where a process ends while it looks.
#[track_caller]
fn rows_of_lsns(words: &str) -> Vec<Value> {
    let mut attempts = (0..20).map(|_| tool("lsns").with(words));
    let ran = attempts.find(|ran| ran.status == 0 || !ran.stderr.is_empty());
    rows(ran.expect("it has looked twenty times"))
}

/// The row of the namespace with this inode.
#[track_caller]
fn row(rows: &[Value], inode: u64) -> Value {
    let found: Vec<_> = rows.iter().filter(|row| row["ns"] == inode).collect();
    assert_eq!(found.len(), 1, "{inode}: {rows:#?}");
    found[0].clone()
}
