//! Descriptors: taking one that a person names by number, and polling.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::path::Path;

use nix::errno::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;
use rustix::process::{Resource, getrlimit};

use super::errno::from_rustix;
use super::standard::was_closed;

/// Takes over the descriptor with this number, which this process was started with, and makes it close-on-exec.
///
/// The contents of a file of the kernel, which can be read without waiting. A FIFO in its place, where something else than
/// a proc file system is mounted on `/proc`, keeps nobody waiting either.
pub(crate) fn read_at_once(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::open(path.as_ref(), flags, Mode::empty())?;
    let mut bytes = Vec::new();
    File::from(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// As [`read_at_once`], for a file of text.
pub(crate) fn read_text_at_once(path: impl AsRef<Path>) -> io::Result<String> {
    String::from_utf8(read_at_once(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

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

/// Closes every descriptor of this process but these (`close_range(2)`), standard streams too. For a child that has a use for
/// no others until it ends.
pub fn close_all_but(kept: &[BorrowedFd<'_>]) {
    let mut kept: Vec<u32> = kept.iter().map(|fd| fd.as_raw_fd().cast_unsigned()).collect();
    kept.sort_unstable();
    let mut first = 0;
    for fd in kept {
        if fd > first {
            close_from_to(first, fd - 1);
        }
        first = fd + 1;
    }
    close_from_to(first, u32::MAX);
}

/// Closes the descriptors with these numbers and all between them.
fn close_from_to(first: u32, last: u32) {
    // SAFETY: takes no address. Values of this process may own these descriptors, and the child that calls this ends without
    // a use for them.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if closed == 0 {
        return;
    }
    // A filter of system calls may refuse it, and Linux has it since 5.9.
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let end = u32::try_from(limit).unwrap_or(u32::MAX).min(MOST).min(last);
    for fd in first..=end {
        // SAFETY: as above.
        unsafe { libc::close(fd.cast_signed()) };
    }
}

/// The highest descriptor that is closed one by one.
const MOST: u32 = 1 << 16;

/// True if one of these events has happened to the descriptor (`poll(2)`). Returns at once.
pub fn is_ready(fd: impl AsFd, events: PollFlags) -> nix::Result<bool> {
    let mut fds = [PollFd::new(&fd, events)];
    retry_on_intr(|| poll(&mut fds, Some(&Timespec::default()))).map_err(from_rustix)?;
    Ok(fds[0].revents().intersects(events))
}
