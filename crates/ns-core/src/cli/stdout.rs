//! Where the programs write what was asked for.

use std::io::{self, StdoutLock};

use crate::sys::standard;

/// Stdout, to write to.
///
/// `EBADF` where the program was started without one: the standard library writes to that as if all were well.
pub fn stdout() -> io::Result<StdoutLock<'static>> {
    let stdout = io::stdout();
    if standard::was_closed(&stdout) {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    Ok(stdout.lock())
}
