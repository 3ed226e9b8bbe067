//! `ns-ls NAMESPACE`: the processes in one namespace, and what else holds it.

use std::io;

use ns_core::cli::CompatName;
use ns_core::inventory::{Entry, Inventory};
use ns_core::listing::{COMMAND, Context, HELD_BY, NamespaceColumn, sentence, value};
use ns_core::output::Incomplete;

use crate::query::{Query, said};
use crate::records::Records;
use crate::show::{show, tree_column};
use crate::tree::{Relation, flat, tree};

/// Writes the processes as rows. The other holders are rows with words in one column, if that is shown. In JSON, they are an
/// array "holders" beside the rows.
pub fn show_inside(
    query: &Query<'_>,
    inventory: &Inventory,
    entry: &Entry,
    incomplete: &mut Incomplete,
) -> io::Result<()> {
    let wanted = query.wanted();
    let context = Context::new(inventory, query.caps(), query.cli.written.json);
    let rows = inventory
        .members_of(entry.kind, entry.identity.inode)
        .map(|member| context.row(&wanted, entry, Some(member.pid)))
        .collect();
    let mut records = Records::new(wanted, rows);
    query.filter(&mut records, incomplete);
    query.count_shown(&records, incomplete);
    if let Some(column) = column_of_holders(query) {
        let words = |holder| sentence(holder, inventory.own_mount_namespace());
        records.append(column, entry.holders.iter().map(words));
    }
    // All of them are in one namespace, so a tree shows parents and children.
    let relation = query.tree.map(|_| Relation::Process);
    let relation = relation
        .filter(|relation| query.cli.written.json || tree_column(&query.columns, *relation).is_some());
    let places = match relation {
        Some(relation) => tree(&records, relation),
        None => flat(&records),
    };
    let values: Vec<_> = entry.holders.iter().map(value).collect();
    let mut beside = said(inventory, incomplete);
    beside.remarks.insert(0, ("holders", values.into()));
    show(query.cli, &query.columns, relation, &records, &places, beside)
}

/// The column for the holders that are not processes. `None` if no column with words is shown, or if a filter selects rows:
/// words match no filter.
fn column_of_holders(query: &Query<'_>) -> Option<NamespaceColumn> {
    let written = &query.cli.written;
    let only_processes = written.json
        || written.raw
        || query.cli.filter.is_some()
        || CompatName::current() == Some(CompatName::Lsns);
    let columns: [NamespaceColumn; 2] = [&COMMAND, &HELD_BY];
    columns
        .into_iter()
        .find(|column| !only_processes && query.columns.contains(column))
}
