//! Tables: columns under headings, as wide as their values, and cut to the width of the terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use super::fit::fitted;
use super::shown::{Shown, text_of};
use super::{Align, Cell, Listing, Paint, Style, tree};
use crate::escape::{escape_for_terminal, plain_width};

/// Writes the table; `tree` is the index of the column that is drawn as a tree. No column is narrower than in `widths`,
/// which gets the new widths.
pub(super) fn write(
    out: &mut dyn Write,
    listing: &Listing<'_>,
    style: Style,
    tree: Option<usize>,
    paint: &dyn Fn(usize, usize) -> Paint,
    widths: &mut Vec<usize>,
) -> io::Result<()> {
    let table = Table::new(listing, style, tree);
    table.widen(widths);
    let widths = match style.width {
        Some(room) => &fitted(widths, &listing.columns, room, |column| table.widths_of(column)),
        None => &*widths,
    };
    let aligns = table.aligns();
    let mark = if style.ascii { '~' } else { '…' };
    if style.headings && !listing.rows.is_empty() {
        line(out, &aligns, widths, &table.headings, mark)?;
    }
    let (mut values, mut lines) = (0, 0);
    let mut cells = Vec::with_capacity(widths.len());
    for row in 0..listing.rows.len() {
        cells.clear();
        cells.extend((0..widths.len()).map(|column| Shown {
            paint: table.paint(row, column, paint),
            ..table.shown(row, column)
        }));
        values += line(out, &aligns, widths, &cells, mark)?;
        lines += 1;
        for item in table.further_items(row) {
            cells.clear();
            cells.extend((0..widths.len()).map(|column| Shown {
                paint: match style.lines {
                    Some(lines) if lines == column => table.paint(row, column, paint),
                    _ => Paint::PLAIN,
                },
                ..table.continued(row, column, item)
            }));
            values += line(out, &aligns, widths, &cells, mark)?;
            lines += 1;
        }
    }
    super::cut::count(values, lines);
    Ok(())
}

/// A listing that is being laid out.
struct Table<'l, 'a> {
    listing: &'l Listing<'a>,
    style: Style,
    headings: Vec<Shown<'l>>,
    /// The column that is drawn as a tree.
    tree: Option<usize>,
    /// The lines of the tree before each row.
    prefixes: Vec<String>,
}

impl<'l, 'a> Table<'l, 'a> {
    fn new(listing: &'l Listing<'a>, style: Style, tree: Option<usize>) -> Self {
        let headings = listing
            .columns
            .iter()
            .map(|column| Shown::new(style.name(column)));
        Self {
            listing,
            style,
            headings: headings.collect(),
            tree,
            prefixes: match tree {
                Some(_) => tree::prefixes(&listing.rows, style.ascii),
                None => Vec::new(),
            },
        }
    }

