//! `ns-ls NAMESPACE`: the processes in one namespace, and what else holds it.

use std::io::{self, Write as _};

use ns_core::inventory::{Entry, Inventory};
use ns_core::output::escape_for_terminal;

use crate::cells::Subjects;
use crate::holders;
use crate::query::Query;
use crate::records::Records;
use crate::show::{Remark, show};
use crate::tree::{Relation, flat, tree};

/// Writes them: the processes as rows, every other holder a line; in JSON an array "holders" beside them.
pub fn show_inside(
    query: &Query<'_>,
    inventory: &Inventory,
    entry: &Entry,
    mut remarks: Vec<Remark>,
) -> io::Result<()> {
    let wanted = query.wanted();
    let mut subjects = Subjects::new(inventory, query.caps());
    let rows = inventory
        .members_of(entry.kind, entry.identity.inode)
        .map(|member| subjects.row(&wanted, entry, Some(member.pid)))
        .collect();
    let mut records = Records::new(wanted, rows);
    if let Some(filter) = &query.cli.filter {
        records.retain(|records, record| filter.matches(|column| records.cell(record, column).clone()));
    }
    // All of them are in one namespace: what is a tree is their descent.
    let relation = query.tree.map(|_| Relation::Process);
    let places = match relation {
        Some(relation) => tree(&records, relation),
        None => flat(&records),
    };
    let values: Vec<_> = entry.holders.iter().map(holders::value).collect();
    remarks.insert(0, ("holders", values.into()));
    show(query.cli, &query.columns, relation, &records, &places, remarks)?;
    if query.cli.json || query.cli.raw {
        return Ok(());
    }
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    for holder in &entry.holders {
        let sentence = holders::sentence(holder, inventory.own_mount_namespace());
        writeln!(out, "{}", escape_for_terminal(&sentence))?;
    }
    out.flush()
}
