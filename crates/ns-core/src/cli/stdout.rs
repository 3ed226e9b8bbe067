//! Stdout: where the programs write what was asked for, who reads it, and how wide it is.

use std::io::{self, StdoutLock};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

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

/// Waits so long; whether nobody reads stdout any more, in which case it waits no longer.
pub fn wait_or_reader_gone(time: Duration) -> bool {
    let Ok(timeout) = Timespec::try_from(time) else {
        return false;
    };
    let stdout = rustix::stdio::stdout();
    // Asked for nothing, poll(2) tells of errors only: the other end of a pipe is closed.
    let mut fds = [PollFd::from_borrowed_fd(stdout, PollFlags::empty())];
    poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

/// The columns of the terminal that stdout is; `None` where it is none, and nothing is to be cut.
pub fn width_of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    // The shell's own count, where a person has set it.
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns
        .or(Some(usize::from(size.ws_col)))
        .filter(|columns| *columns > 0)
}
