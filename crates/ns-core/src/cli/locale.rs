//! The character set of the caller's locale.

use crate::sys::locale::character_set;

/// True if the character set of the caller's locale is UTF-8. If the locale is not installed, programs use the locale `C`.
pub(super) fn is_utf8() -> bool {
    character_set().is_some_and(|name| is_utf8_name(&name))
}

fn is_utf8_name(name: &[u8]) -> bool {
    [&b"UTF-8"[..], b"UTF8"]
        .iter()
        .any(|utf8| utf8.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_set_has_two_names() {
        for (name, utf8) in [
            ("UTF-8", true),
            ("utf8", true),
            ("ANSI_X3.4-1968", false),
            ("EUC-JP", false),
            ("", false),
        ] {
            assert_eq!(is_utf8_name(name.as_bytes()), utf8, "{name}");
        }
    }
}
