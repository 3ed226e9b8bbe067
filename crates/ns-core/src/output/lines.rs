//! One line for each row, for scripts: raw values and pairs.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Cell, Listing, Style};
use crate::escape::{escape_for_quotes, escape_for_quotes_ascii, escape_for_raw, escape_for_raw_ascii};

/// Values with one space between.
pub(super) fn raw(out: &mut dyn Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    if style.headings {
        let names: Vec<_> = listing.columns.iter().map(|column| style.name(column)).collect();
        writeln!(out, "{}", names.join(" "))?;
    }
    let escape = if style.ascii_values {
        escape_for_raw_ascii
    } else {
        escape_for_raw
    };
    for row in &listing.rows {
        for (index, cell) in row.cells.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(out, "{space}{}", escape(&value(cell, index, style)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `NAME="value"` with one space between.
pub(super) fn pairs(out: &mut dyn Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    let names: Vec<_> = listing.columns.iter().map(|column| style.name(column)).collect();
    let escape = if style.ascii_values {
        escape_for_quotes_ascii
    } else {
        escape_for_quotes
    };
    for row in &listing.rows {
        for (index, (name, cell)) in names.iter().zip(&row.cells).enumerate() {
            let space = if index == 0 { "" } else { " " };
            let value = value(cell, index, style);
            write!(out, "{space}{name}=\"{}\"", escape(&value))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The value of a column. Items that take a line each in a table have line breaks between them.
fn value<'c>(cell: &'c Cell<'_>, column: usize, style: Style) -> Cow<'c, [u8]> {
    match cell {
        Cell::List(items) if style.lines == Some(column) => Cow::Owned(items.join(&b'\n')),
        cell => cell.plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::super::tests::{listing, written};
    use super::*;

    #[test]
    fn raw_lines_split_at_their_spaces() {
        let style = Style {
            shape: Shape::Raw,
            ..Style::default()
        };
        assert_eq!(
            written(&listing(), style),
            "PID COMMAND\n1 init\\x20--wait\n22 a\\x0ab\n ?\n"
        );
    }

    #[test]
    fn items_on_lines_of_their_own_have_line_breaks_between_them() {
        let mut listing = listing();
        let items = [&b"a"[..], b"b"].map(Cow::Borrowed);
        listing.rows[0].cells[1] = Cell::List(items.into());
        for (lines, shown) in [(None, "1 a,b\n"), (Some(1), "1 a\\x0ab\n")] {
            let style = Style {
                shape: Shape::Raw,
                lines,
                ..Style::default()
            };
            assert!(written(&listing, style).contains(shown), "{lines:?}");
        }
    }

    #[test]
    fn pairs_are_words_of_a_shell() {
        let style = Style {
            shape: Shape::Pairs,
            ..Style::default()
        };
        assert_eq!(
            written(&listing(), style),
            "PID=\"1\" COMMAND=\"init --wait\"\nPID=\"22\" COMMAND=\"a\\x0ab\"\nPID=\"\" COMMAND=\"?\"\n"
        );
    }
}
