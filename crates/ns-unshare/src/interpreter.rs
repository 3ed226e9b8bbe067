//! The line of `--load-interp`, as `binfmt_misc` reads it: `:NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use clap::builder::{OsStringValueParser, TypedValueParser};

/// How much of a file the kernel compares (`BINPRM_BUF_SIZE`).
const COMPARED: usize = 256;

/// Reads the line for clap, and checks what the kernel checks, whose answer names no field.
pub fn interpreter_line() -> impl TypedValueParser<Value = OsString> {
    OsStringValueParser::new().try_map(|line: OsString| check(line.as_bytes()).map(|()| line))
}

fn check(line: &[u8]) -> Result<(), String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let Some((delimiter, rest)) = line.split_first() else {
        return Err("it is empty".into());
    };
    let fields: Vec<_> = rest.split(|byte| byte == delimiter).collect();
    let [name, sort, offset, magic, mask, interpreter, flags] = fields[..] else {
        return Err(format!(
            "expected 7 fields, each after the first character of the line, and it has {}",
            fields.len()
        ));
    };
    let flaw = match name {
        b"" => Some("the name is empty"),
        b"." | b".." => Some("the name is a directory"),
        b"register" | b"status" => Some("binfmt_misc has a file of that name"),
        _ if name.contains(&b'/') => Some("the name has a slash in it"),
        _ => None,
    };
    let flaw = flaw.or_else(|| match sort {
        b"E" => extension_flaw(magic),
        b"M" => magic_flaw(offset, magic, mask),
        _ => Some("the type must be E, for an extension, or M, for a magic number"),
    });
    let flaw = flaw.or_else(|| {
        let is_flag = |flag: &u8| b"POCF".contains(flag);
        match interpreter {
            b"" => Some("the interpreter is missing"),
            _ if !flags.iter().all(is_flag) => Some("the flags can be P, O, C and F"),
            _ => None,
        }
    });
    flaw.map_or(Ok(()), |flaw| Err(flaw.into()))
}

fn extension_flaw(extension: &[u8]) -> Option<&'static str> {
    match extension {
        b"" => Some("the extension is missing: it is the fourth field"),
        _ if extension.contains(&b'/') => Some("the extension has a slash in it"),
        _ => None,
    }
}

fn magic_flaw(offset: &[u8], magic: &[u8], mask: &[u8]) -> Option<&'static str> {
    let number = match offset {
        b"" => Some(0),
        digits if digits.iter().all(u8::is_ascii_digit) => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok()),
        _ => None,
    };
    let Some(number) = number else {
        return Some("the offset must be a number");
    };
    let (magic, mask) = (length(magic), length(mask));
    if magic == 0 {
        return Some("the magic number is missing: it is the fourth field");
    }
    if mask != 0 && mask != magic {
        return Some("the mask must have as many bytes as the magic number");
    }
    let fits = magic
        .checked_add(number)
        .is_some_and(|end: usize| end <= COMPARED);
    (!fits).then_some("the kernel compares only the first 256 bytes of a file")
}

/// The number of bytes, of which each can be written as `\xNN`.
fn length(text: &[u8]) -> usize {
    let mut count = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let is_escape =
            rest.len() >= 4 && rest.starts_with(b"\\x") && rest[2..4].iter().all(u8::is_ascii_hexdigit);
        rest = &rest[if is_escape { 4 } else { 1 }..];
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_the_kernel_takes_is_right() {
        for line in [
            ":name:E::cz::/bin/cat:",
            ":name:E::cz::/bin/cat:POCF",
            ",n,M,,\\x7fELF,,/bin/cat,",
            ":n:M:4:ab:\\xff\\xf0:/bin/cat:F\n",
        ] {
            assert_eq!(check(line.as_bytes()), Ok(()), "{line}");
        }
    }

    #[test]
    fn the_field_with_a_flaw_is_named() {
        for (line, flaw) in [
            ("", "empty"),
            ("name", "7 fields"),
            (":n:E::cz::/bin/cat", "it has 6"),
            ("::E::cz::/bin/cat:", "the name is empty"),
            (":a/b:E::cz::/bin/cat:", "the name has a slash"),
            (":status:E::cz::/bin/cat:", "binfmt_misc has a file"),
            (":n:X::cz::/bin/cat:", "the type must be E"),
            (":n:E::::/bin/cat:", "the extension is missing"),
            (":n:M:x:a::/bin/cat:", "the offset must be a number"),
            (":n:M:255:ab::/bin/cat:", "the first 256 bytes"),
            (":n:M:::\\xff:/bin/cat:", "the magic number is missing"),
            (":n:M::ab:\\xff:/bin/cat:", "the mask must have"),
            (":n:E::cz:::", "the interpreter is missing"),
            (":n:E::cz::/bin/cat:Z", "the flags can be"),
        ] {
            let why = check(line.as_bytes()).unwrap_err();
            assert!(why.contains(flaw), "{line}: {why}");
        }
    }
}
