//! The output of a listing that lacks something, compared with the whole one: values may be missing, and no value may be
//! another one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{exceptions, scenes, verdict};

/// How much a listing may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Values, which are `?`, empty or null, as ns-utils(7) says.
    Values,
    /// Rows too, and what the lost ones were counted for: a note says that the list is incomplete.
    Rows,
}

/// True if the JSON has nothing that the whole one lacks.
pub fn is_part_of_json(whole: &Value, part: &Value, lack: Lack) -> bool {
    match lack {
        Lack::Values => is_part_of_value(whole, part, lack),
        // The rows below a missing one have moved.
        Lack::Rows => matched(&flat(whole), &flat(part), lack, |whole, part| {
            is_part_of_value(whole, part, lack)
        }),
    }
}

/// Every object, without those that are in it.
fn flat(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let is_inner = |value: &Value| value.is_object() || value.is_array();
            let own = fields.iter().filter(|(_, value)| !is_inner(value));
            let own = own.map(|(name, value)| (name.clone(), value.clone())).collect();
            let tells = |name: &String| TELLING.contains(&name.as_str());
            let inner = fields.iter().filter(|(name, _)| !tells(name));
            let inner = inner.flat_map(|(_, value)| flat(value));
            std::iter::once(Value::Object(own)).chain(inner).collect()
        }
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        _ => Vec::new(),
    }
}

/// Fields that say what is missing.
const TELLING: [&str; 3] = ["incomplete", "not-looked", "reason"];

fn is_part_of_value(whole: &Value, part: &Value, lack: Lack) -> bool {
    match (whole, part) {
        (_, Value::Null) => true,
        (Value::Object(whole), Value::Object(part)) => part.iter().all(|(name, value)| {
            let tells = TELLING.contains(&name.as_str());
            let is_part = |whole| is_part_of_value(whole, value, lack);
            tells || whole.get(name).is_some_and(is_part)
        }),
        (Value::Array(whole), Value::Array(part)) => matched(whole, part, lack, |whole, part| {
            is_part_of_value(whole, part, lack)
        }),
        // A number can count rows that are missing.
        (Value::Number(_), Value::Number(_)) => whole == part || lack == Lack::Rows,
        (Value::String(whole), Value::String(part)) => is_part_of_row(whole, part, lack),
        (whole, part) => whole == part,
    }
}

/// True if each row of the output is part of another row of the whole one. Both are as `verdict` compares them.
pub fn is_part_of_rows(whole: &str, part: &str, lack: Lack) -> bool {
    let whole: Vec<&str> = whole.lines().collect();
    let part: Vec<&str> = part.lines().collect();
    matched(&whole, &part, lack, |whole, part| {
        is_part_of_row(whole, part, lack)
    })
}

/// True if the changes of a run among hostile names are the usual ones, and such as follow from those names. Places in
/// the table of mounts, the directories of names, and the former names of the host are not compared.
pub fn are_changes_part(usual: &Value, now: &Value) -> bool {
    let (usual, now) = (moved_out(usual), moved_out(now));
    // A name that was there becomes shared with its directory.
    let is_pinned = |line: &String| !line[1..].starts_with("file ") && line.contains(" /run/");
    usual.is_subset(&now) && now.difference(&usual).all(is_pinned)
}

/// The changes without what only moved in the table of mounts.
fn moved_out(changes: &Value) -> BTreeSet<String> {
    let lines = changes.as_array().into_iter().flatten();
    let lines: Vec<_> = lines
        .filter(|line| line.as_str().is_some_and(|line| !exceptions::may_stay(line)))
        .collect();
    let lines: BTreeSet<String> = scenes::without_places(&json!(lines))
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|line| Some(verdict::without_long_numbers(line.as_str()?, "#")))
        .filter(|line| !line.starts_with("-sys/kernel/"))
        .collect();
    let is_moved = |line: &String| {
        let other = if line.starts_with('+') { '-' } else { '+' };
        line.get(1..)
            .is_some_and(|rest| lines.contains(&format!("{other}{rest}")))
    };
    lines.iter().filter(|line| !is_moved(line)).cloned().collect()
}

