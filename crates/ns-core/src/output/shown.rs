//! A value as a table shows it: its text, its width, its colour, its link.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Cell, Paint, tree};
use crate::escape::escape_for_terminal;

/// A value as shown, and its width on the terminal.
pub(super) struct Shown<'a> {
    /// The lines of the tree before the value.
    pub prefix: &'a str,
    pub text: Cow<'a, str>,
    pub width: usize,
    /// The path that it links to.
    pub link: Option<&'a [u8]>,
    pub paint: Paint,
}

impl<'a> Shown<'a> {
    /// A text alone.
    pub fn new(text: Cow<'a, str>) -> Self {
        let width = if text.is_ascii() { text.len() } else { text.width() };
        Self {
            prefix: "",
            text,
            width,
            link: None,
            paint: Paint::PLAIN,
        }
    }

    /// The value with the lines of the tree before it.
    pub fn after(self, prefix: &'a str) -> Self {
        Self {
            prefix,
            width: self.width + tree::width(prefix),
            ..self
        }
    }

    /// True if nothing is written for it.
    pub fn is_empty(&self) -> bool {
        self.prefix.is_empty() && self.text.is_empty()
    }

    /// Writes the value in its colour, and as a link if it has a path (OSC 8).
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.prefix.as_bytes())?;
        if self.text.is_empty() {
            return Ok(());
        }
        let (before, after) = self.paint.around();
        out.write_all(before.as_bytes())?;
        self.write_text(out)?;
        out.write_all(after.as_bytes())
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(path) = self.link else {
            return out.write_all(self.text.as_bytes());
        };
        out.write_all(b"\x1b]8;;file://")?;
        for byte in path {
            if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
                out.write_all(&[*byte])?;
            } else {
                write!(out, "%{byte:02X}")?;
            }
        }
        write!(out, "\x1b\\{}\x1b]8;;\x1b\\", self.text)
    }

    /// The start of the value, which is wider than `width`, and the mark for the cut.
    pub fn cut(&self, width: usize, mark: char) -> Shown<'static> {
        let mut used = 1;
        let mut kept = String::new();
        for character in self.prefix.chars().chain(self.text.chars()) {
            let wide = character.width().unwrap_or(0);
            if used + wide > width {
                break;
            }
            used += wide;
            kept.push(character);
        }
        kept.push(mark);
        Shown {
            prefix: "",
            text: Cow::Owned(kept),
            width: used,
            link: None,
            paint: self.paint,
        }
    }
}

/// The text of a value on a terminal.
pub(super) fn text_of<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell.plain() {
        Cow::Borrowed(bytes) => escape_for_terminal(bytes),
        Cow::Owned(bytes) => Cow::Owned(escape_for_terminal(&bytes).into_owned()),
    }
}
