//! The columns of the list: all columns of namespaces that a UTS namespace can have.

use ns_core::Kind;
use ns_core::listing::{
    COMMAND, DOMAIN, HOSTNAME, NAMESPACE_COLUMNS, NPROCS, NS, NamespaceColumn, OWN, PID, USER,
};

/// At most so many columns.
const MOST: usize = 64;

/// All of them, in their order, and how many they are. They are chosen by the compiler, so that the program does not contain
/// what only the others need.
static CHOSEN: ([NamespaceColumn; MOST], usize) = chosen(NAMESPACE_COLUMNS);

/// All columns, in order.
pub static ALL: &[NamespaceColumn] = CHOSEN.0.split_at(CHOSEN.1).0;

/// The default columns of the list.
pub static DEFAULT: &[NamespaceColumn] = &[&NS, &OWN, &HOSTNAME, &DOMAIN, &NPROCS, &PID, &USER, &COMMAND];

const fn chosen(all: &[NamespaceColumn]) -> ([NamespaceColumn; MOST], usize) {
    let mut columns: [NamespaceColumn; MOST] = [&NS; MOST];
    let (mut from, mut count) = (0, 0);
    while from < all.len() {
        let needs = all[from].needs;
        // The options that columns are about are those of ns-ls.
        if needs.kinds.contains(Kind::Uts) && !needs.option {
            columns[count] = all[from];
            count += 1;
        }
        from += 1;
    }
    (columns, count)
}
