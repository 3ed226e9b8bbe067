//! Interpreters that are registered for files that are neither ELF files nor scripts (`binfmt_misc`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The directory with a file for each registered interpreter.
const DIRECTORY: &str = "/proc/sys/fs/binfmt_misc";

/// The interpreter of the file with this path, which starts with these bytes. `None` if none is registered, or if
/// `binfmt_misc` is not mounted.
pub(super) fn interpreter_of(path: &Path, start: &[u8]) -> Option<PathBuf> {
    let entries = std::fs::read_dir(DIRECTORY).ok()?.flatten();
    let texts = entries.filter_map(|entry| std::fs::read(entry.path()).ok());
    texts.filter(|text| is_for(text, path, start)).find_map(|text| {
        let interpreter = value(&text, "interpreter ")?;
        Some(PathBuf::from(OsStr::from_bytes(interpreter)))
    })
}

/// The rest of the line that starts so.
fn value<'a>(text: &'a [u8], start: &str) -> Option<&'a [u8]> {
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.find_map(|line| line.strip_prefix(start.as_bytes()))
}

/// True if this text of an entry is for the file.
fn is_for(text: &[u8], path: &Path, start: &[u8]) -> bool {
    if !text.starts_with(b"enabled\n") {
        return false;
    }
    if let Some(extension) = value(text, "extension .") {
        return path.extension().is_some_and(|own| own.as_bytes() == extension);
    }
    let number = |name| std::str::from_utf8(value(text, name)?).ok()?.trim().parse().ok();
    let (Some(offset), Some(magic)) = (number("offset "), value(text, "magic ").and_then(bytes)) else {
        return false;
    };
    let mask = value(text, "mask ").and_then(bytes).unwrap_or_default();
    let place = usize::checked_add(offset, magic.len()).and_then(|end| start.get(offset..end));
    let is_alike = |(index, byte): (usize, &u8)| {
        let mask = mask.get(index).copied().unwrap_or(u8::MAX);
        byte & mask == magic[index] & mask
    };
    place.is_some_and(|place| place.iter().enumerate().all(is_alike))
}

/// The bytes of digits in hexadecimal.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(digits).ok()?.trim();
    let pairs = (0..text.len()).step_by(2).map(|at| text.get(at..at + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_compared_as_the_kernel_does() {
        let is = |text: &str, path: &str, start: &[u8]| {
            let text = format!("{text}\n");
            is_for(text.as_bytes(), Path::new(path), start)
        };
        let extension = "enabled\ninterpreter /bin/cat\nflags: \nextension .a";
        assert!(is(extension, "/x/y.a", b"") && !is(extension, "/x/y.b", b""));
        assert!(!is(&extension.replace("enabled", "disabled"), "/x/y.a", b""));
        let magic = "enabled\ninterpreter /bin/cat\nflags: \noffset 1\nmagic 6162";
        assert!(is(magic, "y", b"xab") && !is(magic, "y", b"xac") && !is(magic, "y", b"xa"));
        let masked = format!("{magic}\nmask fff0");
        assert!(is(&masked, "y", b"xac") && !is(&masked, "y", b"xar"));
    }
}
