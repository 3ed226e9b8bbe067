//! The rules for host names (`hostname(7)`), the wider rules of the kernel, and the repair of a name.

use crate::escape::escape_for_terminal;

/// The most bytes of a host name or NIS domain name: `__NEW_UTS_LEN` of the kernel. The C library's `HOST_NAME_MAX` is
/// this number in glibc, and another in musl.
pub const NAME_MAX: usize = 64;

/// The most bytes between two dots of a host name (RFC 1035, 2.3.4).
pub const LABEL_MAX: usize = 63;

/// Why a text is not a valid name. Positions count from 1, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The name is empty.
    #[error("it is empty")]
    Empty,
    /// The name is too long; it has this many bytes.
    #[error("it is {0} bytes long; the kernel's limit is {NAME_MAX}")]
    TooLong(usize),
    /// A name cannot have this character, or this byte that is not text.
    #[error("character {} at position {place}", shown(.character))]
    Character {
        /// The bytes of the character.
        character: Vec<u8>,
        /// The position.
        place: usize,
    },
    /// Two dots with nothing between them, or a dot at the start.
    #[error("nothing before the dot at position {place}")]
    EmptyLabel {
        /// The position of the dot.
        place: usize,
    },
    /// A part between two dots is too long.
    #[error(
        "the part that starts at position {place} is {length} bytes long; the limit between dots is {LABEL_MAX}"
    )]
    LabelTooLong {
        /// The position of the part.
        place: usize,
        /// The length in bytes.
        length: usize,
    },
    /// A hyphen at the start or end of a part.
    #[error("hyphen at position {place}: a part of a name cannot start or end with a hyphen")]
    Hyphen {
        /// The position.
        place: usize,
    },
    /// The final dot of the DNS root, which a host name does not have.
    #[error("dot at position {place}, the end: a host name has no final dot")]
    TrailingDot {
        /// The position.
        place: usize,
    },
}

/// A character between quotes.
fn shown(character: &[u8]) -> String {
    format!("'{}'", escape_for_terminal(character))
}

/// Checks that a text is a host name as in `hostname(7)`: ASCII letters, digits and hyphens, in parts of 1 to
/// [`LABEL_MAX`] bytes with dots between them. No part starts or ends with a hyphen. The whole has at most [`NAME_MAX`]
/// bytes.
pub fn check_host_name(name: &[u8]) -> Result<(), Flaw> {
    if name.is_empty() {
        return Err(Flaw::Empty);
    }
    // The kernel's limit comes first: no option gets around it.
    check_length(name)?;
    let offending = |byte: &u8| !(byte.is_ascii_alphanumeric() || b".-".contains(byte));
    if let Some(index) = name.iter().position(offending) {
        return Err(Flaw::Character {
            character: first_character(&name[index..]).to_vec(),
            place: index + 1,
        });
    }
    if name.len() > 1 && name.ends_with(b".") && !name.ends_with(b"..") {
        return Err(Flaw::TrailingDot { place: name.len() });
    }
    let mut start = 1;
    for label in name.split(|byte| *byte == b'.') {
        check_label(label, start)?;
        start += label.len() + 1;
    }
    Ok(())
}

/// Checks a part between two dots, which starts at `start`.
fn check_label(label: &[u8], start: usize) -> Result<(), Flaw> {
    let end = start + label.len();
    if label.is_empty() {
        return Err(Flaw::EmptyLabel { place: start });
    }
    if label.starts_with(b"-") {
        return Err(Flaw::Hyphen { place: start });
    }
    if label.ends_with(b"-") {
        return Err(Flaw::Hyphen { place: end - 1 });
    }
    if label.len() > LABEL_MAX {
        return Err(Flaw::LabelTooLong {
            place: start,
            length: label.len(),
        });
    }
    Ok(())
}

/// Checks that the kernel keeps these bytes unchanged, and that a reader of lines sees their end: no NUL and no line
/// feed, and at most [`NAME_MAX`] bytes. A NIS domain name has no other rules.
pub fn check_bytes(name: &[u8]) -> Result<(), Flaw> {
    match name.iter().position(|byte| b"\0\n".contains(byte)) {
        Some(index) => Err(Flaw::Character {
            character: vec![name[index]],
            place: name[..index].utf8_chunks().fold(1, |place, chunk| {
                place + chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty())
            }),
        }),
        None => check_length(name),
    }
}

fn check_length(name: &[u8]) -> Result<(), Flaw> {
    if name.len() > NAME_MAX {
        return Err(Flaw::TooLong(name.len()));
    }
    Ok(())
}

/// The first character of the bytes, or the first byte if it is not text.
fn first_character(bytes: &[u8]) -> &[u8] {
    let chunk = bytes.utf8_chunks().next();
    let length = chunk
        .and_then(|chunk| chunk.valid().chars().next())
        .map_or(1, char::len_utf8);
    &bytes[..length.min(bytes.len())]
}

/// The repaired host name, as systemd does it: without invalid characters, empty parts, and hyphens at the ends of
/// parts, and cut to the kernel's limit. Empty if nothing is left.
pub fn clean(name: &[u8]) -> Vec<u8> {
    let kept: Vec<u8> = name
        .iter()
        .copied()
        .filter(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte))
        .collect();
    let labels: Vec<&[u8]> = kept
        .split(|byte| *byte == b'.')
        .map(without_hyphens)
        .map(|label| without_hyphens(&label[..label.len().min(LABEL_MAX)]))
        .filter(|label| !label.is_empty())
        .collect();
    let mut clean = labels.join(&b'.');
    clean.truncate(NAME_MAX);
    // Only the cut can leave such a hyphen or dot.
    while clean.last().is_some_and(|byte| b".-".contains(byte)) {
        clean.pop();
    }
    clean
}

