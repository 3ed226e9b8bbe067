//! One line of a file of subordinate ids, read exactly as `newuidmap(1)` reads it (measured with shadow 4.13): the name is
//! taken as it is, the numbers are those of `strtoul(3)`, and nothing may follow them. A comment is a line with another
//! name.

use super::Subordinate;

/// The length from which a line is too long.
const TOO_LONG: usize = 1024;

/// A line for a user that grants nothing: `newuidmap(1)` cannot read it, or it has no ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The number of the line, from 1.
    pub(super) number: usize,
    /// The flaw, as it reads after the number of the line.
    problem: String,
    /// The line without the flaw.
    corrected: Option<String>,
}

impl Flaw {
    fn unreadable(why: &str, corrected: Option<String>) -> Self {
        Self {
            number: 0,
            problem: format!("cannot be read: {why}"),
            corrected,
        }
    }

    /// A line that can be read, for this user, with the count 0.
    fn empty(user: &str, first: u32) -> Self {
        Self {
            number: 0,
            problem: "grants no ids: its count is 0".into(),
            corrected: Some(format!("{user}:{first}:COUNT")),
        }
    }

    /// This flaw in the line with this number.
    pub(super) fn at(self, number: usize) -> Self {
        Self { number, ..self }
    }

    /// The line and what is wrong with it.
    pub fn cause(&self, file: &str) -> String {
        format!("line {} of {file} {}", self.number, self.problem)
    }

    /// The way to fix it.
    pub fn help(&self, file: &str) -> String {
        let form = self.corrected.as_deref().unwrap_or("USER:FIRST:COUNT");
        format!("as root, write line {} of {file} as {form}", self.number)
    }
}

/// The block of a line for the user with this name or uid, or what is wrong with the line. `None` if it is not for this
/// user.
pub(super) fn line(bytes: &[u8], name: Option<&str>, uid: u32) -> Option<Result<Subordinate, Flaw>> {
    // Names of other users may be in any encoding.
    let text = String::from_utf8_lossy(bytes);
    let mut fields = text.split(':');
    let owner = fields.next()?;
    let (first, count) = (fields.next(), fields.next());
    let bare = owner.trim_ascii();
    if Some(bare) != name && bare != uid.to_string() {
        return None;
    }
    let both = first.zip(count);
    let corrected = both.and_then(|(first, count)| {
        let block = Subordinate {
            first: corrected_number(first)?,
            count: corrected_number(count)?,
        };
        Some(format!("{bare}:{}:{}", block.first, block.count))
    });
    let flaw = |why: String| Some(Err(Flaw::unreadable(&why, corrected.clone())));
    if owner != bare {
        let side = if owner.starts_with(|first: char| first.is_ascii_whitespace()) {
            "before"
        } else {
            "after"
        };
        return flaw(format!("there is a blank {side} the name"));
    }
    if bytes.len() >= TOO_LONG {
        return flaw(format!("it is longer than {} bytes", TOO_LONG - 1));
    }
    let Some((first, count)) = both else {
        return flaw("it has fewer than three fields".into());
    };
    let block = number(first).and_then(|first| {
        // All ids up to the highest are meant.
        let most = u64::from(u32::MAX - 1).saturating_sub(first) + 1;
        let count = number(count)?.min(most);
        let id = u32::try_from(first).ok().filter(|id| *id < u32::MAX);
        let first = id.ok_or_else(|| format!("there is no id {first}"))?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Subordinate { first, count })
    });
    match block {
        Ok(Subordinate { first, count: 0 }) => Some(Err(Flaw::empty(bare, first))),
        Ok(block) => Some(Ok(block)),
        Err(why) => flaw(why),
    }
}

/// The number in a field, as `strtoul(3)` reads it: blanks before it, and hexadecimal and octal numbers, are allowed.
fn number(field: &str) -> Result<u64, String> {
    if field.is_empty() {
        return Err("a number is missing".into());
    }
    let (number, rest) = leading_number(field).ok_or_else(|| not_a_number(field))?;
    match rest {
        "" => number.ok_or_else(|| format!("the number {} is too large", field.trim_ascii())),
        "\r" => Err("a carriage return follows the last number".into()),
        blanks if blanks.trim_ascii().is_empty() => {
            Err(format!("a blank follows the number {}", field.trim_ascii()))
        }
        comment if comment.trim_ascii_start().starts_with('#') => {
            Err("a comment follows the last number".into())
        }
        _ => Err(not_a_number(field)),
    }
}

fn not_a_number(field: &str) -> String {
    format!("{} is not a number", crate::escape::quoted(field.as_bytes()))
}

