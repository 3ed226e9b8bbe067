//! Names are chosen by others: what could move a cursor, break a line or hide a text is written `\xNN`.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

/// For a terminal: control characters, those that turn or hide text, and bytes that are not UTF-8 as `\xNN`.
pub fn escape_for_terminal(bytes: &[u8]) -> Cow<'_, str> {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        // Nearly every value, and nothing in it to look at.
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Cow::Borrowed(text);
        }
    }
    escape(bytes, |character| character.is_control() || turns(character))
}

/// For raw output: blanks, backslashes and quotes too, so that a line can be split at its spaces.
pub fn escape_for_raw(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, |character| {
        character.is_control() || turns(character) || character.is_whitespace() || character == '\\'
    })
}

/// For a value between double quotes that a shell reads.
pub(crate) fn escape_for_quotes(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, |character| {
        character.is_control() || turns(character) || "\"\\$`".contains(character)
    })
}

/// Between double quotes, for a message: as for a terminal, and with a backslash before each quote and backslash of its own.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut own = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            own.push(b'\\');
        }
        own.push(*byte);
    }
    format!("\"{}\"", escape_for_terminal(&own))
}

/// As one word of a command for a shell, bare where it can be.
pub(crate) fn word(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:,+=@%".contains(byte);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if !text.is_empty() && bytes.iter().all(is_plain) {
            return text.into();
        }
        if !text.contains(|character: char| character.is_control() || turns(character)) {
            return format!("'{}'", text.replace('\'', r"'\''"));
        }
    }
    // As bash, zsh and ksh have it.
    let mut text = String::from("$'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push('\'');
    text
}

/// The characters of Unicode that change the direction of a text or take no room in it.
fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

fn escape(bytes: &[u8], unsafe_in_text: impl Fn(char) -> bool) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        // Nearly every name: nothing to copy.
        Ok(text) if !text.contains(&unsafe_in_text) => return Cow::Borrowed(text),
        _ => {}
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    let hexadecimal = |text: &mut String, bytes: &[u8]| {
        for byte in bytes {
            let _ = write!(text, "\\x{byte:02x}");
        }
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if unsafe_in_text(character) {
                hexadecimal(&mut text, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(character);
            }
        }
        hexadecimal(&mut text, chunk.invalid());
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_for_a_shell_and_cannot_move_the_cursor() {
        for (bytes, text) in [
            (&b"web"[..], "web"),
            (b"/run/net:web", "/run/net:web"),
            (b"", "''"),
            (b"a b", "'a b'"),
            (b"it's $x", r"'it'\''s $x'"),
            ("\u{e4}".as_bytes(), "'\u{e4}'"),
            (b"a\n\x1b'\xff", r"$'a\x0a\x1b\'\xff'"),
            ("\u{202e}".as_bytes(), r"$'\xe2\x80\xae'"),
            // A digit after it is not part of the escape.
            (b"\x011", r"$'\x011'"),
        ] {
            assert_eq!(word(OsStr::from_bytes(bytes)), text, "{bytes:?}");
        }
    }

    #[test]
    fn what_moves_the_cursor_is_written_out() {
        assert_eq!(escape_for_terminal(b"web\x1b[2J\n"), r"web\x1b[2J\x0a");
        assert_eq!(escape_for_terminal(b"a b\\\xff"), r"a b\\xff");
        assert_eq!(
            escape_for_terminal("ü\u{202e}\u{9b}".as_bytes()),
            r"ü\xe2\x80\xae\xc2\x9b"
        );
    }

    #[test]
    fn a_raw_value_has_no_blank_and_no_backslash_of_its_own() {
        assert_eq!(escape_for_raw(b"a b\\x"), r"a\x20b\x5cx");
    }

    #[test]
    fn a_quote_does_not_end_what_is_quoted() {
        assert_eq!(quoted(b"a\"\\x1b\x1b"), r#""a\"\\x1b\x1b""#);
        assert_eq!(quoted("\u{202e}".as_bytes()), r#""\xe2\x80\xae""#);
    }

    #[test]
    fn an_ordinary_name_is_not_copied() {
        assert!(matches!(escape_for_terminal(b"/srv/data"), Cow::Borrowed(_)));
    }
}
