//! The lines and corners before the rows of a tree.

use super::Row;

/// The most levels that are drawn, which is more than a person reads. Users who may mount or fork can make thousands of
/// levels, and lines for each level of each row would take too much room.
pub(super) const LEVELS: usize = 64;

/// The strings for drawing a tree, each two columns wide.
struct Glyphs {
    /// The mark before a row with a sibling below it.
    branch: &'static str,
    /// The mark before the last sibling.
    last: &'static str,
    /// The line below a row with a sibling further down.
    line: &'static str,
    /// The blanks below the last sibling.
    gap: &'static str,
    /// The mark for the levels that are not drawn.
    more: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    branch: "├─",
    last: "└─",
    line: "│ ",
    gap: "  ",
    more: "… ",
};

const ASCII: Glyphs = Glyphs {
    branch: "|-",
    last: "`-",
    line: "| ",
    gap: "  ",
    more: ": ",
};

/// The texts before the rows, in order. A root has none.
pub(super) fn prefixes(rows: &[Row<'_>], ascii: bool) -> Vec<String> {
    let glyphs = if ascii { &ASCII } else { &UNICODE };
    let last = last_siblings(rows);
    // For each row above this one, up to its root: true if its line continues below.
    let mut lines: Vec<bool> = Vec::new();
    rows.iter()
        .zip(last)
        .map(|(row, last)| {
            lines.truncate(row.depth);
            let prefix = match row.depth {
                0 => String::new(),
                _ => lines[1..row.depth.min(LEVELS)]
                    .iter()
                    .map(|goes_on| if *goes_on { glyphs.line } else { glyphs.gap })
                    .chain((row.depth > LEVELS).then_some(glyphs.more))
                    .chain([if last { glyphs.last } else { glyphs.branch }])
                    .collect(),
            };
            lines.push(!last);
            prefix
        })
        .collect()
}

/// The columns of the terminal that these lines take: one for each character.
pub(super) fn width(prefix: &str) -> usize {
    prefix.chars().count()
}

/// The text below a row whose own line starts with `prefix`: the lines that lead to the rows further down.
pub(super) fn continued(prefix: &str, has_children: bool, ascii: bool) -> String {
    let glyphs = if ascii { &ASCII } else { &UNICODE };
    let own = if let Some(above) = prefix.strip_suffix(glyphs.branch) {
        format!("{above}{}", glyphs.line)
    } else if let Some(above) = prefix.strip_suffix(glyphs.last) {
        format!("{above}{}", glyphs.gap)
    } else {
        String::new()
    };
    let below = if has_children { glyphs.line } else { "" };
    format!("{own}{below}").trim_end().to_owned()
}

/// For each row, true if it is the last child of its parent. The rows are read from below, so that the next sibling is
/// already known.
fn last_siblings(rows: &[Row<'_>]) -> Vec<bool> {
    let mut sibling_below: Vec<bool> = Vec::new();
    let mut last: Vec<bool> = rows
        .iter()
        .rev()
        .map(|row| {
            let seen = sibling_below.get(row.depth) == Some(&true);
            sibling_below.resize(row.depth, false);
            sibling_below.push(true);
            !seen
        })
        .collect();
    last.reverse();
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(depths: &[usize]) -> Vec<Row<'static>> {
        depths
            .iter()
            .map(|depth| Row {
                depth: *depth,
                cells: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn each_row_is_joined_to_its_parent() {
        assert_eq!(
            prefixes(&rows(&[0, 1, 2, 2, 1, 2, 3, 0, 1]), false),
            ["", "├─", "│ ├─", "│ └─", "└─", "  └─", "    └─", "", "└─"]
        );
    }

    #[test]
    fn a_row_deep_down_has_no_longer_lines_than_others() {
        let depths: Vec<usize> = (0..1000).collect();
        let prefixes = prefixes(&rows(&depths), true);
        assert_eq!(prefixes[LEVELS], format!("{}`-", "  ".repeat(LEVELS - 1)));
        for prefix in &prefixes[LEVELS + 1..] {
            assert_eq!(*prefix, format!("{}: `-", "  ".repeat(LEVELS - 1)));
        }
    }

    #[test]
    fn a_tree_can_do_without_unicode() {
        assert_eq!(prefixes(&rows(&[0, 1, 1]), true), ["", "|-", "`-"]);
    }
}