fn without_hyphens(mut label: &[u8]) -> &[u8] {
    while let [b'-', rest @ ..] | [rest @ .., b'-'] = label {
        label = rest;
    }
    label
}

/// The first part of a host name: `web` of `web.example.org`.
pub fn up_to_first_dot(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == b'.').next().unwrap_or_default()
}

/// The rest after the first part of a host name: `example.org` of `web.example.org`. `None` if there is no dot.
pub fn after_first_dot(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().position(|byte| *byte == b'.')?;
    Some(&name[dot + 1..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flaw(name: impl AsRef<[u8]>) -> String {
        check_host_name(name.as_ref()).unwrap_err().to_string()
    }

    #[test]
    fn a_host_name_is_letters_digits_and_hyphens_between_dots() {
        let label = "x".repeat(LABEL_MAX);
        let longest = format!("{}.{}", "a".repeat(31), "b".repeat(32));
        for name in [
            "a",
            "0",
            "web-1",
            "1.2.3.4",
            "Web.Example.ORG",
            "x--y",
            &label,
            &longest,
        ] {
            assert_eq!(check_host_name(name.as_bytes()), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(flaw(""), "it is empty");
        assert_eq!(flaw("a_b"), "character '_' at position 2");
        assert_eq!(flaw("a b"), "character ' ' at position 2");
        assert_eq!(flaw("münchen"), "character 'ü' at position 2");
        assert_eq!(flaw("a\x1b[2J"), r"character '\x1b' at position 2");
        assert_eq!(flaw("a\u{202e}"), r"character '\xe2\x80\xae' at position 2");
        assert_eq!(flaw(b"ab\xff"), r"character '\xff' at position 3");
        assert_eq!(flaw("a..b"), "nothing before the dot at position 3");
        assert_eq!(flaw(".a"), "nothing before the dot at position 1");
        assert_eq!(flaw("."), "nothing before the dot at position 1");
        assert_eq!(flaw("a.."), "nothing before the dot at position 3");
        assert_eq!(
            flaw("-a"),
            "hyphen at position 1: a part of a name cannot start or end with a hyphen"
        );
        assert_eq!(
            flaw("a.b-.c"),
            "hyphen at position 4: a part of a name cannot start or end with a hyphen"
        );
        assert_eq!(
            flaw("-"),
            "hyphen at position 1: a part of a name cannot start or end with a hyphen"
        );
        assert_eq!(
            flaw("web."),
            "dot at position 4, the end: a host name has no final dot"
        );
        assert_eq!(
            flaw("x".repeat(64)),
            "the part that starts at position 1 is 64 bytes long; the limit between dots is 63"
        );
        assert_eq!(
            flaw(format!("{}.{}", "x".repeat(32), "y".repeat(32))),
            "it is 65 bytes long; the kernel's limit is 64"
        );
    }

    #[test]
    fn the_kernel_keeps_all_but_what_ends_a_name() {
        for name in [&b""[..], b"a_b", b"-x", b"\xff \x1b", &[b'x'; 64]] {
            assert_eq!(check_bytes(name), Ok(()));
        }
        assert_eq!(check_bytes(&[b'x'; 65]), Err(Flaw::TooLong(65)));
        assert_eq!(
            check_bytes("ü\n".as_bytes()).unwrap_err().to_string(),
            r"character '\x0a' at position 2"
        );
        assert!(check_bytes(b"a\0b").is_err());
    }

    #[test]
    fn a_name_is_repaired() {
        for (name, repaired) in [
            ("my_host", "myhost"),
            (" web-1 # the first\r", "web-1thefirst"),
            ("web.", "web"),
            ("..a..b", "a.b"),
            ("-a-.-b-", "a.b"),
            ("ü", ""),
            ("", ""),
        ] {
            assert_eq!(clean(name.as_bytes()), repaired.as_bytes());
        }
        let long = format!("{}-{}", "x".repeat(62), "y".repeat(9));
        assert_eq!(clean(long.as_bytes()), "x".repeat(62).as_bytes());
    }

    #[test]
    fn a_name_is_cut_at_its_first_dot() {
        assert_eq!(up_to_first_dot(b"web.example.org"), b"web");
        assert_eq!(after_first_dot(b"web.example.org"), Some(&b"example.org"[..]));
        assert_eq!(up_to_first_dot(b"web"), b"web");
        assert_eq!(after_first_dot(b"web"), None);
    }

    proptest! {
        #[test]
        fn what_is_repaired_is_a_host_name_and_stays_so(name: Vec<u8>) {
            let repaired = clean(&name);
            if !repaired.is_empty() {
                prop_assert_eq!(check_host_name(&repaired), Ok(()));
            }
            prop_assert_eq!(clean(&repaired), repaired);
        }

        #[test]
        fn a_host_name_needs_no_repair(name in "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]{1,9}){0,4}") {
            prop_assert_eq!(check_host_name(name.as_bytes()), Ok(()));
            prop_assert_eq!(check_bytes(name.as_bytes()), Ok(()));
            prop_assert_eq!(clean(name.as_bytes()), name.as_bytes());
        }

        #[test]
        fn no_bytes_are_too_odd_to_judge(name: Vec<u8>) {
            let _ = check_host_name(&name);
            let _ = check_bytes(&name);
        }
    }
}
