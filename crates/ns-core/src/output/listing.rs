//! What is to be shown, and how.

use std::borrow::Cow;

use super::cell::Row;
use super::heading::{Heading, shell_name};

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
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Style {
    /// The shape.
    pub shape: Shape,
    /// Whether there is a line of headings.
    pub headings: bool,
    /// Whether JSON has what is known beside the rows.
    pub remarks: bool,
    /// True if trees and the mark of a cut value are drawn with ASCII characters only.
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
            remarks: true,
            ascii: false,
            width: None,
            shell_names: false,
            links: None,
        }
    }
}

impl Style {
    /// A column's name in this style.
    pub(super) fn name(self, column: &Heading) -> Cow<'static, str> {
        if self.shell_names {
            Cow::Owned(shell_name(column.name))
        } else {
            Cow::Borrowed(column.name)
        }
    }
}
