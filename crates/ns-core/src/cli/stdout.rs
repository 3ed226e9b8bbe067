//! Stdout: writing to it, noticing that its reader has gone, and its width.

use std::io::{self, StdoutLock};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{CompatName, note};
use crate::output::cut;
use crate::sys::standard;

/// Stdout, to write to.
///
/// `EBADF` if the program was started without stdout. The standard library would ignore all writes, and so do the
/// relatives.
pub fn stdout() -> io::Result<StdoutLock<'static>> {
    let stdout = io::stdout();
    if standard::was_closed(&stdout) && CompatName::current().is_none() {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    Ok(stdout.lock())
}

/// Waits for this time, or until the reader of stdout has gone. Returns true if it has gone.
pub fn wait_or_reader_gone(time: Duration) -> bool {
    let Ok(timeout) = Timespec::try_from(time) else {
        return false;
    };
    let stdout = rustix::stdio::stdout();
    // Without requested events, poll(2) reports only errors, such as the closed end of a pipe.
    let mut fds = [PollFd::from_borrowed_fd(stdout, PollFlags::empty())];
    poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

/// Says that values were cut, at the end of a list that is longer than the terminal.
pub(super) fn tell_cuts(program: &str) {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout());
    let Some(values) = size.ok().and_then(|size| cut::beyond(size.ws_row.into())) else {
        return;
    };
    let values = match values {
        1 => "1 value is".to_owned(),
        values => format!("{values} values are"),
    };
    note(
        program,
        &format!("{values} cut to the width of the terminal; -u shows all in full"),
    );
}

/// The width of the terminal on stdout; `None` if stdout is not a terminal, so nothing is cut.
pub fn width_of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    // A person can set another width.
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns
        .or(Some(usize::from(size.ws_col)))
        .filter(|columns| *columns > 0)
}
