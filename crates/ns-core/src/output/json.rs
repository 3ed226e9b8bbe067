//! JSON: one object with one array. Each row is one line, so that the text can be read, searched and compared.

mod key_lines;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serializer;

use super::incomplete;
use super::tree::LEVELS;
use super::{Cell, Heading, Listing, Row, Style};
use crate::escape::escape_json;

/// Writes `{"name": [rows…], "incomplete": …, remarks…}`.
pub(super) fn write(out: &mut dyn Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    if style.key_lines {
        return key_lines::write(out, listing, style);
    }
    write!(out, "{{\n  {}: [", string(listing.name))?;
    let mut open = 0;
    for (index, row) in listing.rows.iter().enumerate() {
        let next = listing.rows.get(index + 1).map_or(0, |next| next.depth);
        let first = index == 0 || row.depth > listing.rows[index - 1].depth;
        write!(
            out,
            "{}\n{:indent$}",
            if first { "" } else { "," },
            "",
            indent = indent(row.depth)
        )?;
        let object = object(&listing.columns, row, style)?;
        if next > row.depth {
            // The children are part of the object, so it stays open until they are written.
            let fields = object.strip_suffix('}').unwrap_or(&object);
            let comma = if fields.len() > 1 { ", " } else { "" };
            write!(out, "{fields}{comma}\"children\": [")?;
            open += 1;
        } else {
            out.write_all(object.as_bytes())?;
        }
        while open > next {
            open -= 1;
            write!(out, "\n{:indent$}]}}", "", indent = indent(open))?;
        }
    }
    let end = if listing.rows.is_empty() { "]" } else { "\n  ]" };
    out.write_all(end.as_bytes())?;
    if style.remarks {
        beside(out, listing.incomplete.as_ref(), &listing.remarks)?;
    }
    out.write_all(b"\n}\n")
}

/// Writes the fields beside the rows.
pub(super) fn beside(
    out: &mut dyn Write,
    incomplete: Option<&serde_json::Value>,
    remarks: &[(&'static str, serde_json::Value)],
) -> io::Result<()> {
    for (name, value) in fields_beside(incomplete, remarks) {
        write!(out, ",\n  {}: {}", string(name), escape_json(&value.to_string()))?;
    }
    Ok(())
}

/// The fields beside the rows.
fn fields_beside<'l>(
    incomplete: Option<&'l serde_json::Value>,
    remarks: &'l [(&'static str, serde_json::Value)],
) -> impl Iterator<Item = (&'static str, &'l serde_json::Value)> {
    let incomplete = incomplete.map(|value| (incomplete::KEY, value));
    let remarks = remarks.iter().map(|(name, value)| (*name, value));
    incomplete.into_iter().chain(remarks)
}

/// The blanks before a row at this depth; not more levels than a drawn tree has.
fn indent(depth: usize) -> usize {
    4 + 2 * depth.min(LEVELS)
}

/// One row as an object in one line.
pub(super) fn object(columns: &[&'static Heading], row: &Row<'_>, style: Style) -> io::Result<String> {
    let mut bytes = Vec::new();
    serde_json::Serializer::new(&mut bytes).collect_map(fields(columns, row, style))?;
    let text = String::from_utf8(bytes).expect("serde_json writes UTF-8");
    Ok(match escape_json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(escaped) => escaped,
    })
}

/// The fields of a row: each column, and beside a value that is no text its bytes.
fn fields<'c>(columns: &[&'static Heading], row: &'c Row<'_>, style: Style) -> Vec<(String, Field<'c>)> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut written = HashSet::new();
    for (column, cell) in columns.iter().zip(&row.cells) {
        // A column can be chosen twice, but an object has a key only once.
        if !written.insert(column.name) {
            continue;
        }
        let key = style.key(column);
        let blank = if style.shell_names { '_' } else { '-' };
        let no_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_err();
        let bytes = match cell {
            Cell::Text(bytes) if no_text(bytes) => Some(Field::Bytes(hexadecimal(bytes))),
            Cell::List(items) if items.iter().any(|item| no_text(item)) => Some(Field::ListOfBytes(
                items.iter().map(|item| hexadecimal(item)).collect(),
            )),
            _ => None,
        };
        let bytes = bytes.map(|bytes| (format!("{key}{blank}bytes"), bytes));
        fields.push((key, Field::Cell(cell)));
        fields.extend(bytes);
    }
    fields
}

