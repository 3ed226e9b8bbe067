//! The first line of a script, as the kernel reads it (`execve(2)`).

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// How much of a file the kernel reads to find its interpreter (`BINPRM_BUF_SIZE`).
pub(super) const START: usize = 256;

/// The bytes at the start of a file, as many as the kernel reads.
pub(super) fn start_of(file: &File) -> Vec<u8> {
    let mut start = vec![0; START];
    let length = file.read_at(&mut start, 0).unwrap_or_default();
    start.truncate(length);
    start
}

/// The interpreter in the first line of a script. The kernel ends its name at a blank or a tab, and nowhere else.
pub(super) fn interpreter(start: &[u8]) -> Option<Vec<u8>> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let line = start.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let from = line.iter().position(|byte| !is_blank(byte))?;
    let name = line[from..].split(is_blank).next()?;
    Some(name.to_vec())
}

/// The interpreter's name goes on behind the bytes that the kernel reads, which then executes nothing (`ENOEXEC`).
pub(super) fn is_cut_off(start: &[u8]) -> bool {
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | 0);
    let name = start.get(2..).unwrap_or_default();
    let from = name.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
    start.len() == START && from.is_none_or(|from| !name[from..].iter().any(is_end))
}
