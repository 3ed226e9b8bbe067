//! Output of rows as text: tables, trees, raw lines, pairs and JSON. It does not know what the rows are about.

mod cell;
mod column;
pub(crate) mod cut;
pub mod filter;
mod fit;
mod graph;
mod heading;
mod incomplete;
mod json;
mod lines;
mod listing;
mod paint;
mod shown;
mod table;
mod tree;

use std::io;

pub use crate::escape::{escape_for_raw, escape_for_terminal, quoted, word};
pub use cell::{Cell, Row};
pub use column::{Column, Headed, choose, headings, list_columns};
pub use filter::Filter;
pub use graph::{Edge, Graph, GraphForm, Node, NodeId, write_graph};
pub use heading::{Align, Heading, Holds, shell_name};
pub use incomplete::{Incomplete, reason_in};
pub use json::hexadecimal;
pub use listing::{Listing, Shape, Style};
pub use paint::Paint;

/// Writes the listing out in that style.
pub fn write(out: &mut dyn io::Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    write_painted(out, listing, style, &plain)
}

/// As [`write()`], with a look for each value of a table, by the indexes of its row and its column. It counts only if the
/// style has colours.
pub fn write_painted(
    out: &mut dyn io::Write,
    listing: &Listing<'_>,
    style: Style,
    paint: &dyn Fn(usize, usize) -> Paint,
) -> io::Result<()> {
    match style.shape {
        Shape::Table => table::write(out, listing, style, None, paint, &mut Vec::new()),
        Shape::Tree(column) => table::write(out, listing, style, Some(column), paint, &mut Vec::new()),
        Shape::Raw => lines::raw(out, listing, style),
        Shape::Pairs => lines::pairs(out, listing, style),
        Shape::Json => json::write(out, listing, style),
    }
}

/// The look of values without a colour.
fn plain(_: usize, _: usize) -> Paint {
    Paint::PLAIN
}

/// The output of a program that watches: a listing in parts, without an end.
#[derive(Debug, Default)]
pub struct Parts {
    /// The widths of a table's columns, which only grow.
    widths: Vec<usize>,
    /// True if a part was written.
    begun: bool,
}

impl Parts {
    /// Makes the columns of a table as wide as these rows, which are not written.
    pub fn widen(&mut self, listing: &Listing<'_>, style: Style) -> io::Result<()> {
        let style = Style { width: None, ..style };
        table::write(&mut io::sink(), listing, style, None, &plain, &mut self.widths)
    }

    /// Writes the next part. The first one has the headings. In JSON, each row is an object on a line of its own.
    pub fn write(&mut self, out: &mut dyn io::Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
        if listing.rows.is_empty() {
            return Ok(());
        }
        let style = Style {
            headings: style.headings && !self.begun,
            ..style
        };
        self.begun = true;
        match style.shape {
            Shape::Json => listing
                .rows
                .iter()
                .try_for_each(|row| write_json_line(out, &listing.columns, row, style)),
            Shape::Table => table::write(out, listing, style, None, &plain, &mut self.widths),
            _ => write(out, listing, style),
        }
    }
}

/// Writes one row as a JSON object on one line, for endless output.
pub fn write_json_line(
    out: &mut dyn io::Write,
    columns: &[&'static Heading],
    row: &Row<'_>,
    style: Style,
) -> io::Result<()> {
    writeln!(out, "{}", json::object(columns, row, style)?)
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    static PID: Heading = Heading::number("PID", "");
    static COMMAND: Heading = Heading::text("COMMAND", "").wide();

    /// A tree with the hard cases: a child, a line break, an absent value and an unreadable value.
    pub(super) fn listing() -> Listing<'static> {
        let row = |depth, cells| Row { depth, cells };
        Listing {
            name: "processes",
            columns: vec![&PID, &COMMAND],
            rows: vec![
                row(0, vec![Cell::Number(1), Cell::string("init --wait")]),
                row(1, vec![Cell::Number(22), Cell::string("a\nb")]),
                row(0, vec![Cell::Absent, Cell::Unreadable(Errno::EACCES)]),
            ],
            incomplete: None,
            remarks: Vec::new(),
        }
    }

    /// Listings of trees of several shapes.
    pub(super) fn trees() -> impl Iterator<Item = Listing<'static>> {
        let shapes = [
            [0, 1, 2, 3],
            [0, 1, 2, 0],
            [0, 1, 0, 1],
            [0, 0, 1, 1],
            [0, 1, 2, 1],
        ];
        shapes.into_iter().map(|depths| {
            let row = |depth| Row {
                depth,
                cells: vec![Cell::Number(depth as u64), Cell::Absent],
            };
            Listing {
                rows: depths.into_iter().map(row).collect(),
                ..listing()
            }
        })
    }

    #[test]
    fn a_row_is_an_object_of_its_own() {
        let listing = listing();
        let mut line = Vec::new();
        write_json_line(&mut line, &listing.columns, &listing.rows[1], Style::default()).unwrap();
        assert_eq!(line, b"{\"pid\":22,\"command\":\"a\\nb\"}\n");
    }

    pub(super) fn written(listing: &Listing<'_>, style: Style) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, listing, style).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}
