//! Descriptors: taking one that a person names by number, and polling.

use std::os::fd::{AsFd, FromRawFd as _, OwnedFd, RawFd};

use nix::errno::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use super::errno::from_rustix;

/// Takes over the descriptor with this number, which this process was started with, and makes it close-on-exec.
///
/// Fails with `EBADF` if it is not open, or is one of the first three.
pub fn take(fd: RawFd) -> nix::Result<OwnedFd> {
    if fd <= 2 {
        return Err(Errno::EBADF);
    }
    // SAFETY: takes no address; a number without a descriptor is answered with EBADF.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: the descriptor is open, and was given to this process for this use; nothing else in this process has its
    // number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// True if one of these events has happened to the descriptor (`poll(2)`). Returns at once.
pub fn is_ready(fd: impl AsFd, events: PollFlags) -> nix::Result<bool> {
    let mut fds = [PollFd::new(&fd, events)];
    retry_on_intr(|| poll(&mut fds, Some(&Timespec::default()))).map_err(from_rustix)?;
    Ok(fds[0].revents().intersects(events))
}
