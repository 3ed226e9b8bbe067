//! The lines of the label of a node.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

use super::Node;
use crate::escape::escape_for_terminal;

/// The most columns of a line that may be cut.
const WIDEST: usize = 60;

/// The title and one line for each value that is known or could not be read, without characters that hide or break a
/// line.
pub(super) fn lines(node: &Node<'_>, whole: bool) -> Vec<String> {
    let title = escape_for_terminal(&node.title).into_owned();
    let values = node.columns.iter().zip(&node.cells).filter_map(|(column, cell)| {
        let is_unreadable = matches!(cell, super::Cell::Unreadable(_));
        let is_titled = node.titled.contains(&column.name);
        ((cell.is_known() || is_unreadable) && !is_titled)
            .then(|| format!("{}: {}", column.key(), escape_for_terminal(&cell.plain())))
    });
    let lines = std::iter::once(title).chain(values);
    lines.map(|line| if whole { line } else { cut(line) }).collect()
}

/// The text beside an edge.
pub(super) fn text(label: &[u8]) -> Cow<'_, str> {
    escape_for_terminal(label)
}

fn cut(line: String) -> String {
    let mut width = 0;
    let mut end = 0;
    for (at, character) in line.char_indices() {
        width += character.width().unwrap_or(0);
        if width < WIDEST {
            end = at + character.len_utf8();
        }
    }
    if width <= WIDEST {
        line
    } else {
        format!("{}…", &line[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_between_characters() {
        assert_eq!(cut("x".repeat(60)), "x".repeat(60));
        assert_eq!(cut("x".repeat(61)), "x".repeat(59) + "…");
        // Each takes two columns.
        assert_eq!(cut("日".repeat(40)), "日".repeat(29) + "…");
    }
}
