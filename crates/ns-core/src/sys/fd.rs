//! Descriptors that a person names by number.

use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};

use nix::errno::Errno;

/// Takes over the descriptor with this number, which the caller was started with, and makes it close-on-exec.
///
/// `EBADF` where it is not open, or is one of the first three.
pub fn take(fd: RawFd) -> nix::Result<OwnedFd> {
    if fd <= 2 {
        return Err(Errno::EBADF);
    }
    // SAFETY: takes no address; a number that is no descriptor is answered with EBADF.
    Errno::result(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: it is open, and was given to this process for this use; nothing of ours has its number from elsewhere.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