/// The value of a field.
enum Field<'c> {
    Cell(&'c Cell<'c>),
    Bytes(String),
    ListOfBytes(Vec<String>),
}

impl serde::Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cell = match self {
            Self::Cell(cell) => *cell,
            Self::Bytes(bytes) => return serializer.serialize_str(bytes),
            Self::ListOfBytes(items) => return serializer.collect_seq(items),
        };
        match cell {
            Cell::Absent | Cell::Unreadable(_) | Cell::NotTold | Cell::NotAsked => {
                serializer.serialize_unit()
            }
            Cell::Number(number) => serializer.serialize_u64(*number),
            Cell::Negative(number) => serializer.serialize_i64(*number),
            Cell::Flag(flag) => serializer.serialize_bool(*flag),
            Cell::Text(bytes) => serializer.serialize_str(&String::from_utf8_lossy(bytes)),
            Cell::List(items) => {
                serializer.collect_seq(items.iter().map(|item| String::from_utf8_lossy(item)))
            }
            Cell::Numbers(items) => serializer.collect_seq(items),
        }
    }
}

/// Bytes as hexadecimal digits, for JSON of bytes that are not text.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn string(text: &str) -> serde_json::Value {
    text.into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{listing, trees, written};
    use super::super::{Cell, Shape, Style};

    fn parsed(listing: &super::Listing<'_>) -> serde_json::Value {
        let style = Style {
            shape: Shape::Json,
            ..Style::default()
        };
        serde_json::from_str(&written(listing, style)).unwrap()
    }

    #[test]
    fn rows_hold_their_children() {
        assert_eq!(
            parsed(&listing()),
            serde_json::json!({"processes": [
                {"pid": 1, "command": "init --wait", "children": [{"pid": 22, "command": "a\nb"}]},
                {"pid": null, "command": null},
            ]})
        );
    }

    #[test]
    fn trees_of_any_shape_are_valid() {
        for tree in trees() {
            parsed(&tree);
        }
    }

    #[test]
    fn a_deep_tree_takes_no_more_room_than_a_flat_one() {
        let mut tree = listing();
        let row = |depth| super::Row {
            depth,
            cells: vec![Cell::Number(1), Cell::Absent],
        };
        tree.rows = (0..1000).map(row).collect();
        let style = Style {
            shape: Shape::Json,
            ..Style::default()
        };
        let text = written(&tree, style);
        assert!(text.lines().all(|line| line.len() < 200), "{text}");
    }

    #[test]
    fn bytes_that_are_no_text_stand_beside_it() {
        let mut odd = listing();
        odd.rows[0].cells[1] = Cell::text(&b"a\xff"[..]);
        odd.rows[1].cells[1] = Cell::List(vec![b"b"[..].into(), b"\xfe"[..].into()]);
        odd.rows[2].cells[1] = Cell::Numbers(vec![1, 2]);
        odd.remarks
            .push(("incomplete", serde_json::json!({"processes": 3})));
        let value = parsed(&odd);
        assert_eq!(value["processes"][0]["command"], "a\u{fffd}");
        assert_eq!(value["processes"][0]["command-bytes"], "61ff");
        let inner = &value["processes"][0]["children"][0];
        assert_eq!(inner["command"], serde_json::json!(["b", "\u{fffd}"]));
        assert_eq!(inner["command-bytes"], serde_json::json!(["62", "fe"]));
        assert_eq!(value["processes"][1]["command"], serde_json::json!([1, 2]));
        assert_eq!(value["incomplete"]["processes"], 3);
    }

    #[test]
    fn keys_can_be_names_of_shell_variables() {
        static COLUMN: super::Heading = super::Heading::text("USE%", "");
        let mut odd = listing();
        odd.columns[1] = &COLUMN;
        odd.rows[0].cells[1] = Cell::text(&b"a\xff"[..]);
        let style = Style {
            shape: Shape::Json,
            shell_names: true,
            ..Style::default()
        };
        let written = written(&odd, style);
        assert!(
            written.contains("\"use_pct\":\"a\u{fffd}\",\"use_pct_bytes\":\"61ff\""),
            "{written}"
        );
    }

    #[test]
    fn an_empty_list_is_an_empty_array() {
        let mut empty = listing();
        empty.rows.clear();
        assert_eq!(parsed(&empty), serde_json::json!({"processes": []}));
    }
}
