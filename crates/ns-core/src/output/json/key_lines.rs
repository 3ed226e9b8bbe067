//! JSON with a line for each key, in the layout of findmnt(8) and lsns(8): scripts search its lines.

use std::io::{self, Write};

use serde_json::Value;

use super::super::tree::LEVELS;
use super::super::{Listing, Style};
use super::{fields, fields_beside, string};
use crate::escape::escape_json;

pub(super) fn write(out: &mut dyn Write, listing: &Listing<'_>, style: Style) -> io::Result<()> {
    write!(out, "{{\n   {}: [", string(listing.name))?;
    let mut before = None;
    for (index, row) in listing.rows.iter().enumerate() {
        let indent = indent(row.depth);
        if before.is_none_or(|depth| row.depth > depth) {
            write!(out, "\n{:indent$}{{", "")?;
        } else {
            out.write_all(b",{")?;
        }
        before = Some(row.depth);
        for (index, (key, value)) in fields(&listing.columns, row, style).iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}\n{:indent$}   {}: ", "", string(key))?;
            write_value(out, &serde_json::to_value(value)?, indent + 7)?;
        }
        let next = listing.rows.get(index + 1).map_or(0, |next| next.depth);
        if next > row.depth {
            let comma = if listing.columns.is_empty() { "" } else { "," };
            write!(out, "{comma}\n{:indent$}   \"children\": [", "")?;
            continue;
        }
        write!(out, "\n{:indent$}}}", "")?;
        for depth in (next..row.depth).rev() {
            let indent = self::indent(depth);
            write!(out, "\n{:indent$}   ]\n{:indent$}}}", "", "")?;
        }
    }
    out.write_all(b"\n   ]")?;
    let beside = fields_beside(listing.incomplete.as_ref(), &listing.remarks);
    for (name, value) in beside.filter(|_| style.remarks) {
        write!(out, ",\n   {}: {}", string(name), escape_json(&value.to_string()))?;
    }
    out.write_all(b"\n}\n")
}

/// Writes a value. The items of a list have a line each.
fn write_value(out: &mut dyn Write, value: &Value, indent: usize) -> io::Result<()> {
    let Value::Array(items) = value else {
        return write!(out, "{}", escape_json(&value.to_string()));
    };
    out.write_all(b"[")?;
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\n{:indent$}{}", "", escape_json(&item.to_string()))?;
    }
    let outer = indent - 4;
    write!(out, "\n{:outer$}]", "")
}

/// The blanks before a row at this depth; not more levels than a drawn tree has.
fn indent(depth: usize) -> usize {
    6 + 6 * depth.min(LEVELS)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{listing, trees, written};
    use super::super::super::{Cell, Shape, Style};

    fn style(key_lines: bool) -> Style {
        Style {
            shape: Shape::Json,
            key_lines,
            ..Style::default()
        }
    }

    #[test]
    fn each_key_has_a_line() {
        let mut listing = listing();
        listing.rows[2].cells[1] = Cell::List(vec![b"a"[..].into(), b"b"[..].into()]);
        let expected = r#"{
   "processes": [
      {
         "pid": 1,
         "command": "init --wait",
         "children": [
            {
               "pid": 22,
               "command": "a\nb"
            }
         ]
      },{
         "pid": null,
         "command": [
             "a",
             "b"
         ]
      }
   ]
}
"#;
        assert_eq!(written(&listing, style(true)), expected);
    }

    #[test]
    fn trees_of_any_shape_are_those_of_the_other_layout() {
        for tree in trees() {
            let parsed = |key_lines| -> serde_json::Value {
                serde_json::from_str(&written(&tree, style(key_lines))).unwrap()
            };
            assert_eq!(parsed(true), parsed(false));
        }
    }
}
