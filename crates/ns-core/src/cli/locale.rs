//! The character set of the caller's locale, by the names that locale(7) gives.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

/// True if the character set of the caller's locale is UTF-8.
pub(super) fn is_utf8() -> bool {
    is_utf8_in(|name| std::env::var_os(name))
}

/// The first of these variables that is set and not empty names the locale: `LANGUAGE_COUNTRY.CHARACTER-SET@MODIFIER`.
fn is_utf8_in(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let mut values = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    let Some(locale) = values.find(|value| !value.is_empty()) else {
        return false;
    };
    let locale = locale.as_bytes();
    let end = locale.iter().position(|byte| *byte == b'@');
    let mut parts = locale[..end.unwrap_or(locale.len())].splitn(2, |byte| *byte == b'.');
    let character_set = parts.nth(1).unwrap_or_default();
    [&b"UTF-8"[..], b"UTF8"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(character_set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_with_a_value_decides() {
        for (values, utf8) in [
            (["C.UTF-8", "C", "C"], true),
            (["", "en_US.utf8", ""], true),
            (["", "", "ca_ES.UTF-8@valencia"], true),
            (["C", "C.UTF-8", "C.UTF-8"], false),
            (["", "POSIX", "C.UTF-8"], false),
            (["", "", ""], false),
            (["", "", "en_US"], false),
            (["", "", "ja_JP.eucJP"], false),
            (["", "", "de_DE@UTF-8"], false),
        ] {
            let variable = |name: &str| {
                let place = ["LC_ALL", "LC_CTYPE", "LANG"]
                    .iter()
                    .position(|known| *known == name);
                Some(values[place?].into())
            };
            assert_eq!(is_utf8_in(variable), utf8, "{values:?}");
        }
        assert!(!is_utf8_in(|_| None));
    }
}