    /// A value. It is formatted twice, for its width and for the output, which costs less than keeping all values.
    fn shown(&self, row: usize, column: usize) -> Shown<'_> {
        let cell = &self.listing.rows[row].cells[column];
        let text = match self.items(row, column) {
            [first, _, ..] => Shown::new(escape_for_terminal(first)),
            _ => Shown::new(text_of(cell)),
        };
        let link = match cell {
            Cell::Text(path) if self.style.links == Some(column) => Some(&path[..]),
            _ => None,
        };
        match self.prefix(row, column) {
            Some(prefix) => Shown { link, ..text }.after(prefix),
            None => Shown { link, ..text },
        }
    }

    /// The lines of the tree before a value.
    fn prefix(&self, row: usize, column: usize) -> Option<&str> {
        let prefix = self.prefixes.get(row)?;
        (self.tree == Some(column)).then_some(prefix)
    }

    /// The look of a value.
    fn paint(&self, row: usize, column: usize, paint: &dyn Fn(usize, usize) -> Paint) -> Paint {
        if self.style.colours {
            paint(row, column).of(&self.listing.rows[row].cells[column])
        } else {
            Paint::PLAIN
        }
    }

    /// The items of a value that take a line each.
    fn items(&self, row: usize, column: usize) -> &[Cow<'a, [u8]>] {
        match &self.listing.rows[row].cells[column] {
            Cell::List(items) if self.style.lines == Some(column) => items,
            _ => &[],
        }
    }

    /// The items of a row for the lines below its first.
    fn further_items(&self, row: usize) -> impl Iterator<Item = &[u8]> {
        let items = self.style.lines.map(|column| self.items(row, column));
        items.into_iter().flatten().skip(1).map(|item| &**item)
    }

    /// The text of a column in a line below the first line of a row: an item, or the lines of the tree that continue.
    fn continued<'s>(&'s self, row: usize, column: usize, item: &'s [u8]) -> Shown<'s> {
        if self.style.lines == Some(column) {
            return Shown::new(escape_for_terminal(item));
        }
        let rows = &self.listing.rows;
        let text = match self.prefix(row, column) {
            Some(prefix) => {
                let has_children = rows.get(row + 1).is_some_and(|next| next.depth > rows[row].depth);
                Cow::Owned(tree::continued(prefix, has_children, self.style.ascii))
            }
            None => Cow::Borrowed(""),
        };
        Shown::new(text)
    }

    /// The columns of the terminal that a value takes.
    fn width(&self, row: usize, column: usize) -> usize {
        if let Cell::Text(text) = &self.listing.rows[row].cells[column]
            && let Some(width) = plain_width(text)
        {
            return width + self.prefix(row, column).map_or(0, tree::width);
        }
        let items = self.items(row, column).iter();
        let widths = items.map(|item| Shown::new(escape_for_terminal(item)).width);
        widths
            .chain([self.shown(row, column).width])
            .max()
            .unwrap_or_default()
    }

    /// Makes the columns as wide as their values.
    fn widen(&self, widths: &mut Vec<usize>) {
        widths.resize(self.headings.len(), 0);
        for (column, width) in widths.iter_mut().enumerate() {
            if self.style.headings {
                *width = self.headings[column].width.max(*width);
            }
            for row in 0..self.listing.rows.len() {
                *width = self.width(row, column).max(*width);
            }
        }
    }

    /// The widths of the values of a column.
    fn widths_of(&self, column: usize) -> Vec<usize> {
        let rows = 0..self.listing.rows.len();
        rows.map(|row| self.width(row, column)).collect()
    }

    /// The alignment of each column. A tree is always aligned left.
    fn aligns(&self) -> Vec<Align> {
        let columns = self.listing.columns.iter().enumerate();
        columns
            .map(|(index, column)| match self.tree {
                Some(tree) if tree == index => Align::Left,
                _ => column.holds.align(),
            })
            .collect()
    }
}

