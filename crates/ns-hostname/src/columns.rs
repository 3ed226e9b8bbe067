//! The columns of the list: those of namespaces that say something of a UTS namespace.

use ns_core::listing::{
    COMMAND, CONTAINER, DOMAIN, HOSTNAME, ID, INITIAL, NAME, NPROCS, NS, NamespaceColumn, ONS, OWN, PID,
    SAME, UNIT, USER,
};

/// All of them, in their order.
pub static ALL: &[NamespaceColumn] = &[
    &NS, &ID, &OWN, &HOSTNAME, &DOMAIN, &NPROCS, &PID, &USER, &COMMAND, &UNIT, &CONTAINER, &NAME, &ONS,
    &INITIAL, &SAME,
];

/// What a list shows if no columns are named.
pub static DEFAULT: &[NamespaceColumn] = &[&NS, &OWN, &HOSTNAME, &DOMAIN, &NPROCS, &PID, &USER, &COMMAND];
