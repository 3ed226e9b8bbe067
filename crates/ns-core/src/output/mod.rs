//! Rows in, text out: tables, trees, raw lines, pairs and JSON. Knows nothing of what the rows are about.

mod column;
pub mod filter;
mod incomplete;
mod json;
mod lines;
mod table;
mod tree;

use std::borrow::Cow;
use std::io;

use nix::errno::Errno;

pub use crate::escape::{escape_for_raw, escape_for_terminal};
pub use column::{Align, Column, Headed, Heading, Holds, choose, headings, list_columns, shell_name};
pub use filter::Filter;
pub use incomplete::{Incomplete, reason_in};
pub use json::hexadecimal;

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// There is none: empty in text, null in JSON.
    Absent,
    /// There may be one that could not be read, for this reason: `?` in text, null in JSON.
    Unreadable(Errno),
    /// There may be one that this kernel does not tell: `-` in text, null in JSON.
    NotTold,
    /// There may be one that nobody asked for: `-` in text, null in JSON.
    NotAsked,
    /// A number, in JSON too.
    Number(u64),
    /// `yes` or `no` in text, true or false in JSON.
    Flag(bool),
    /// Bytes of any value; in JSON a string, with the bytes in hexadecimal beside it where they are not UTF-8.
    Text(Cow<'a, [u8]>),
    /// Several texts: joined by commas in text, an array in JSON, with the bytes beside it as for one.
    List(Vec<Cow<'a, [u8]>>),
    /// Several numbers, likewise.
    Numbers(Vec<u64>),
}

impl<'a> Cell<'a> {
    /// A text.
    pub fn text(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::Text(bytes.into())
    }

    /// A text that is made here.
    pub fn string(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(Cow::Owned(text.to_string().into_bytes()))
    }

    /// The gathered value as a cell.
    pub fn gathered<T>(value: crate::Gathered<T>, known: impl FnOnce(T) -> Self) -> Self {
        match value {
            crate::Gathered::Known(value) => known(value),
            crate::Gathered::Absent => Self::Absent,
            crate::Gathered::Unreadable(errno) => Self::Unreadable(errno),
            crate::Gathered::NotTold => Self::NotTold,
            crate::Gathered::NotAsked => Self::NotAsked,
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Cell<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Absent => Cell::Absent,
            Self::Unreadable(errno) => Cell::Unreadable(errno),
            Self::NotTold => Cell::NotTold,
            Self::NotAsked => Cell::NotAsked,
            Self::Number(number) => Cell::Number(number),
            Self::Flag(flag) => Cell::Flag(flag),
            Self::Text(bytes) => Cell::Text(owned(bytes)),
            Self::List(items) => Cell::List(items.into_iter().map(owned).collect()),
            Self::Numbers(items) => Cell::Numbers(items),
        }
    }

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        !matches!(
            self,
            Self::Absent | Self::Unreadable(_) | Self::NotTold | Self::NotAsked
        )
    }

    /// The value as text, not escaped.
    pub fn plain(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Absent => Cow::Borrowed(b""),
            Self::Unreadable(_) => Cow::Borrowed(b"?"),
            Self::NotTold | Self::NotAsked => Cow::Borrowed(b"-"),
            Self::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Self::Flag(true) => Cow::Borrowed(b"yes"),
            Self::Flag(false) => Cow::Borrowed(b"no"),
            Self::Text(bytes) => Cow::Borrowed(bytes),
            Self::List(items) => Cow::Owned(items.join(&b',')),
            Self::Numbers(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                Cow::Owned(items.join(",").into_bytes())
            }
        }
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A row, and how deep in the tree it stands. A row's children follow it, each one deeper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row<'a> {
    /// 0 for a root; at most one more than that of the row before.
    pub depth: usize,
    /// One for each column.
    pub cells: Vec<Cell<'a>>,
}

impl Row<'_> {
    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Row<'static> {
        Row {
            depth: self.depth,
            cells: self.cells.into_iter().map(Cell::into_owned).collect(),
        }
    }
}

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// The name of the array in JSON.
    pub name: &'static str,
    /// The columns, in the order in which they are shown.
    pub columns: Vec<&'static Heading>,
    /// The rows; those of a tree in pre-order.
    pub rows: Vec<Row<'a>>,
    /// What the rows lack, as JSON has it beside the array; `None` if that is no question.
    pub incomplete: Option<serde_json::Value>,
    /// What else stands beside the array in JSON.
    pub remarks: Vec<(&'static str, serde_json::Value)>,
}

/// The shape in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Columns under headings, the depth of the rows left aside.
    Table,
    /// The same, the column of this index drawn as a tree.
    Tree(usize),
    /// One space between the values, what is unsafe in them as `\xNN`.
    Raw,
    /// `NAME="value"`.
    Pairs,
    /// One object; rows that have children hold them under `children`.
    Json,
}

/// How it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The shape.
    pub shape: Shape,
    /// Whether there is a line of headings.
    pub headings: bool,
    /// Whether trees are drawn with ASCII characters only.
    pub ascii: bool,
    /// The columns of the terminal that the table has to fit in; `None` cuts nothing.
    pub width: Option<usize>,
    /// Whether the headings are names of shell variables: `MAJ_MIN` for `MAJ:MIN`.
    pub shell_names: bool,
    /// The index of the column whose values are paths of this host that a terminal can follow.
    pub links: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            shape: Shape::Table,
            headings: true,
            ascii: false,
            width: None,
            shell_names: false,
            links: None,
        }
    }
}

impl Style {
    /// A column's name in this style.
    fn name(self, column: &Heading) -> Cow<'static, str> {
        if self.shell_names {
            Cow::Owned(shell_name(column.name))
        } else {
            Cow::Borrowed(column.name)
        }
    }
}

/// Writes the listing out in that style.
pub fn write(out: &mut dyn io::Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    match style.shape {
        Shape::Table => table::write(out, listing, style, None, &mut Vec::new()),
        Shape::Tree(column) => table::write(out, listing, style, Some(column), &mut Vec::new()),
        Shape::Raw => lines::raw(out, listing, style),
        Shape::Pairs => lines::pairs(out, listing, style),
        Shape::Json => json::write(out, listing),
    }
}

/// Writes the next part of a table that has no end. `widths` is empty before the first part, which has the headings, and
/// keeps the columns as wide as they have been.
pub fn write_part(
    out: &mut dyn io::Write,
    listing: &Listing<'_>,
    style: Style,
    widths: &mut Vec<usize>,
) -> io::Result<()> {
    let style = Style {
        headings: style.headings && widths.is_empty(),
        ..style
    };
    table::write(out, listing, style, None, widths)
}

/// Writes one row as a JSON object in a line of its own, for output that has no end.
pub fn write_json_line(
    out: &mut dyn io::Write,
    columns: &[&'static Heading],
    row: &Row<'_>,
) -> io::Result<()> {
    writeln!(out, "{}", json::object(columns, row)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    static PID: Heading = Heading::number("PID", "");
    static COMMAND: Heading = Heading::text("COMMAND", "").wide();

    /// A tree with what is hard: a child, a line break, a value that is absent and one that is unreadable.
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

    #[test]
    fn a_row_is_an_object_of_its_own() {
        let listing = listing();
        let mut line = Vec::new();
        write_json_line(&mut line, &listing.columns, &listing.rows[1]).unwrap();
        assert_eq!(line, b"{\"pid\":22,\"command\":\"a\\nb\"}\n");
    }

    pub(super) fn written(listing: &Listing<'_>, style: Style) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes, listing, style).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}
