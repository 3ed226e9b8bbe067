//! Escaping of names that other people chose. A character that could move the cursor, break a line, turn a text or hide
//! in it is written as `\xNN`.
//!
//! Every output asks `hides` about each character. The answers are in a table that `cargo xtask unicode` makes from
//! Unicode's properties. It costs a program 400 bytes, and no time at its start.

mod hidden;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use hidden::HIDDEN;

/// The text for a terminal: characters for which `hides` is true, and bytes that are not UTF-8, become `\xNN`.
pub fn escape_for_terminal(bytes: &[u8]) -> Cow<'_, str> {
    match plain(bytes, is_plain) {
        Some(text) => Cow::Borrowed(text),
        None => escape(bytes, hides),
    }
}

/// True for characters of ASCII that every output shows as they are, in one column of the terminal.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// The columns of the terminal that [`escape_for_terminal`] takes, if the text is plain ASCII.
pub(crate) fn plain_width(bytes: &[u8]) -> Option<usize> {
    is_all(bytes, is_plain).then_some(bytes.len())
}

/// The text, if it has only these characters of ASCII. Nearly every value has, and needs no further look.
fn plain(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> Option<&str> {
    is_all(bytes, is_plain)
        .then(|| std::str::from_utf8(bytes).ok())
        .flatten()
}

/// True if all bytes are such ones. Without a branch for each byte, the compiler looks at many of them at once.
fn is_all(bytes: &[u8], is_one: impl Fn(u8) -> bool) -> bool {
    let is_all = |part: &[u8]| part.iter().fold(true, |all, byte| all & is_one(*byte));
    bytes.chunks(64).all(is_all)
}

/// The text of several lines for a terminal. Line feeds stay; everything else is as in [`escape_for_terminal`].
///
/// Names must be escaped before they are put into such a text, because a line feed in a name would look like one of the
/// text.
pub(crate) fn escape_lines(text: &str) -> Cow<'_, str> {
    escape(text.as_bytes(), |character| hides(character) && character != '\n')
}

/// Finished JSON for a terminal: characters that JSON leaves alone and a terminal must not get become `\uNNNN`. A
/// parser reads the same string.
pub(crate) fn escape_json(json: &str) -> Cow<'_, str> {
    // Outside of strings, the only such character in JSON is the line feed. Inside strings, JSON escapes the characters
    // below the blank.
    let hides = |character| character > '~' && hides(character);
    if json.is_ascii() && !json.contains('\x7f') || !json.contains(hides) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if hides(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

/// The text for raw output: blanks and backslashes are escaped too, so that a line can be split at its spaces.
pub fn escape_for_raw(bytes: &[u8]) -> Cow<'_, str> {
    match plain(bytes, |byte| matches!(byte, b'!'..=b'[' | b']'..=b'~')) {
        Some(text) => Cow::Borrowed(text),
        None => escape(bytes, breaks_raw),
    }
}

/// As [`escape_for_raw`], in ASCII.
pub(crate) fn escape_for_raw_ascii(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, |character| breaks_raw(character) || !character.is_ascii())
}

fn breaks_raw(character: char) -> bool {
    hides(character) || character.is_whitespace() || character == '\\'
}

/// The text for a value between double quotes that a shell reads.
pub(crate) fn escape_for_quotes(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, breaks_quotes)
}

/// As [`escape_for_quotes`], in ASCII.
pub(crate) fn escape_for_quotes_ascii(bytes: &[u8]) -> Cow<'_, str> {
    escape(bytes, |character| {
        breaks_quotes(character) || !character.is_ascii()
    })
}

fn breaks_quotes(character: char) -> bool {
    hides(character) || "\"\\$`".contains(character)
}

/// The text between double quotes, for a message: escaped as for a terminal, with a backslash before each of its quotes
/// and backslashes.
pub fn quoted(bytes: &[u8]) -> String {
    let mut own = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            own.push(b'\\');
        }
        own.push(*byte);
    }
    format!("\"{}\"", escape_for_terminal(&own))
}

