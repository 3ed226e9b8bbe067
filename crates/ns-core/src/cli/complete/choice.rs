//! A value to choose, and the word that it may complete.

use crate::output::escape_for_terminal;

/// How much of what a value is tells it from others, in characters: the list is to fit in a terminal.
const WIDTH: usize = 60;

/// One value, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) value: Vec<u8>,
    pub(super) about: String,
}

impl Choice {
    /// What it is may be any bytes: what does not fit in a line of a terminal is cut off or written out.
    pub(super) fn new(value: impl Into<Vec<u8>>, about: impl AsRef<[u8]>) -> Self {
        let about = escape_for_terminal(about.as_ref());
        Self {
            value: value.into(),
            about: about.chars().take(WIDTH).collect(),
        }
    }
}

/// What stands there already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a>(pub(super) &'a [u8]);

impl<'a> Word<'a> {
    /// Whether it is the start of a value that begins so, as far as it goes.
    pub(super) fn may_begin(self, prefix: &str) -> bool {
        let shorter = self.0.len().min(prefix.len());
        self.0[..shorter] == prefix.as_bytes()[..shorter]
    }

    /// The same for a number. Those are many: the shell is given only what begins with the word.
    pub(super) fn may_be_of(self, number: &str) -> bool {
        number.as_bytes().starts_with(self.0)
    }

    /// What stands before a colon at its end or farther in, where that is a number.
    pub(super) fn number_before_colon(self) -> Option<&'a str> {
        let colon = self.0.iter().position(|byte| *byte == b':')?;
        let number = std::str::from_utf8(&self.0[..colon]).ok()?;
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
    }

    /// Whether it is the start of a number, with a digit at least.
    pub(super) fn is_digits(self) -> bool {
        !self.0.is_empty() && self.may_be_digits()
    }

    /// Whether it is nothing yet, or the start of a number.
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
