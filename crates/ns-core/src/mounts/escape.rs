//! The escapes of the kernel's tables: blank, tab, line break, backslash and `#` are written `\NNN`, in octal.

use std::borrow::Cow;
use std::fmt;

/// Bytes as in the table. They are decoded on request, because nearly none have an escape.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Escaped<'a>(&'a [u8]);

impl<'a> Escaped<'a> {
    /// From bytes of a table.
    pub const fn new(raw: &'a [u8]) -> Self {
        Self(raw)
    }

    /// The bytes as in the table.
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The decoded bytes. A backslash that starts no escape stays.
    pub fn decoded(self) -> Cow<'a, [u8]> {
        let Some(first) = self.0.iter().position(|byte| *byte == b'\\') else {
            return Cow::Borrowed(self.0);
        };
        let mut bytes = self.0[..first].to_vec();
        let mut rest = &self.0[first..];
        while let Some((byte, after)) = rest.split_first() {
            if let Some((value, after)) = octal(rest) {
                bytes.push(value);
                rest = after;
            } else {
                bytes.push(*byte);
                rest = after;
            }
        }
        Cow::Owned(bytes)
    }

    /// A type or a source as the kernel would write it.
    pub fn encode(bytes: &[u8]) -> Vec<u8> {
        Self::escape(bytes, b" \t\n\\#")
    }

    /// A path as the kernel would write it.
    pub fn encode_path(bytes: &[u8]) -> Vec<u8> {
        Self::escape(bytes, b" \t\n\\")
    }

    fn escape(bytes: &[u8], special: &[u8]) -> Vec<u8> {
        let mut escaped = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if special.contains(byte) {
                escaped.extend([
                    b'\\',
                    b'0' + (byte >> 6),
                    b'0' + (byte >> 3 & 7),
                    b'0' + (byte & 7),
                ]);
            } else {
                escaped.push(*byte);
            }
        }
        escaped
    }
}

/// The value of the escape at the start of the bytes, and the rest.
fn octal(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [
        b'\\',
        a @ b'0'..=b'3',
        b @ b'0'..=b'7',
        c @ b'0'..=b'7',
        rest @ ..,
    ] = bytes
    else {
        return None;
    };
    Some(((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), rest))
}

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::escape::quoted(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_octal_digits_are_a_byte_and_anything_else_is_itself() {
        let decoded = |raw| Escaped::new(raw).decoded().into_owned();
        assert_eq!(decoded(br"/a\040b\011\012\134\043"), b"/a b\t\n\\#");
        assert_eq!(decoded(br"\377"), b"\xff");
        for raw in [&br"\04"[..], br"\", br"\400", br"\x41", br"\089"] {
            assert_eq!(decoded(raw), raw);
        }
        assert!(matches!(Escaped::new(b"/srv").decoded(), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(bytes: Vec<u8>) {
            let raw = Escaped::encode(&bytes);
            prop_assert!(!raw.contains(&b' ') && !raw.contains(&b'\n'));
            prop_assert_eq!(Escaped::new(&raw).decoded(), bytes);
        }
    }
}