/// The text as one word of a shell command, without quotes if possible.
pub fn word(text: impl AsRef<OsStr>) -> String {
    let bytes = text.as_ref().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:,+=@%".contains(byte);
    if let Ok(text) = std::str::from_utf8(bytes) {
        if !text.is_empty() && bytes.iter().all(is_plain) {
            return text.into();
        }
        if !text.contains(hides) {
            return format!("'{}'", text.replace('\'', r"'\''"));
        }
    }
    // `$'…'` quotes, which bash, zsh and ksh understand.
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

/// True if a character can move the cursor, break a line, change the direction of text, or hide in it because it takes
/// no room. These are controls, format characters, line and paragraph separators, and the characters that Unicode lets
/// a terminal leave out. Others are the Braille pattern without dots, which looks like a blank, and code points that are no
/// characters.
///
/// Combining marks of letters (é, क्षि) take no room either, and are not among these characters.
fn hides(character: char) -> bool {
    if matches!(character, ' '..='~') {
        return false;
    }
    let after = HIDDEN.partition_point(|(first, _)| *first <= character);
    after > 0 && character <= HIDDEN[after - 1].1
}

fn escape(bytes: &[u8], unsafe_in_text: impl Fn(char) -> bool) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        // Nearly every name needs no quotes and no copy.
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
    fn plain_text_is_what_a_look_at_each_character_finds() {
        // One byte in a long text, at the start, at the end and where two parts of it meet.
        for byte in 0..=u8::MAX {
            for place in [0, 1, 62, 63, 64, 65, 99] {
                let mut text = [b'x'; 100];
                text[place] = byte;
                let (of_terminal, of_raw) = (escape(&text, hides), escape(&text, breaks_raw));
                assert_eq!(escape_for_terminal(&text), of_terminal, "{byte} {place}");
                assert_eq!(escape_for_raw(&text), of_raw, "{byte} {place}");
                let width = plain_width(&text);
                let is_plain = byte.is_ascii() && !hides(byte.into());
                assert_eq!(width, is_plain.then_some(100), "{byte} {place}");
            }
        }
        assert_eq!((escape_for_terminal(b""), plain_width(b"")), ("".into(), Some(0)));
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
    fn in_ascii_only_other_characters_are_written_out_too() {
        assert_eq!(escape_for_raw("a bü".as_bytes()), r"a\x20bü");
        assert_eq!(escape_for_raw_ascii("a bü".as_bytes()), r"a\x20b\xc3\xbc");
        assert_eq!(escape_for_quotes("a b\"ü".as_bytes()), r"a b\x22ü");
        assert_eq!(escape_for_quotes_ascii("a b\"ü".as_bytes()), r"a b\x22\xc3\xbc");
    }

    #[test]
    fn a_quote_does_not_end_what_is_quoted() {
        assert_eq!(quoted(b"a\"\\x1b\x1b"), r#""a\"\\x1b\x1b""#);
        assert_eq!(quoted("\u{202e}".as_bytes()), r#""\xe2\x80\xae""#);
    }

    #[test]
    fn what_turns_or_hides_text_is_written_out() {
        for character in "\0\t\n\x1b\x7f\u{85}\u{9b}\u{ad}\u{34f}\u{61c}\u{115f}\u{17b4}\u{180b}\u{180e}\u{200b}\u{200d}\
                          \u{200e}\u{2028}\u{2029}\u{202e}\u{2060}\u{2065}\u{2066}\u{206a}\u{206f}\u{3164}\u{fe0f}\u{feff}\
                          \u{ffa0}\u{fff9}\u{fffb}\u{1d173}\u{e0001}\u{e007f}\u{e01ef}\
                          \u{2800}\u{fdd0}\u{fffe}\u{ffff}\u{1ffff}\u{10fffe}"
            .chars()
        {
            assert!(hides(character), "{}", character.escape_unicode());
        }
    }

    #[test]
    fn ordinary_text_stays_readable() {
        for text in [
            "é",
            "e\u{301}",
            "क्षि",
            "שָׁלוֹם",
            "سَلام",
            "한글",
            "ไทย",
            "日本",
            "🦀",
            "\u{a0}\u{2003}\u{3000}",
            "\u{2801}\u{28ff}",
            // Fonts for terminals have symbols here.
            "\u{e0a0}\u{f8ff}",
        ] {
            assert_eq!(escape_for_terminal(text.as_bytes()), text);
        }
    }

    #[test]
    fn text_of_several_lines_keeps_them() {
        assert_eq!(
            escape_lines("a\n  b\r\x1b\u{2028}"),
            "a\n  b\\x0d\\x1b\\xe2\\x80\\xa8"
        );
    }

    #[test]
    fn json_means_the_same_and_hides_nothing() {
        let value = serde_json::json!({"a\u{202e}": ["\x7f\u{9b}\u{e0041}é\"\\\n", "\u{3164}"]});
        for json in [value.to_string(), format!("{value:#}")] {
            let text = escape_json(&json);
            assert!(!text.chars().any(|character| character > '~' && hides(character)));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        }
        assert_eq!(escape_json("\"\x7f\u{e0041}é\""), r#""\u007f\udb40\udc41é""#);
    }

    #[test]
    fn an_ordinary_name_is_not_copied() {
        assert!(matches!(escape_for_terminal(b"/srv/data"), Cow::Borrowed(_)));
    }
}
