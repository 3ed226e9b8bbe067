//! Records as text or JSON.

use std::io::{self, Write as _};

use ns_core::Kind;
use ns_core::cli::Pairs;
use ns_core::listing::{self, NAMESPACE_COLUMNS, NamespaceColumn};
use ns_core::output::{self, Cell, Listing, Paint, Row, Style, headings, write, write_painted};

use crate::cli::Cli;
use crate::records::Records;
use crate::tree::{Relation, TreePosition};

/// The fields beside the records in JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// Everything that could not be read; `None` if a saved list does not have this.
    pub incomplete: Option<serde_json::Value>,
    /// Other fields.
    pub remarks: Vec<(&'static str, serde_json::Value)>,
}

/// Writes the records to stdout, at these places of the tree.
pub fn show(
    cli: &Cli,
    columns: &[NamespaceColumn],
    tree: Option<Relation>,
    records: &Records<'_>,
    places: &[TreePosition],
    said: Said,
) -> io::Result<()> {
    let rows = places.iter().map(|(record, depth)| Row {
        depth: *depth,
        cells: records.cells(*record, columns),
    });
    let listing = Listing {
        name: "namespaces",
        columns: headings(columns),
        rows: rows.collect(),
        incomplete: said.incomplete,
        remarks: said.remarks,
    };
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    let tree = tree.and_then(|relation| tree_column(columns, relation));
    let style = cli.characters.in_style(cli.written.style(Pairs::default(), tree));
    let style = Style {
        lines: columns
            .iter()
            .position(|column| *column == &listing::NSFS && !cli.nowrap && !cli.written.raw),
        ..style
    };
    let paint = |row: usize, column: usize| paint(records, places[row].0, columns[column]);
    write_painted(&mut out, &listing, cli.colours.in_style(style), &paint)?;
    out.flush()
}

/// Lists the columns themselves, in JSON under the same name as in lsns(8).
pub fn list_columns(cli: &Cli) -> io::Result<()> {
    let listing = output::list_columns("lsns-columns", NAMESPACE_COLUMNS);
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    write(&mut out, &listing, cli.written.style_of_columns(Pairs::default()))?;
    out.flush()
}

/// The look of a value: kinds and names have colours, and the caller's own namespaces are bold.
fn paint(records: &Records<'_>, record: usize, column: NamespaceColumn) -> Paint {
    let kind = || String::from_utf8_lossy(&records.cell(record, &listing::TYPE).plain()).parse::<Kind>();
    match column.heading.name {
        "TYPE" => kind().map_or(Paint::PLAIN, Paint::of_kind),
        "NS" if *records.cell(record, &listing::OWN) == Cell::Flag(true) => Paint::OWN,
        "NAME" | "HOSTNAME" => Paint::NAME,
        _ => Paint::PLAIN,
    }
}

/// The column in which the tree is drawn. Without it, text is a plain list.
pub fn tree_column(columns: &[NamespaceColumn], relation: Relation) -> Option<usize> {
    let wanted: &[NamespaceColumn] = match relation {
        Relation::Process | Relation::EarlierProcess => &[&listing::COMMAND],
        Relation::Owner | Relation::Parent => &[&listing::NS, &listing::COMMAND],
    };
    wanted
        .iter()
        .find_map(|wanted| columns.iter().position(|column| column == wanted))
}
