//! The option of sockets that no crate wraps.

use std::os::fd::{AsFd, AsRawFd as _};

use nix::errno::Errno;

/// The cookie of a socket's network namespace, which no other one ever has (`SO_NETNS_COOKIE` of Linux 5.14). Needs no
/// right.
pub fn netns_cookie(socket: impl AsFd) -> nix::Result<u64> {
    let mut cookie = 0_u64;
    let mut size: libc::socklen_t = 8;
    // SAFETY: the kernel writes at most `size` bytes, which is the size of a live u64, to its address, and the size to
    // the address of a live socklen_t.
    Errno::result(unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut size,
        )
    })?;
    Ok(cookie)
}
