//! `--input`: a list that `ns-ls -J --output-all` saved, perhaps on another host.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use ns_core::Kind;
use ns_core::cli::{read_file, read_whole, shown};
use ns_core::listing::{NAMESPACE_COLUMNS, NOT_LOOKED, NamespaceColumn};
use ns_core::output::{Cell, reason_in};
use serde_json::Value;

use crate::records::Records;
use crate::show::Said;

/// A saved list.
#[derive(Debug)]
pub struct Saved {
    /// The namespaces, with all columns that the file has; trees are flattened.
    pub records: Records<'static>,
    /// The fields beside the namespaces: what could not be read, and which places were not searched. A file of another
    /// program has neither.
    pub said: Said,
    /// The columns that the file does not have.
    lacking: Vec<NamespaceColumn>,
}

impl Saved {
    /// The parts that could not be read when the list was saved, in words.
    pub fn incomplete(&self) -> Option<&str> {
        self.said.incomplete.as_ref().and_then(reason_in)
    }

    /// The names of those of these columns that the file does not have.
    pub fn lacks(&self, columns: &[NamespaceColumn]) -> Vec<&'static str> {
        let lacking = self.lacking.iter().filter(|column| columns.contains(column));
        lacking.map(|column| column.heading.name).collect()
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
        .context("it has no array \"namespaces\": create it with -J --output-all")?;
    let columns = NAMESPACE_COLUMNS.to_vec();
    let mut rows = Vec::new();
    collect(objects, &columns, &unread_in(&value), &mut rows)?;
    let is_lacking = |(place, _): &(usize, &NamespaceColumn)| {
        !rows.is_empty() && rows.iter().all(|row| row[*place] == Cell::NotAsked)
    };
    let lacking = columns.iter().enumerate().filter(is_lacking);
    let lacking = lacking.map(|(_, column)| *column).collect();
    let not_looked = value.get(NOT_LOOKED).map(|places| (NOT_LOOKED, places.clone()));
    Ok(Saved {
        records: Records::new(columns, rows),
        said: Said {
            incomplete: value.get("incomplete").cloned(),
            remarks: not_looked.into_iter().collect(),
        },
        lacking,
    })
}

/// The keys of the columns that have unreadable values. The file does not say in which rows.
fn unread_in(value: &Value) -> Vec<&str> {
    let columns = value["incomplete"]["columns"].as_array();
    columns.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn collect(
    objects: &[Value],
    columns: &[NamespaceColumn],
    unread: &[&str],
    rows: &mut Vec<Vec<Cell<'static>>>,
) -> Result<()> {
    for object in objects {
        ensure!(object.is_object(), "a namespace in it is not an object");
        ensure!(
            object["ns"].is_u64() && object["type"].is_string(),
            "a namespace in it has no \"ns\" and \"type\""
        );
        let row = columns.iter().map(|column| cell(object, column, unread));
        rows.push(row.collect::<Result<_>>()?);
        if let Some(children) = object["children"].as_array() {
            collect(children, columns, unread, rows)?;
        }
    }
    Ok(())
}

/// The value of a column. A key that is not there was not asked for when the file was made.
fn cell(object: &Value, column: NamespaceColumn, unread: &[&str]) -> Result<Cell<'static>> {
    let key = column.heading.key();
    let Some(value) = object.get(&key) else {
        return Ok(Cell::NotAsked);
    };
    let wrong = || format!("\"{key}\" of a namespace in it is {value}");
    Ok(match value {
        Value::Null => null(object, column, unread),
        Value::Number(number) => Cell::Number(number.as_u64().with_context(wrong)?),
        Value::Bool(flag) => Cell::Flag(*flag),
        // Bytes that are not text are in a field beside it.
        Value::String(text) => Cell::Text(Cow::Owned(
            bytes(&object[format!("{key}-bytes")]).unwrap_or_else(|| text.clone().into_bytes()),
        )),
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            Cell::Numbers(items.iter().filter_map(Value::as_u64).collect())
        }
        Value::Array(items) => {
            let beside = &object[format!("{key}-bytes")];
            let item = |(index, item): (usize, &Value)| {
                let text = || Some(item.as_str()?.as_bytes().to_vec());
                bytes(&beside[index]).or_else(text).map(Cow::Owned)
            };
            let items: Option<_> = items.iter().enumerate().map(item).collect();
            Cell::List(items.with_context(wrong)?)
        }
        Value::Object(_) => bail!(wrong()),
    })
}

