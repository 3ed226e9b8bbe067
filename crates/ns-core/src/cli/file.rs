//! Reading whole files that a person named.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::escape::escape_for_terminal;

/// The limit for files. A mount namespace has at most 100,000 mounts (`fs.mount-max` of `proc_sys_fs(5)`), with some
/// hundred bytes each.
const LIMIT: u64 = 1 << 28;

/// The name of a file in a message.
pub fn shown(path: &Path) -> Cow<'_, str> {
    escape_for_terminal(path.as_os_str().as_bytes())
}

/// The contents of a file. `EFBIG` if the file is endless, such as `/dev/zero`.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_whole(File::open(path)?)
}

/// The contents of an open file.
pub fn read_whole(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(bytes)
}
