//! A netlink socket that another process has opened (`netlink(7)`).

use std::os::fd::{FromRawFd as _, IntoRawFd as _, OwnedFd};

use netlink_sys::Socket;

/// The socket that this descriptor is. One that is no netlink socket answers every request with an error.
pub fn socket(file: OwnedFd) -> Socket {
    // SAFETY: the descriptor is open and ours alone, and is given away here.
    unsafe { Socket::from_raw_fd(file.into_raw_fd()) }
}
