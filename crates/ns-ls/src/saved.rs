//! `--input`: what `ns-ls -J --output-all` saved, on another host or at another time.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use ns_core::cli::{read_file, read_whole, shown};
use ns_core::listing::{NAMESPACE_COLUMNS, NOT_LOOKED, NamespaceColumn};
use ns_core::output::{Cell, reason_in};
use serde_json::Value;

use crate::records::Records;
use crate::show::Said;

/// What a file says.
#[derive(Debug)]
pub struct Saved {
    /// The namespaces, with all columns that the file has; trees are taken apart.
    pub records: Records<'static>,
    /// What stood beside them: what could not be read, and which places were not searched. A file of another program has
    /// neither, and says nothing about it.
    pub said: Said,
}

impl Saved {
    /// What could not be read when it was saved, in words.
    pub fn incomplete(&self) -> Option<&str> {
        self.said.incomplete.as_ref().and_then(reason_in)
    }
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Saved> {
    let name = shown(path);
    let text = if path == Path::new("-") {
        read_whole(std::io::stdin())
    } else {
        read_file(path)
    }
    .with_context(|| format!("cannot read {name}"))?;
    parse(&text).with_context(|| format!("cannot list {name}"))
}

fn parse(text: &[u8]) -> Result<Saved> {
    let value: Value = serde_json::from_slice(text).context("not JSON")?;
    let objects = value["namespaces"]
        .as_array()
        .context("it has no array \"namespaces\": create it with ns-ls -J --output-all")?;
    let columns = NAMESPACE_COLUMNS.to_vec();
    let mut rows = Vec::new();
    collect(objects, &columns, &mut rows)?;
    let not_looked = value.get(NOT_LOOKED).map(|places| (NOT_LOOKED, places.clone()));
    Ok(Saved {
        records: Records::new(columns, rows),
        said: Said {
            incomplete: value.get("incomplete").cloned(),
            remarks: not_looked.into_iter().collect(),
        },
    })
}

fn collect(objects: &[Value], columns: &[NamespaceColumn], rows: &mut Vec<Vec<Cell<'static>>>) -> Result<()> {
    for object in objects {
        ensure!(object.is_object(), "a namespace in it is not an object");
        ensure!(
            object["ns"].is_u64() && object["type"].is_string(),
            "a namespace in it has no \"ns\" and \"type\""
        );
        rows.push(columns.iter().map(|column| cell(object, column)).collect());
        if let Some(children) = object["children"].as_array() {
            collect(children, columns, rows)?;
        }
    }
    Ok(())
}

fn cell(object: &Value, column: NamespaceColumn) -> Cell<'static> {
    let key = column.heading.key();
    match &object[&key] {
        Value::Number(number) => number.as_u64().map_or(Cell::Absent, Cell::Number),
        Value::Bool(flag) => Cell::Flag(*flag),
        // Bytes that are no text stand beside it.
        Value::String(text) => Cell::Text(Cow::Owned(
            bytes(&object[format!("{key}-bytes")]).unwrap_or_else(|| text.clone().into_bytes()),
        )),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            Cell::Numbers(items.iter().filter_map(Value::as_u64).collect())
        }
        Value::Array(items) => {
            let beside = &object[format!("{key}-bytes")];
            let items = items.iter().enumerate().filter_map(|(index, item)| {
                let text = || Some(item.as_str()?.as_bytes().to_vec());
                bytes(&beside[index]).or_else(text).map(Cow::Owned)
            });
            Cell::List(items.collect())
        }
        Value::Null | Value::Object(_) => Cell::Absent,
    }
}

fn bytes(hexadecimal: &Value) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_str()?;
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use ns_core::listing;

    use super::*;

    #[test]
    fn records_are_read_with_their_bytes_and_their_children() {
        let records = parse(
            br#"{"namespaces": [{"ns": 1, "type": "net", "nsfs": ["/a", "/?"], "nsfs-bytes": ["2f61", "2ffe"],
                 "command": "x?",
                 "command-bytes": "78ff", "initial": false, "pid": null, "same": [3, 4],
                 "children": [{"ns": 2, "type": "uts"}]}]}"#,
        )
        .unwrap()
        .records;
        assert_eq!(records.len(), 2);
        assert_eq!(records.cell(0, &listing::NS), &Cell::Number(1));
        assert_eq!(records.cell(0, &listing::COMMAND), &Cell::text(&b"x\xff"[..]));
        assert_eq!(records.cell(0, &listing::INITIAL), &Cell::Flag(false));
        assert_eq!(records.cell(0, &listing::PID), &Cell::Absent);
        assert_eq!(records.cell(0, &listing::SAME), &Cell::Numbers(vec![3, 4]));
        assert_eq!(records.cell(0, &listing::NSFS).plain(), &b"/a,/\xfe"[..]);
        assert_eq!(records.cell(1, &listing::NS), &Cell::Number(2));
    }

    #[test]
    fn what_stood_beside_them_is_kept() {
        let saved = parse(br#"{"namespaces": [], "incomplete": {"reason": "why"}, "x": 1}"#).unwrap();
        assert_eq!(saved.incomplete(), Some("why"));
        assert!(saved.said.remarks.is_empty());
        let saved = parse(br#"{"namespaces": [], "incomplete": null, "not-looked": ["pins"]}"#).unwrap();
        assert_eq!(saved.incomplete(), None);
        assert_eq!(saved.said.incomplete, Some(Value::Null));
        assert_eq!(saved.said.remarks, [("not-looked", serde_json::json!(["pins"]))]);
        assert_eq!(parse(br#"{"namespaces": []}"#).unwrap().said, Said::default());
    }

    #[test]
    fn what_is_no_list_of_namespaces_is_said_to_be_none() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"namespaces": [1]}"#,
            r#"{"namespaces": [{}]}"#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
