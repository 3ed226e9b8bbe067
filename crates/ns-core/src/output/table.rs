//! Columns under headings, as narrow as their values; on a terminal, as narrow as the terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::escape::escape_for_terminal;
use super::{Align, Listing, Style, tree};

/// A column that shrinks keeps at least this many columns of the terminal.
const NARROWEST: usize = 8;

/// Writes the table; `tree` is the index of the column that is drawn as one.
pub(super) fn write(
    out: &mut dyn Write,
    listing: &Listing<'_>,
    style: Style,
    tree: Option<usize>,
) -> io::Result<()> {
    let prefixes = match tree {
        Some(_) => tree::prefixes(&listing.rows, style.ascii),
        None => Vec::new(),
    };
    let lines: Vec<Vec<Text<'_>>> = listing
        .rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            row.cells
                .iter()
                .enumerate()
                .map(|(index, cell)| {
                    let text = text_of(cell);
                    match tree {
                        Some(column) if column == index => {
                            Text::new(format!("{}{text}", prefixes[number]).into())
                        }
                        _ => Text::new(text),
                    }
                })
                .collect()
        })
        .collect();
    let widths = widths(listing, style, &lines);
    if style.headings && !listing.rows.is_empty() {
        let headings = listing.columns.iter().map(|column| Text::new(column.name.into()));
        line(out, listing, &widths, &headings.collect::<Vec<_>>())?;
    }
    for cells in &lines {
        line(out, listing, &widths, cells)?;
    }
    Ok(())
}

/// A value as it is shown, and the columns of the terminal that it takes.
struct Text<'a> {
    text: Cow<'a, str>,
    width: usize,
}

impl<'a> Text<'a> {
    fn new(text: Cow<'a, str>) -> Self {
        let width = if text.is_ascii() { text.len() } else { text.width() };
        Self { text, width }
    }
}

fn text_of<'a>(cell: &'a super::Cell<'_>) -> Cow<'a, str> {
    match cell.plain() {
        Cow::Borrowed(bytes) => escape_for_terminal(bytes),
        Cow::Owned(bytes) => Cow::Owned(escape_for_terminal(&bytes).into_owned()),
    }
}

/// The width of each column: that of its widest value, less what the terminal has no room for.
fn widths(listing: &Listing<'_>, style: Style, lines: &[Vec<Text<'_>>]) -> Vec<usize> {
    let mut widths: Vec<usize> = listing
        .columns
        .iter()
        .map(|column| if style.headings { column.name.len() } else { 0 })
        .collect();
    for cells in lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.width.max(*width);
        }
    }
    let spaces = widths.len().saturating_sub(1);
    let room = style.width.unwrap_or(usize::MAX);
    let mut excess = (widths.iter().sum::<usize>() + spaces).saturating_sub(room);
    // The widest gives first: a long command line costs less than a cut name.
    while excess > 0 {
        let widest = (0..widths.len())
            .filter(|index| listing.columns[*index].shrinks && widths[*index] > NARROWEST)
            .max_by_key(|index| widths[*index]);
        let Some(index) = widest else { break };
        widths[index] -= 1;
        excess -= 1;
    }
    widths
}

fn line(out: &mut dyn Write, listing: &Listing<'_>, widths: &[usize], cells: &[Text<'_>]) -> io::Result<()> {
    // No blanks at the end of a line: it ends with its last value.
    let end = cells
        .iter()
        .rposition(|cell| !cell.text.is_empty())
        .map_or(0, |last| last + 1);
    for (index, (cell, width)) in cells.iter().zip(widths).take(end).enumerate() {
        if index > 0 {
            out.write_all(b" ")?;
        }
        let shown = cut(cell, *width);
        let blanks = width.saturating_sub(shown.width);
        if listing.columns[index].align == Align::Right {
            write!(out, "{:blanks$}", "")?;
        }
        out.write_all(shown.text.as_bytes())?;
        if listing.columns[index].align == Align::Left && index + 1 < end {
            write!(out, "{:blanks$}", "")?;
        }
    }
    out.write_all(b"\n")
}

/// The text, ended by `…` where it is too wide.
fn cut<'a>(cell: &'a Text<'_>, width: usize) -> Text<'a> {
    if cell.width <= width {
        return Text {
            text: Cow::Borrowed(&cell.text),
            width: cell.width,
        };
    }
    let mut used = 1;
    let mut text = String::new();
    for character in cell.text.chars() {
        let wide = character.width().unwrap_or(0);
        if used + wide > width {
            break;
        }
        used += wide;
        text.push(character);
    }
    text.push('…');
    Text {
        text: Cow::Owned(text),
        width: used,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{listing, written};
    use super::super::{Shape, Style};

    #[test]
    fn numbers_stand_to_the_right_and_lines_end_at_their_text() {
        assert_eq!(
            written(&listing(), Style::default()),
            "PID COMMAND\n  1 init --wait\n 22 a\\x0ab\n    ?\n"
        );
    }

    #[test]
    fn a_tree_stands_in_its_column() {
        let style = Style {
            shape: Shape::Tree(1),
            headings: false,
            ..Style::default()
        };
        assert_eq!(written(&listing(), style), " 1 init --wait\n22 └─a\\x0ab\n   ?\n");
    }

    #[test]
    fn only_what_may_be_cut_is_cut() {
        let style = Style {
            width: Some(12),
            ..Style::default()
        };
        assert_eq!(
            written(&listing(), style),
            "PID COMMAND\n  1 init --…\n 22 a\\x0ab\n    ?\n"
        );
        let style = Style {
            width: Some(2),
            ..Style::default()
        };
        assert!(written(&listing(), style).contains("\n 22 a\\x0ab\n"));
    }

    #[test]
    fn a_line_ends_with_its_last_value() {
        let mut ragged = listing();
        ragged.rows[0].cells[1] = super::super::Cell::Absent;
        assert_eq!(
            written(&ragged, Style::default()),
            "PID COMMAND\n  1\n 22 a\\x0ab\n    ?\n"
        );
    }

    #[test]
    fn an_empty_table_has_no_headings() {
        let mut empty = listing();
        empty.rows.clear();
        assert_eq!(written(&empty, Style::default()), "");
    }
}
