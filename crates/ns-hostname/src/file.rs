//! The file of `--file`: one name, with comments and blank lines around it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};

use anyhow::{Context as _, bail};
use ns_core::output::escape_for_terminal;
use std::os::unix::ffi::OsStrExt as _;

/// The limit for such a file. A longer one may be endless.
const MOST_BYTES: u64 = 64 * 1024;

/// The contents of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct NameInFile {
    /// The name of the file in messages.
    pub file: String,
    /// The name, and the number of its line. `None` if the file has none, or does not exist.
    pub name: Option<(Vec<u8>, usize)>,
}

/// Reads the name in the file; `-` is stdin. A missing file is an error unless `may_miss`.
pub fn read(path: &OsStr, may_miss: bool) -> anyhow::Result<NameInFile> {
    let file = match path.as_bytes() {
        b"-" => "stdin".to_owned(),
        path => escape_for_terminal(path).into_owned(),
    };
    let bytes = match bytes_of(path) {
        Ok(bytes) => bytes,
        Err(error) if may_miss && error.kind() == io::ErrorKind::NotFound => {
            return Ok(NameInFile { file, name: None });
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {file}")),
    };
    let name = name_in(&bytes).with_context(|| file.clone())?;
    Ok(NameInFile { file, name })
}

fn bytes_of(path: &OsStr) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let reader: &mut dyn Read = if path == "-" {
        &mut io::stdin().lock()
    } else {
        &mut File::open(path)?
    };
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The one name in the text, with the number of its line. Blank lines, lines that start with `#`, and blanks around the
/// name are skipped.
fn name_in(bytes: &[u8]) -> anyhow::Result<Option<(Vec<u8>, usize)>> {
    if bytes.len() as u64 > MOST_BYTES {
        bail!("it is too long for a file with a name");
    }
    if bytes.contains(&0) {
        bail!("it is not a text file");
    }
    let mut names = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .zip(1..)
        .filter(|(line, _)| !line.is_empty() && !line.starts_with(b"#"));
    let first = names.next();
    if let (Some((_, first)), Some((second, number))) = (first, names.next()) {
        bail!(
            "line {number} has a second name, '{}'; the first is in line {first}",
            escape_for_terminal(second)
        );
    }
    Ok(first.map(|(name, number)| (name.to_vec(), number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(bytes: impl AsRef<[u8]>) -> Option<(String, usize)> {
        name_in(bytes.as_ref())
            .unwrap()
            .map(|(name, line)| (String::from_utf8(name).unwrap(), line))
    }

    #[test]
    fn one_name_stands_among_comments_and_blanks() {
        for (text, line) in [
            ("web-1", 1),
            ("web-1\n", 1),
            ("web-1\r\n", 1),
            (" \t web-1 \t\n\n", 1),
            ("# a name\n\n  # and more\n   \nweb-1\n# end\n", 5),
        ] {
            assert_eq!(name(text), Some(("web-1".into(), line)), "{text:?}");
        }
        for text in ["", "\n\n", "# nothing\n", " \r\n"] {
            assert_eq!(name(text), None, "{text:?}");
        }
        assert_eq!(name("web # the first\n"), Some(("web # the first".into(), 1)));
    }

    #[test]
    fn what_is_no_file_of_a_name_is_refused() {
        let error = |bytes: &[u8]| name_in(bytes).unwrap_err().to_string();
        assert_eq!(
            error(b"# x\nweb-1\n\nweb-2\n"),
            "line 4 has a second name, 'web-2'; the first is in line 2"
        );
        assert_eq!(error(b"web\0-1\n"), "it is not a text file");
        assert_eq!(
            error(&vec![b'\n'; 70_000]),
            "it is too long for a file with a name"
        );
    }
}
