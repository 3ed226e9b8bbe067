//! The default columns of namespaces.

use ns_core::listing::{
    COMMAND, CONTAINER, HELD_BY, NAME, NETNSID, NPROCS, NS, NSFS, NamespaceColumn, PID, PPID, TYPE, UNIT,
    USER,
};

/// The default columns of a listing; with `net` if network namespaces were asked for.
pub fn default(net: bool) -> Vec<NamespaceColumn> {
    let mut columns: Vec<NamespaceColumn> = vec![&NS, &TYPE, &NPROCS, &PID, &USER];
    if net {
        columns.extend([&NETNSID, &NSFS]);
    }
    columns.push(&COMMAND);
    columns
}

/// The default columns for the nodes of a graph.
pub static OF_NODES: [NamespaceColumn; 8] = [&NS, &TYPE, &NAME, &HELD_BY, &PID, &COMMAND, &UNIT, &CONTAINER];

/// The default columns for the processes in a namespace.
pub static OF_PROCESSES: [NamespaceColumn; 4] = [&PID, &PPID, &USER, &COMMAND];

/// The columns that lsns(8) lacks. A table has each of them only if a row needs it.
pub static ADDED: [NamespaceColumn; 2] = [&NAME, &HELD_BY];

/// Inserts a column before COMMAND, if it is not among the columns yet.
pub fn add(columns: &mut Vec<NamespaceColumn>, column: NamespaceColumn) {
    if !columns.contains(&column) {
        let command = columns.iter().position(|column| *column == &COMMAND);
        columns.insert(command.unwrap_or(columns.len()), column);
    }
}
