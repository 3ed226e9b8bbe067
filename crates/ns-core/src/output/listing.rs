//! A listing, and the style to show it in.

use std::borrow::Cow;

use super::cell::Row;
use super::heading::{Heading, shell_name};

/// A listing.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    /// The name of the array in JSON.
    pub name: &'static str,
    /// The columns, in the order of display.
    pub columns: Vec<&'static Heading>,
    /// The rows; in a tree, in pre-order.
    pub rows: Vec<Row<'a>>,
    /// The missing parts of the rows, for JSON beside the array; `None` if nothing can be missing.
    pub incomplete: Option<serde_json::Value>,
    /// Other fields beside the array in JSON.
    pub remarks: Vec<(&'static str, serde_json::Value)>,
}

/// The shape of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Columns under headings, without the depth of the rows.
    Table,
    /// Columns under headings, with the column at this index drawn as a tree.
    Tree(usize),
    /// Values with one space between them, and `\xNN` for unsafe characters.
    Raw,
    /// `NAME="value"`.
    Pairs,
    /// One JSON object; rows have their children under `children`.
    Json,
}

/// The style of a listing.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Style {
    /// The shape.
    pub shape: Shape,
    /// True if there is a line of headings.
    pub headings: bool,
    /// True if JSON has the fields beside the rows.
    pub remarks: bool,
    /// True if JSON has a line for each key, as findmnt(8) and lsns(8) write it. Scripts search its lines.
    pub key_lines: bool,
    /// True if raw lines and pairs are in ASCII: the bytes of other characters are escaped.
    pub ascii_values: bool,
    /// True if trees and the mark of a cut value are drawn with ASCII characters only.
    pub ascii: bool,
    /// The width of the terminal that the table must fit; `None` cuts nothing.
    pub width: Option<usize>,
    /// True if the headings are names of shell variables: `MAJ_MIN` for `MAJ:MIN`.
    pub shell_names: bool,
    /// True if tables have colours.
    pub colours: bool,
    /// The index of the column whose lists have a line for each item: in a table, and escaped in raw lines and pairs.
    pub lines: Option<usize>,
    /// The index of the column whose values are paths on this host, for links in the terminal.
    pub links: Option<usize>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            shape: Shape::Table,
            headings: true,
            remarks: true,
            key_lines: false,
            ascii_values: false,
            ascii: false,
            width: None,
            shell_names: false,
            colours: false,
            lines: None,
            links: None,
        }
    }
}

impl Style {
    /// The name of a column in this style.
    pub(super) fn name(self, column: &Heading) -> Cow<'static, str> {
        if self.shell_names {
            Cow::Owned(shell_name(column.name))
        } else {
            Cow::Borrowed(column.name)
        }
    }

    /// The key of a column in JSON.
    pub(super) fn key(self, column: &Heading) -> String {
        if self.shell_names {
            column.shell_key()
        } else {
            column.key()
        }
    }
}
