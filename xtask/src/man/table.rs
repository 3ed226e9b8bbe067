//! Tables of the prose, written as `topic | relative | ours`, into tbl(1), which groff and mandoc both read.

use anyhow::{Result, ensure};

use super::mdoc;

/// The widths of the columns, in characters. With two gaps of three, they fill a section of a page at 80 columns.
const WIDTHS: [usize; 3] = [14, 25, 26];

/// A table with these headings. A row starts at the margin and continues in indented lines.
pub fn table(headings: &str, lines: &[&str]) -> Result<String> {
    let layout = |font: &str| {
        let columns = WIDTHS.map(|width| format!("l{font}w({width}n)"));
        columns.join(" ")
    };
    // Rows can be divided between pages, because groff complains about a row near the end of a page.
    let mut out = format!(".TS\nnokeep;\n{}\n{}.\n", layout("b"), layout(""));
    out += &cells(headings)?.join("\t");
    out += "\n_\n";
    let mut rows: Vec<String> = Vec::new();
    for line in lines {
        match rows.last_mut() {
            Some(row) if line.starts_with(' ') => {
                row.push(' ');
                *row += line.trim();
            }
            _ => rows.push((*line).to_owned()),
        }
    }
    let rows = rows
        .iter()
        .map(|row| Ok(cells(row)?.map(block).join("\t")))
        .collect::<Result<Vec<_>>>()?;
    // There is an empty line between two rows, because a cell can have several lines.
    out += &rows.join("\n\n");
    Ok(out + "\n.TE")
}

/// The cells of a row.
fn cells(row: &str) -> Result<[&str; 3]> {
    let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
    let count = cells.len();
    let cells: Option<[&str; 3]> = cells.try_into().ok();
    ensure!(cells.is_some(), "{row:?} has {count} cells and not three");
    Ok(cells.unwrap_or_default())
}

/// A cell whose text is filled like a paragraph.
fn block(text: &str) -> String {
    format!("T{{\n{}T}}", mdoc::text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_may_take_several_lines() {
        let text = table(
            "Topic | old | new",
            &["Signals | are", "  lost | arrive", "-f | a | b"],
        )
        .unwrap();
        assert_eq!(
            text,
            ".TS\nnokeep;\nlbw(14n) lbw(25n) lbw(26n)\nlw(14n) lw(25n) lw(26n).\nTopic\told\tnew\n_\n\
             T{\nSignals\nT}\tT{\nare lost\nT}\tT{\narrive\nT}\n\n\
             T{\n\\fB\\%\\-f\\fR\nT}\tT{\na\nT}\tT{\nb\nT}\n.TE"
        );
    }

    #[test]
    fn a_row_has_three_cells() {
        assert!(table("a | b | c", &["one | two"]).is_err());
        assert!(table("a | b", &[]).is_err());
    }
}
