//! The ioctls of namespace files (`ioctl_nsfs(2)`) and of sockets that tell their namespace.
//!
//! A descriptor that comes back is always close-on-exec: the kernel makes it so.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

/// `NS_GET_ID` of Linux 6.18: the 64-bit id of a namespace of any kind.
const NS_GET_ID: libc::Ioctl = nix::request_code_read!(0xb7, 13, size_of::<u64>()) as libc::Ioctl;

/// `NS_GET_MNTNS_ID` of Linux 6.12: the 64-bit id of a mount namespace.
const NS_GET_MNTNS_ID: libc::Ioctl = nix::request_code_read!(0xb7, 5, size_of::<u64>()) as libc::Ioctl;

/// The user namespace that owns this namespace.
pub fn ns_get_userns(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&namespace, libc::NS_GET_USERNS)
}

/// The parent of this user or PID namespace.
pub fn ns_get_parent(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&namespace, libc::NS_GET_PARENT)
}

/// The `CLONE_NEW*` flag of this namespace's kind.
pub fn ns_get_nstype(namespace: impl AsFd) -> nix::Result<i32> {
    // SAFETY: takes no argument; the descriptor is open while it is borrowed.
    Errno::result(unsafe { libc::ioctl(namespace.as_fd().as_raw_fd(), libc::NS_GET_NSTYPE) })
}

/// The uid, as the caller's user namespace sees it, of whoever made this user namespace.
pub fn ns_get_owner_uid(namespace: impl AsFd) -> nix::Result<u32> {
    let mut uid = 0_u32;
    // SAFETY: the kernel writes one uid_t to the address, which is that of a live u32.
    Errno::result(unsafe {
        libc::ioctl(
            namespace.as_fd().as_raw_fd(),
            libc::NS_GET_OWNER_UID,
            &raw mut uid,
        )
    })?;
    Ok(uid)
}

/// The 64-bit id of this namespace; `ENOTTY` where the kernel has none for its kind.
pub fn ns_get_id(namespace: impl AsFd) -> nix::Result<u64> {
    match number(&namespace, NS_GET_ID) {
        Err(Errno::ENOTTY) => number(&namespace, NS_GET_MNTNS_ID),
        answer => answer,
    }
}

fn number(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<u64> {
    let mut value = 0_u64;
    // SAFETY: `request` is one of those above that write one u64 to the address, which is that of a live u64.
    Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, &raw mut value) })?;
    Ok(value)
}

fn descriptor(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    // SAFETY: `request` is one of those above that take no argument.
    let raw = Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