/// The meaning of null: a value that could not be read, if there are some in the column and the namespace is of a kind
/// that has such values.
fn null(object: &Value, column: NamespaceColumn, unread: &[&str]) -> Cell<'static> {
    let kind: Option<Kind> = object["type"].as_str().and_then(|kind| kind.parse().ok());
    let has_values = kind.is_none_or(|kind| column.needs.kinds.contains(kind));
    if has_values && unread.contains(&&*column.heading.key()) {
        Cell::unreadable_elsewhere()
    } else {
        Cell::Absent
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

/// Checks what holds for any file: a list that is written again is the same list, and each tree has every namespace once.
#[cfg(any(test, fuzzing))]
pub fn check_saved(text: &[u8]) {
    use crate::tree::{self, Relation};

    let Ok(saved) = parse(text) else { return };
    let written = written(&saved);
    let again = parse(&written).expect("it was written here");
    assert_eq!(again.records.len(), saved.records.len());
    assert_eq!(self::written(&again), written);
    for relation in [
        Relation::Owner,
        Relation::Parent,
        Relation::Process,
        Relation::EarlierProcess,
    ] {
        let mut places: Vec<_> = tree::tree(&saved.records, relation)
            .into_iter()
            .map(|(record, _)| record)
            .collect();
        places.sort_unstable();
        assert!(places.into_iter().eq(0..saved.records.len()));
        tree::missing(&saved.records, relation, |inode| {
            saved.records.find(&ns_core::listing::NS, inode)
        });
    }
}

/// The list in JSON.
#[cfg(any(test, fuzzing))]
fn written(saved: &Saved) -> Vec<u8> {
    use ns_core::output::{Listing, Row, Shape, Style, headings, write};

    let rows = (0..saved.records.len()).map(|record| Row {
        depth: 0,
        cells: saved.records.cells(record, NAMESPACE_COLUMNS),
    });
    let listing = Listing {
        name: "namespaces",
        columns: headings(NAMESPACE_COLUMNS),
        rows: rows.collect(),
        incomplete: None,
        remarks: Vec::new(),
    };
    let style = Style {
        shape: Shape::Json,
        ..Style::default()
    };
    let mut out = Vec::new();
    write(&mut out, &listing, style).expect("there is memory");
    out
}

#[cfg(test)]
mod tests {
    use ns_core::listing;
    use proptest::prelude::*;

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
    fn null_is_unreadable_where_the_file_says_so_and_a_lacking_key_was_not_asked_for() {
        let saved = parse(
            br#"{"namespaces": [{"ns": 1, "type": "uts", "hostname": null, "unit": null},
                 {"ns": 2, "type": "net", "hostname": null}, {"ns": 3, "type": "uts", "hostname": "x"}],
                 "incomplete": {"columns": ["hostname"], "reason": "why"}}"#,
        )
        .unwrap();
        let cell = |record, column| saved.records.cell(record, column).clone();
        assert!(matches!(cell(0, &listing::HOSTNAME), Cell::Unreadable(_)));
        assert_eq!(cell(0, &listing::UNIT), Cell::Absent);
        assert_eq!(cell(1, &listing::HOSTNAME), Cell::Absent);
        assert_eq!(cell(2, &listing::UNIT), Cell::NotAsked);
        let columns = [&listing::NS, &listing::UNIT, &listing::OWN];
        assert_eq!(saved.lacks(&columns), ["OWN"]);
    }

    #[test]
    fn a_value_of_another_type_is_an_error() {
        for value in ["-1", "1.5", "{}", "[null]", "[1, \"a\"]"] {
            let text = format!(r#"{{"namespaces": [{{"ns": 1, "type": "uts", "nprocs": {value}}}]}}"#);
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("\"nprocs\" of a namespace in it is "), "{error}");
        }
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

    proptest! {
        #[test]
        fn any_list_is_read_and_written(
            numbers in proptest::collection::vec(0_u64..5, 12),
            text in ".{0,6}",
            digits in "[0-9a-f\u{e9}]{0,6}",
        ) {
            let rows = numbers.chunks(4).map(|row| serde_json::json!({
                "ns": row[0], "type": text, "pid": row[1], "ppid": row[2], "ons": row[3], "pns": row[2],
                "command": text, "command-bytes": digits, "nsfs": [text, "x"], "nsfs-bytes": [digits],
            }));
            let rows: Vec<Value> = rows.collect();
            check_saved(serde_json::json!({ "namespaces": rows }).to_string().as_bytes());
            check_saved(text.as_bytes());
        }
    }
}
