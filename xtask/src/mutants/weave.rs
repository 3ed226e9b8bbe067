//! All changes of a sample in one build: each changed function has its own body, and a changed copy of it for each change.
//! A number in the program, which is written into the file, chooses one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// A change in one place, as `cargo mutants --list --json` has it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The place, and what is changed.
    pub name: String,
    /// The changed file.
    pub file: String,
    /// The whole function, with its attributes and comments, if it is in one.
    function: Option<(Place, Place)>,
    /// The replaced text.
    span: (Place, Place),
    /// The text that replaces it.
    replacement: String,
}

/// A line and a column, both from 1.
type Place = (usize, usize);

impl Change {
    /// Reads an entry of the list.
    pub fn read(entry: &Value) -> Result<Self> {
        let text = |name: &str| {
            entry[name]
                .as_str()
                .map(str::to_owned)
                .context("no list of changes")
        };
        Ok(Self {
            name: text("name")?,
            file: text("file")?,
            function: span(&entry["function"]["span"]),
            span: span(&entry["span"]).context("a change has no place")?,
            replacement: text("replacement")?,
        })
    }
}

fn span(span: &Value) -> Option<(Place, Place)> {
    let number = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let place = |value: &Value| Some((number(&value["line"])?, number(&value["column"])?));
    Some((place(&span["start"])?, place(&span["end"])?))
}

/// The module with the chosen number, which is added to the library. The mark is how the number is found in a program.
pub const MODULE: &str = r"
#[doc(hidden)]
pub mod woven {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    pub static CHOSEN: [AtomicU32; 4] =
        [AtomicU32::new(0x9d2c_5680), AtomicU32::new(0xefc6_0000), AtomicU32::new(0x6c07_8965), AtomicU32::new(0)];
    pub fn is(number: u32) -> bool {
        CHOSEN[3].load(Relaxed) == number
    }
}
";

const MARK: [u32; 3] = [0x9d2c_5680, 0xefc6_0000, 0x6c07_8965];

/// Writes the chosen number into the bytes of a program.
pub fn choose(program: &mut [u8], number: u32) -> Result<()> {
    let mark: Vec<u8> = MARK.iter().flat_map(|word| word.to_le_bytes()).collect();
    let is_mark = |bytes: &[u8]| bytes == mark;
    let place = program
        .windows(mark.len())
        .position(is_mark)
        .context("no number in it")?
        + mark.len();
    program
        .get_mut(place..place + 4)
        .context("it ends early")?
        .copy_from_slice(&number.to_le_bytes());
    Ok(())
}

/// Weaves the changes with these numbers into the text of their file. Gives the text, and the numbers of those that have
/// no place there.
pub fn weave(text: &str, changes: &BTreeMap<u32, Change>) -> (String, BTreeSet<u32>) {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let offset = |(line, column): Place| {
        let start = *starts.get(line.checked_sub(1)?)?;
        let mut columns = text[start..].char_indices().map(|(at, _)| start + at);
        columns.nth(column - 1)
    };
    let mut lost = BTreeSet::new();
    let mut bodies: BTreeMap<(usize, usize), Vec<(u32, String)>> = BTreeMap::new();
    for (number, change) in changes {
        let woven = || {
            let (start, end) = change.function?;
            let body = body_of(text, offset(start)?, offset(end).unwrap_or(text.len()))?;
            let (from, to) = (offset(change.span.0)?, offset(change.span.1)?);
            let is_inside = body.0 < from && to < body.1;
            let copy = text.get(body.0..from)?.to_owned() + &change.replacement + text.get(to..body.1)?;
            is_inside.then_some((body, copy))
        };
        match woven() {
            Some((body, copy)) => bodies.entry(body).or_default().push((*number, copy)),
            None => drop(lost.insert(*number)),
        }
    }
    let mut woven = text.to_owned();
    let mut later = usize::MAX;
    for ((start, end), copies) in bodies.into_iter().rev() {
        // A function in another one, which is woven itself.
        if end > later {
            lost.extend(copies.iter().map(|(number, _)| number));
            continue;
        }
        let numbers: Vec<String> = copies.iter().map(|(number, _)| number.to_string()).collect();
        let copies: Vec<String> = copies
            .iter()
            .map(|(number, copy)| format!("if crate::woven::is({number}) /*[{number}*/ {copy} /*]*/ else "))
            .collect();
        let (numbers, copies, original) = (numbers.join(","), copies.concat(), &text[start..end]);
        woven.replace_range(
            start..end,
            &format!("{{ /*[{numbers}*/ {copies}{original} /*]*/ }}"),
        );
        later = start;
    }
    (woven, lost)
}

/// The body of the function in this range, with its braces.
fn body_of(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let mut at = start;
    for line in text[start..end].split_inclusive('\n') {
        if !["//", "#["]
            .iter()
            .any(|sign| line.trim_start().starts_with(sign))
        {
            break;
        }
        at += line.len();
    }
    let name = at + text[at..end].find("fn ")?;
    let open = name + text[name..end].find('{')?;
    Some((open, end))
}

/// The numbers of the changes that an error at this byte of a woven text is about.
pub fn blamed(woven: &str, at: usize) -> BTreeSet<u32> {
    let mut open: Vec<&str> = Vec::new();
    for piece in woven[..at.min(woven.len())].split("/*").skip(1) {
        let mark = piece.split("*/").next().unwrap_or_default();
        if let Some(numbers) = mark.strip_prefix('[') {
            open.push(numbers);
        } else if mark == "]" {
            open.pop();
        }
    }
    let numbers = open.last().into_iter().flat_map(|numbers| numbers.split(','));
    numbers.filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "/// Adds, like fn {}.\n#[must_use]\nfn sum(a: u8) -> u8 {\n    a + 1\n}\n";

    fn change(span: (Place, Place), replacement: &str) -> Change {
        Change {
            name: String::new(),
            file: String::new(),
            function: Some(((1, 1), (5, 2))),
            span,
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn each_change_is_a_copy_of_the_body() {
        let minus = change(((4, 7), (4, 8)), "-");
        let outside = change(((3, 1), (3, 3)), "");
        let zero = change(((4, 5), (4, 10)), "0");
        let (woven, lost) = weave(TEXT, &BTreeMap::from([(1, minus), (2, outside), (3, zero)]));
        let body = "{ /*[1,3*/ if crate::woven::is(1) /*[1*/ {\n    a - 1\n} /*]*/ else \
                    if crate::woven::is(3) /*[3*/ {\n    0\n} /*]*/ else {\n    a + 1\n} /*]*/ }\n";
        assert_eq!(
            woven,
            format!("/// Adds, like fn {{}}.\n#[must_use]\nfn sum(a: u8) -> u8 {body}")
        );
        assert_eq!(lost, BTreeSet::from([2]));
        let at = |text| woven.find(text).unwrap();
        assert_eq!(blamed(&woven, at("a - 1")), BTreeSet::from([1]));
        assert_eq!(blamed(&woven, at("a + 1")), BTreeSet::from([1, 3]));
        assert_eq!(blamed(&woven, at("fn sum")), BTreeSet::new());
    }

    #[test]
    fn a_number_is_written_behind_the_mark() {
        let mut program = vec![7; 5];
        program.extend(MARK.iter().flat_map(|word| word.to_le_bytes()));
        assert!(choose(&mut program.clone(), 1).is_err());
        program.extend([0; 4]);
        choose(&mut program, 258).unwrap();
        assert_eq!(program[17..], [2, 1, 0, 0]);
    }
}
