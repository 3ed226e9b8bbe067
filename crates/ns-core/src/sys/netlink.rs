//! A netlink socket that another process has opened (`netlink(7)`).

use std::os::fd::{FromRawFd as _, IntoRawFd as _, OwnedFd};

use netlink_sys::Socket;

/// The socket behind this descriptor. If it is another kind of socket, every request fails.
pub fn socket(file: OwnedFd) -> Socket {
    // SAFETY: the descriptor is open, belongs to this function alone, and is given away here.
    unsafe { Socket::from_raw_fd(file.into_raw_fd()) }
}
