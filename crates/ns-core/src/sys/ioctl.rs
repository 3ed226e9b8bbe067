//! The ioctls of namespace files (`ioctl_nsfs(2)`) and of sockets that tell their namespace.
//!
//! A descriptor that comes back is always close-on-exec: the kernel makes it so.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

/// `NS_GET_ID` of Linux 6.18: the 64-bit id of a namespace of any kind.
const NS_GET_ID: libc::Ioctl = nix::request_code_read!(0xb7, 13, size_of::<u64>()) as libc::Ioctl;

/// `NS_GET_MNTNS_ID` of Linux 6.12: the 64-bit id of a mount namespace.
const NS_GET_MNTNS_ID: libc::Ioctl = nix::request_code_read!(0xb7, 5, size_of::<u64>()) as libc::Ioctl;

/// `struct mnt_ns_info` of `linux/nsfs.h`.
#[derive(Default)]
#[repr(C)]
struct MntNsInfo {
    size: u32,
    mounts: u32,
    id: u64,
}

/// `NS_MNT_GET_NEXT` and `NS_MNT_GET_PREV` of Linux 6.12.
const NS_MNT_GET_NEXT: libc::Ioctl = nix::request_code_read!(0xb7, 11, size_of::<MntNsInfo>()) as libc::Ioctl;
const NS_MNT_GET_PREV: libc::Ioctl = nix::request_code_read!(0xb7, 12, size_of::<MntNsInfo>()) as libc::Ioctl;

/// `PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE` of Linux 6.11.
const PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE: libc::Ioctl = nix::request_code_none!(0xff, 6) as libc::Ioctl;

/// `SIOCGSKNS` of `linux/sockios.h`.
const SIOCGSKNS: libc::Ioctl = 0x894c;

/// The argument of a request that takes none.
const NOTHING: libc::c_ulong = 0;

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

/// The PID namespace that the next children of the process with this pidfd are born in, also while it has none.
pub fn pidfd_get_pid_for_children_namespace(pidfd: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE)
}

/// The network namespace of this socket; `EPERM` without `CAP_NET_ADMIN` there.
pub fn siocgskns(socket: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&socket, SIOCGSKNS)
}

fn number(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<u64> {
    let mut value = 0_u64;
    // SAFETY: `request` is one of those above that write one u64 to the address, which is that of a live u64.
    Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, &raw mut value) })?;
    Ok(value)
}

fn descriptor(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    // SAFETY: `request` is one of those above that take no argument, which those of a pidfd want to be 0.
    let raw = Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, NOTHING) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// The mount namespace that follows this one in the order of their ids, of those the caller may see (Linux 6.12).
///
/// `ENOENT` after the last; `EPERM` without `CAP_SYS_ADMIN`.
pub fn ns_mnt_get_next(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    neighbour(&namespace, NS_MNT_GET_NEXT)
}

/// The mount namespace before this one; else as [`ns_mnt_get_next`].
pub fn ns_mnt_get_prev(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    neighbour(&namespace, NS_MNT_GET_PREV)
}

fn neighbour(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    // Its size, the number of mounts, its id: filled in by the kernel, and of no use here.
    let mut info = MntNsInfo {
        size: 16,
        ..MntNsInfo::default()
    };
    // SAFETY: `request` is one of the two that write a struct mnt_ns_info to the address, which is that of a live one
    // that says its size.
    let raw = Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, &raw mut info) })?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
