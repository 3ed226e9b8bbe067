//! Descriptors: taking one that a person names by number, and polling.

use std::os::fd::{AsFd, FromRawFd as _, OwnedFd, RawFd};

use nix::errno::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use super::errno::from_rustix;
use super::standard::was_closed;

/// Takes over the descriptor with this number, which this process was started with, and makes it close-on-exec.
///
/// Standard output and error belong to the program too, so they are copied. Fails with `EBADF` if the descriptor is not
/// open, or is standard input.
pub fn take(fd: RawFd) -> nix::Result<OwnedFd> {
    match fd {
        ..=0 => return Err(Errno::EBADF),
        1 => return copy(std::io::stdout()),
        2 => return copy(std::io::stderr()),
        3.. => {}
    }
    // SAFETY: takes no address; a number without a descriptor is answered with EBADF.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: the descriptor is open, and was given to this process for this use; nothing else in this process has its
    // number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A close-on-exec copy of a standard descriptor, unless the process was started without it.
fn copy(standard: impl AsFd) -> nix::Result<OwnedFd> {
    if was_closed(&standard) {
        return Err(Errno::EBADF);
    }
    rustix::io::fcntl_dupfd_cloexec(standard, 3).map_err(from_rustix)
}

/// True if one of these events has happened to the descriptor (`poll(2)`). Returns at once.
pub fn is_ready(fd: impl AsFd, events: PollFlags) -> nix::Result<bool> {
    let mut fds = [PollFd::new(&fd, events)];
    retry_on_intr(|| poll(&mut fds, Some(&Timespec::default()))).map_err(from_rustix)?;
    Ok(fds[0].revents().intersects(events))
}