/// The number that a field was meant to have.
fn corrected_number(field: &str) -> Option<u32> {
    let (number, rest) = leading_number(field)?;
    let rest = rest.trim_ascii_start();
    (rest.is_empty() || rest.starts_with('#'))
        .then_some(number?)?
        .try_into()
        .ok()
}

/// The number that a text starts with, and the rest. The number is `None` if it is too large.
fn leading_number(text: &str) -> Option<(Option<u64>, &str)> {
    // strtoul(3) also skips a vertical tab.
    let text = text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let text = text.strip_prefix('+').unwrap_or(text);
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (base, digits) = match hexadecimal {
        Some(digits) => (16, digits),
        None if text.starts_with('0') => (8, text),
        None => (10, text),
    };
    let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    (!digits.is_empty()).then(|| (u64::from_str_radix(digits, base).ok(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u32, u32), String> {
        let block = line(text.as_bytes(), Some("alice"), 1000).expect("it is for alice");
        let both = |block: Subordinate| (block.first, block.count);
        block
            .map(both)
            .map_err(|flaw| format!("{}, {}", flaw.cause("F"), flaw.help("F")))
    }

    /// Each was given to newuidmap.
    #[test]
    fn what_newuidmap_reads_is_read() {
        for text in [
            "alice:600000:1000",
            "1000:600000:1000",
            "alice: 600000:1000",
            "alice:600000: 1000",
            "alice:\u{b}600000:\t1000",
            "alice:0x927c0:0X3e8",
            "alice:02223700:01750",
            "alice:+600000:1000",
            "alice:600000:1000:",
            "alice:600000:1000:x:y",
        ] {
            assert_eq!(read(text), Ok((600_000, 1000)), "{text}");
        }
        assert_eq!(read("alice:600000:4294967296"), Ok((600_000, u32::MAX - 600_000)));
        assert_eq!(read("alice:0:99999999999"), Ok((0, u32::MAX)));
    }

    #[test]
    fn what_newuidmap_does_not_read_is_named() {
        for (text, why) in [
            ("alice:600000:1000 ", "a blank follows the number 1000"),
            ("alice:600000:1000\t", "a blank follows the number 1000"),
            ("alice:600000 :1000", "a blank follows the number 600000"),
            ("alice:600000:1000\r", "a carriage return follows the last number"),
            ("alice:600000:1000 # x", "a comment follows the last number"),
            (" alice:600000:1000", "there is a blank before the name"),
            ("alice :600000:1000", "there is a blank after the name"),
            ("\t1000:600000:1000", "there is a blank before the name"),
        ] {
            let bare = if text.contains("alice") { "alice" } else { "1000" };
            let expected = format!(
                "line 0 of F cannot be read: {why}, as root, write line 0 of F as {bare}:600000:1000"
            );
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
        for (text, why) in [
            ("alice:600000", "it has fewer than three fields"),
            ("alice:600000:", "a number is missing"),
            ("alice::1000", "a number is missing"),
            ("alice:600000:1000x", "\"1000x\" is not a number"),
            ("alice:08:1000", "\"08\" is not a number"),
            ("alice:600000:-1", "\"-1\" is not a number"),
            (
                "alice:600000:99999999999999999999",
                "the number 99999999999999999999 is too large",
            ),
            ("alice:4294967296:1", "there is no id 4294967296"),
        ] {
            let expected =
                format!("line 0 of F cannot be read: {why}, as root, write line 0 of F as USER:FIRST:COUNT");
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
        let long = format!("alice:600000:1000:{}", "x".repeat(1006));
        assert!(read(&long).is_err() && read(&long[..1023]).is_ok());
    }

    #[test]
    fn a_line_with_the_count_0_grants_nothing() {
        let expected =
            "line 0 of F grants no ids: its count is 0, as root, write line 0 of F as alice:600000:COUNT";
        assert_eq!(read("alice:600000:0"), Err(expected.into()));
    }

    #[test]
    fn the_highest_number_is_no_id() {
        assert_eq!(read("alice:4294967294:9"), Ok((u32::MAX - 1, 1)));
        let error = read("alice:4294967295:1").unwrap_err();
        assert!(error.contains("there is no id 4294967295"), "{error}");
    }

    #[test]
    fn lines_for_others_are_left_alone() {
        for text in [
            "",
            "#",
            "# alice:1:1",
            "bob:1:1",
            "01000:1:1",
            "+1000:1:1",
            "alices:1:1",
            "ALL:1:1",
        ] {
            assert_eq!(line(text.as_bytes(), Some("alice"), 1000), None, "{text}");
        }
    }
}
