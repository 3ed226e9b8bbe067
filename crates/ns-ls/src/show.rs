//! Records as text or JSON.

use std::io::{self, Write as _};

use ns_core::cli::width_of_terminal;
use ns_core::inventory::Unread;
use ns_core::output::{Field as _, Listing, Row, Shape, Style, write};

use crate::columns::NsColumn;
use crate::incomplete;
use crate::query::Query;
use crate::records::Records;
use crate::tree::{flat, tree};

/// Writes the records to stdout.
pub fn show(query: &Query<'_>, records: &Records, unread: &Unread) -> io::Result<()> {
    let places = match query.tree {
        Some(relation) => tree(records, relation),
        None => flat(records),
    };
    let rows = places.into_iter().map(|(record, depth)| Row {
        depth,
        cells: query
            .columns
            .iter()
            .map(|column| records.cell(record, *column).clone())
            .collect(),
    });
    let listing = Listing {
        name: "namespaces",
        columns: query.columns.iter().map(|column| column.column()).collect(),
        rows: rows.collect(),
        remarks: vec![("incomplete", incomplete::json(unread))],
    };
    let mut out = io::stdout().lock();
    write(&mut out, &listing, style(query))?;
    out.flush()
}

fn style(query: &Query<'_>) -> Style {
    let cli = query.cli;
    let shape = if cli.json {
        Shape::Json
    } else if cli.raw {
        Shape::Raw
    } else {
        query
            .tree
            .map_or(Shape::Table, |_| Shape::Tree(tree_column(query)))
    };
    Style {
        shape,
        headings: !cli.noheadings,
        width: if cli.notruncate { None } else { width_of_terminal() },
        ..Style::default()
    }
}

/// The column in which the tree is drawn: the command, or else the last.
fn tree_column(query: &Query<'_>) -> usize {
    let columns = &query.columns;
    columns
        .iter()
        .position(|column| *column == NsColumn::Command)
        .unwrap_or(columns.len() - 1)
}
