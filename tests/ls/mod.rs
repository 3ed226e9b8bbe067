//! `ns-ls`: the namespaces that it shows, and its output.

mod columns;
mod filters;
mod graphs;
mod holders;
mod map;
mod pinned;
mod places;
mod saved;
mod selection;
mod shapes;
mod side_by_side;
mod surroundings;
mod wait;
mod watch;

use serde_json::Value;

use crate::support::{Case, Ran};

/// All cases.
pub fn cases() -> Vec<Case> {
    [
        columns::cases(),
        filters::cases(),
        graphs::cases(),
        map::cases(),
        pinned::cases(),
        places::cases(),
        saved::cases(),
        selection::cases(),
        shapes::cases(),
        side_by_side::cases(),
        surroundings::cases(),
        wait::cases(),
        watch::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The rows of its JSON. Notes about unreadable processes are tested elsewhere.
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
