//! Records as text or JSON.

use std::io::{self, Write as _};

use ns_core::cli::width_of_terminal;
use ns_core::output::{self, Listing, Row, Shape, Style, headings, write};

use crate::cli::Cli;
use crate::columns::{self, NsColumn};
use crate::records::Records;
use crate::tree::{Place, Relation};

/// Something that stands beside the records in JSON.
pub type Remark = (&'static str, serde_json::Value);

/// Writes the records to stdout, in these places.
pub fn show(
    cli: &Cli,
    columns: &[NsColumn],
    tree: Option<Relation>,
    records: &Records,
    places: &[Place],
    remarks: Vec<Remark>,
) -> io::Result<()> {
    let rows = places.iter().map(|(record, depth)| Row {
        depth: *depth,
        cells: records.cells(*record, columns),
    });
    let listing = Listing {
        name: "namespaces",
        columns: headings(columns),
        rows: rows.collect(),
        remarks,
    };
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    write(&mut out, &listing, style(cli, columns, tree))?;
    out.flush()
}

/// Lists the columns themselves, in JSON under the name that lsns gives them.
pub fn list_columns(cli: &Cli) -> io::Result<()> {
    let listing = output::list_columns("lsns-columns", &columns::ALL);
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    let style = Style {
        // In raw form three words a line, and nothing to skip.
        headings: !cli.noheadings && !cli.raw,
        ..style(cli, &[], None)
    };
    write(&mut out, &listing, style)?;
    out.flush()
}

/// How a listing is written.
pub fn style(cli: &Cli, columns: &[NsColumn], tree: Option<Relation>) -> Style {
    let shape = if cli.json {
        Shape::Json
    } else if cli.raw {
        Shape::Raw
    } else {
        tree.map_or(Shape::Table, |relation| {
            Shape::Tree(tree_column(columns, relation))
        })
    };
    Style {
        shape,
        headings: !cli.noheadings,
        width: if cli.notruncate { None } else { width_of_terminal() },
        ..Style::default()
    }
}

/// The column in which the tree is drawn: what it is a tree of, or else the last.
fn tree_column(columns: &[NsColumn], relation: Relation) -> usize {
    let wanted: &[NsColumn] = match relation {
        Relation::Process => &[NsColumn::Command, NsColumn::Pid],
        Relation::Owner | Relation::Parent => &[NsColumn::Ns, NsColumn::Command],
    };
    wanted
        .iter()
        .find_map(|wanted| columns.iter().position(|column| column == wanted))
        .unwrap_or(columns.len().saturating_sub(1))
}