/// True if each row of `part` is part of another row of `whole`, and no row is missing unless rows may be.
fn matched<T>(whole: &[T], part: &[T], lack: Lack, is_part: impl Fn(&T, &T) -> bool) -> bool {
    if lack == Lack::Values && whole.len() != part.len() {
        return false;
    }
    let mut of_whole: Vec<Option<usize>> = vec![None; whole.len()];
    (0..part.len()).all(|row| {
        let fits = |whole_row: usize, row: usize| is_part(&whole[whole_row], &part[row]);
        find_place(row, &fits, &mut of_whole, &mut vec![false; whole.len()])
    })
}

/// Finds a row of the whole for this one, and moves earlier ones if they have the only place (Kuhn's algorithm).
fn find_place(
    row: usize,
    fits: &impl Fn(usize, usize) -> bool,
    of_whole: &mut Vec<Option<usize>>,
    seen: &mut Vec<bool>,
) -> bool {
    for place in 0..of_whole.len() {
        if seen[place] || !fits(place, row) {
            continue;
        }
        seen[place] = true;
        let is_free = match of_whole[place] {
            None => true,
            Some(other) => find_place(other, fits, of_whole, seen),
        };
        if is_free {
            of_whole[place] = Some(row);
            return true;
        }
    }
    false
}

/// True if each word of the row is in the whole row in this order, or says that a value is missing.
fn is_part_of_row(whole: &str, part: &str, lack: Lack) -> bool {
    // Lines of a tree depend on the rows below.
    let mut words = whole.split_whitespace().map(without_branch);
    part.split_whitespace().map(without_branch).all(|word| {
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        // A number can count rows that are missing.
        let is_count = |other: &str| lack == Lack::Rows && is_number(word) && is_number(other);
        word.is_empty() || word == "?" || words.any(|other| other == word || is_count(other))
    })
}

fn without_branch(word: &str) -> &str {
    word.trim_start_matches(['|', '`', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_part(whole: &str, part: &str, lack: Lack) -> bool {
        is_part_of_rows(whole, part, lack)
    }

    fn is_part_in_json(whole: &str, part: &str, lack: Lack) -> bool {
        let json = |text| serde_json::from_str::<Value>(text).unwrap();
        is_part_of_json(&json(whole), &json(part), lack)
    }

    #[test]
    fn a_missing_value_is_no_other_value() {
        let whole = "# net 3 20 root sleep 10\n# uts 1 1 root sh";
        for part in [
            whole,
            "# net ? 20 root sleep 10\n# uts 1 1 root",
            "# uts 1 1 root ?\n# net 3 20",
        ] {
            assert!(is_part(whole, part, Lack::Values), "{part}");
        }
        for part in [
            "# net 3 20 root sleep 10",
            "# net 4 20 root sleep 10\n# uts 1 1 root sh",
            "",
        ] {
            assert!(!is_part(whole, part, Lack::Values), "{part}");
        }
        assert!(is_part(whole, "# net 2 21 root sleep 10", Lack::Rows));
        for part in ["# mnt 3 20 root", "# net 3 20 nobody sleep 10"] {
            assert!(!is_part(whole, part, Lack::Rows), "{part}");
        }
    }

    #[test]
    fn a_missing_value_is_null_in_json() {
        let whole = r#"{"rows":[{"a":1,"b":"x"},{"a":2,"b":"y"}],"incomplete":null}"#;
        for part in [
            r#"{"rows":[{"a":2,"b":null},{"a":1,"b":"x"}],"incomplete":{"processes":1}}"#,
            r#"{"rows":[{"a":null,"b":"y"},{"a":1,"b":"x"}]}"#,
        ] {
            assert!(is_part_in_json(whole, part, Lack::Values), "{part}");
        }
        let fewer = r#"{"rows":[{"a":2,"b":"y"}]}"#;
        assert!(!is_part_in_json(whole, fewer, Lack::Values));
        assert!(is_part_in_json(whole, fewer, Lack::Rows));
        let tree = r#"{"rows":[{"a":1,"b":"x","children":[{"a":2,"b":"y"}]}]}"#;
        assert!(is_part_in_json(tree, fewer, Lack::Rows));
        assert!(!is_part_in_json(tree, fewer, Lack::Values));
        assert!(!is_part_in_json(
            tree,
            r#"{"rows":[{"a":1,"b":"z"}]}"#,
            Lack::Rows
        ));
        assert!(!is_part_in_json(
            whole,
            r#"{"rows":[{"a":2,"b":"x"},{"a":1,"b":"y"}]}"#,
            Lack::Values
        ));
    }
}
