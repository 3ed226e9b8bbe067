//! Files that a person names, to be read whole.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::escape::escape_for_terminal;

/// No file that these programs read is so long: a mount namespace has 100,000 mounts (`fs.mount-max` of `proc_sys_fs(5)`),
/// with some hundred bytes each.
const LIMIT: u64 = 1 << 28;

/// The name of a file as a message has it.
pub fn shown(path: &Path) -> Cow<'_, str> {
    escape_for_terminal(path.as_os_str().as_bytes())
}

/// All of a file. `EFBIG` where it has no end, as `/dev/zero` has none.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_whole(File::open(path)?)
}

/// The same of what is open.
pub fn read_whole(file: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    Ok(bytes)
}
