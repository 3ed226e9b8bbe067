//! The default columns of namespaces.

use ns_core::listing::{COMMAND, NAME, NETNSID, NPROCS, NS, NSFS, NamespaceColumn, PID, PPID, TYPE, USER};

/// The default columns of a listing; with `net` if network namespaces were asked for.
pub fn default(net: bool) -> Vec<NamespaceColumn> {
    let mut columns: Vec<NamespaceColumn> = vec![&NS, &TYPE, &NPROCS, &PID, &USER];
    if net {
        columns.extend([&NETNSID, &NSFS]);
    }
    columns.push(&COMMAND);
    columns
}

/// The default columns for the processes in a namespace.
pub static OF_PROCESSES: [NamespaceColumn; 4] = [&PID, &PPID, &USER, &COMMAND];

/// Inserts the column NAME before COMMAND.
pub fn with_names(columns: &mut Vec<NamespaceColumn>) {
    let command = columns.iter().position(|column| *column == &COMMAND);
    columns.insert(command.unwrap_or(columns.len()), &NAME);
}