/// Writes a line. A value that is wider than its column ends in `mark`. Returns the number of these values.
fn line(
    out: &mut dyn Write,
    aligns: &[Align],
    widths: &[usize],
    cells: &[Shown<'_>],
    mark: char,
) -> io::Result<usize> {
    let mut narrowed = 0;
    // A line ends with its last value, without blanks.
    let end = cells
        .iter()
        .rposition(|cell| !cell.is_empty())
        .map_or(0, |last| last + 1);
    for (index, (cell, width)) in cells.iter().zip(widths).take(end).enumerate() {
        if index > 0 {
            out.write_all(b" ")?;
        }
        let cut = (cell.width > *width).then(|| cell.cut(*width, mark));
        narrowed += usize::from(cut.is_some());
        let shown = cut.as_ref().unwrap_or(cell);
        let blanks = width.saturating_sub(shown.width);
        if aligns[index] == Align::Right {
            pad(out, blanks)?;
        }
        shown.write(out)?;
        if aligns[index] == Align::Left && index + 1 < end {
            pad(out, blanks)?;
        }
    }
    out.write_all(b"\n")?;
    Ok(narrowed)
}

fn pad(out: &mut dyn Write, mut blanks: usize) -> io::Result<()> {
    const BLANKS: &[u8] = &[b' '; 64];
    while blanks > 0 {
        let now = blanks.min(BLANKS.len());
        out.write_all(&BLANKS[..now])?;
        blanks -= now;
    }
    Ok(())
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
    fn a_tree_of_numbers_grows_from_the_left() {
        let style = Style {
            shape: Shape::Tree(0),
            ..Style::default()
        };
        assert_eq!(
            written(&listing(), style),
            "PID  COMMAND\n1    init --wait\n└─22 a\\x0ab\n     ?\n"
        );
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
        let ascii = Style { ascii: true, ..style };
        assert!(written(&listing(), ascii).contains("init --~\n"));
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
    fn a_link_leads_to_the_path_and_takes_no_room() {
        let mut listing = listing();
        listing.rows[0].cells[1] = super::Cell::text(&b"/a b\xff"[..]);
        let style = Style {
            links: Some(1),
            headings: false,
            ..Style::default()
        };
        let first = "\u{1b}]8;;file:///a%20b%FF\u{1b}\\/a b\\xff\u{1b}]8;;\u{1b}\\\n";
        assert!(written(&listing, style).starts_with(&format!(" 1 {first}")));
    }

    #[test]
    fn colours_take_no_room() {
        let style = Style {
            shape: Shape::Tree(1),
            ..Style::default()
        };
        let plain = |text: &str| {
            let mut parts = text.split('\u{1b}');
            let mut plain = parts.next().unwrap_or_default().to_owned();
            plain.extend(parts.map(|part| part.split_once('m').expect("it ends").1));
            plain
        };
        let by_row = |row, _| [super::Paint::OWN, super::Paint::HIDDEN][row % 2];
        for width in [None, Some(12), Some(9)] {
            let mut bytes = Vec::new();
            let style = Style { width, ..style };
            let coloured = Style {
                colours: true,
                ..style
            };
            super::super::write_painted(&mut bytes, &listing(), coloured, &by_row).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(plain(&text), written(&listing(), style));
            assert!(text.contains("\u{1b}[1;31m?\u{1b}[0m"), "{text:?}");
            assert!(text.contains("\u{1b}[1m1\u{1b}[0m"), "{text:?}");
        }
    }

    #[test]
    fn a_table_in_parts_has_one_line_of_headings_and_never_narrower_columns() {
        let (mut bytes, mut parts) = (Vec::new(), super::super::Parts::default());
        let mut part = listing();
        for rows in [1..2, 0..1] {
            part.rows = listing().rows[rows].to_vec();
            parts.write(&mut bytes, &part, Style::default()).unwrap();
        }
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "PID COMMAND\n 22 a\\x0ab\n  1 init --wait\n"
        );
    }

    #[test]
    fn names_can_be_those_of_shell_variables() {
        static COLUMN: super::super::Heading = super::super::Heading::text("MAJ:MIN", "");
        let mut listing = listing();
        listing.columns[1] = &COLUMN;
        for shape in [Shape::Table, Shape::Raw, Shape::Pairs] {
            let style = Style {
                shape,
                shell_names: true,
                ..Style::default()
            };
            assert!(written(&listing, style).contains("MAJ_MIN"));
        }
    }

    #[test]
    fn items_take_a_line_each_beside_the_lines_of_the_tree() {
        let mut listing = listing();
        let items = || super::Cell::List(vec![b"/a"[..].into(), b"/b/c"[..].into(), b"/d"[..].into()]);
        listing.rows[0].cells[0] = items();
        listing.rows[1].cells[0] = items();
        let style = Style {
            shape: Shape::Tree(1),
            headings: false,
            lines: Some(0),
            ..Style::default()
        };
        assert_eq!(
            written(&listing, style),
            "  /a init --wait\n/b/c │\n  /d │\n  /a └─a\\x0ab\n/b/c\n  /d\n     ?\n"
        );
        let style = Style { lines: None, ..style };
        assert!(written(&listing, style).starts_with("/a,/b/c,/d init --wait\n"));
    }

    #[test]
    fn an_empty_table_has_no_headings() {
        let mut empty = listing();
        empty.rows.clear();
        assert_eq!(written(&empty, Style::default()), "");
    }
}
