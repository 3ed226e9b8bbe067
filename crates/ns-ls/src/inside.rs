//! `ns-ls NAMESPACE`: the processes in one namespace, and what else holds it.

use std::io::{self, Write as _};

use ns_core::inventory::{Entry, Inventory};
use ns_core::listing::{Context, sentence, value};
use ns_core::output::{Incomplete, escape_for_terminal};

use crate::query::{Query, said};
use crate::records::Records;
use crate::show::show;
use crate::tree::{Relation, flat, tree};

/// Writes the processes as rows, and every other holder as a line; in JSON, as an array "holders" beside the rows.
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
    // All of them are in one namespace, so a tree shows parents and children.
    let relation = query.tree.map(|_| Relation::Process);
    let places = match relation {
        Some(relation) => tree(&records, relation),
        None => flat(&records),
    };
    let values: Vec<_> = entry.holders.iter().map(value).collect();
    let mut beside = said(inventory, incomplete);
    beside.remarks.insert(0, ("holders", values.into()));
    show(query.cli, &query.columns, relation, &records, &places, beside)?;
    if query.cli.written.json || query.cli.written.raw {
        return Ok(());
    }
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    for holder in &entry.holders {
        let words = sentence(holder, inventory.own_mount_namespace());
        writeln!(out, "{}", escape_for_terminal(&words))?;
    }
    out.flush()
}
