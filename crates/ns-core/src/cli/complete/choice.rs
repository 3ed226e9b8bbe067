//! A choice for completion, and the typed word.

use crate::output::escape_for_terminal;

/// The most characters of a description, so that the list fits in a terminal.
const WIDTH: usize = 60;

/// A value and its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: Vec<u8>,
    pub(super) about: String,
}

impl Choice {
    /// A choice with this description, which can be any bytes. It is escaped, and cut to fit in a line.
    pub(super) fn new(value: impl Into<Vec<u8>>, about: impl AsRef<[u8]>) -> Self {
        let about = escape_for_terminal(about.as_ref());
        Self {
            value: value.into(),
            about: about.chars().take(WIDTH).collect(),
        }
    }
}

/// The typed word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a>(pub(super) &'a [u8]);

impl<'a> Word<'a> {
    /// True if the typed word and the start of a value agree as far as the shorter one goes.
    pub(super) fn may_begin(self, prefix: &str) -> bool {
        let shorter = self.0.len().min(prefix.len());
        self.0[..shorter] == prefix.as_bytes()[..shorter]
    }

    /// True if the number starts with the typed word: there are many numbers, and the shell gets only these.
    pub(super) fn may_be_of(self, number: &str) -> bool {
        number.as_bytes().starts_with(self.0)
    }

    /// The number before a colon in the word, if there is one.
    pub(super) fn number_before_colon(self) -> Option<&'a str> {
        let colon = self.0.iter().position(|byte| *byte == b':')?;
        let number = std::str::from_utf8(&self.0[..colon]).ok()?;
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
    }

    /// True for a typed word of digits, at least one.
    pub(super) fn is_digits(self) -> bool {
        !self.0.is_empty() && self.may_be_digits()
    }

    /// True for an empty word and for a word of digits.
    pub(super) fn may_be_digits(self) -> bool {
        self.0.iter().all(u8::is_ascii_digit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_is_cannot_move_the_cursor() {
        let choice = Choice::new("1", b"sh -c \x1b[2J\n$(touch x)");
        assert_eq!(choice.about, r"sh -c \x1b[2J\x0a$(touch x)");
        assert_eq!(Choice::new("1", [b'x'; 100]).about.len(), WIDTH);
    }
}
