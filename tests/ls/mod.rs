//! `ns-ls`: which namespaces it shows, and how.

mod basics;
mod better;
mod only_here;
mod places;
mod surroundings;

use serde_json::Value;

use crate::support::{Case, Ran};

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

/// The row of the namespace with this inode.
#[track_caller]
fn row(rows: &[Value], inode: u64) -> Value {
    let found: Vec<_> = rows.iter().filter(|row| row["ns"] == inode).collect();
    assert_eq!(found.len(), 1, "{inode}: {rows:#?}");
    found[0].clone()
}
