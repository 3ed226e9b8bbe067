//! The ioctls of namespace files (`ioctl_nsfs(2)`), and the one that gives the network namespace of a socket.
//!
//! The returned descriptors are always close-on-exec: the kernel makes them so.

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

/// The requests of Linux 6.11 for a namespace of a process, by the flags of the kinds (`linux/pidfd.h`).
const PIDFD_GET_NAMESPACE: [(i32, libc::Ioctl); 8] = [
    (
        libc::CLONE_NEWCGROUP,
        nix::request_code_none!(0xff, 1) as libc::Ioctl,
    ),
    (
        libc::CLONE_NEWIPC,
        nix::request_code_none!(0xff, 2) as libc::Ioctl,
    ),
    (libc::CLONE_NEWNS, nix::request_code_none!(0xff, 3) as libc::Ioctl),
    (
        libc::CLONE_NEWNET,
        nix::request_code_none!(0xff, 4) as libc::Ioctl,
    ),
    (
        libc::CLONE_NEWPID,
        nix::request_code_none!(0xff, 5) as libc::Ioctl,
    ),
    (
        libc::CLONE_NEWTIME,
        nix::request_code_none!(0xff, 7) as libc::Ioctl,
    ),
    (
        libc::CLONE_NEWUSER,
        nix::request_code_none!(0xff, 9) as libc::Ioctl,
    ),
    (
        libc::CLONE_NEWUTS,
        nix::request_code_none!(0xff, 10) as libc::Ioctl,
    ),
];

/// `SIOCGSKNS` of `linux/sockios.h`.
const SIOCGSKNS: libc::Ioctl = 0x894c;

/// The argument for requests without one.
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

/// The uid of the creator of this user namespace, as the caller's user namespace shows it.
pub fn ns_get_owner_uid(namespace: impl AsFd) -> nix::Result<u32> {
    let mut uid = 0_u32;
    // SAFETY: the kernel writes one uid_t to the address of a live u32.
    Errno::result(unsafe {
        libc::ioctl(
            namespace.as_fd().as_raw_fd(),
            libc::NS_GET_OWNER_UID,
            &raw mut uid,
        )
    })?;
    Ok(uid)
}

/// The 64-bit id of a namespace of any kind. Fails with `ENOTTY` before Linux 6.18.
pub fn ns_get_id(namespace: impl AsFd) -> nix::Result<u64> {
    number(&namespace, NS_GET_ID)
}

/// The 64-bit id of a mount namespace. Fails with `ENOTTY` before Linux 6.12, and with `EINVAL` for other kinds.
pub fn ns_get_mntns_id(namespace: impl AsFd) -> nix::Result<u64> {
    number(&namespace, NS_GET_MNTNS_ID)
}

/// The PID namespace of the next children of the process with this pidfd, even if it has no process yet.
pub fn pidfd_get_pid_for_children_namespace(pidfd: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE)
}

/// The namespace of the kind with this `CLONE_NEW*` flag that the process with this pidfd is in.
pub fn pidfd_get_namespace(pidfd: impl AsFd, flag: i32) -> nix::Result<OwnedFd> {
    let request = PIDFD_GET_NAMESPACE.iter().find(|(of, _)| *of == flag);
    descriptor(&pidfd, request.ok_or(Errno::EINVAL)?.1)
}

/// The network namespace of this socket. Fails with `EPERM` without `CAP_NET_ADMIN` in it.
pub fn siocgskns(socket: impl AsFd) -> nix::Result<OwnedFd> {
    descriptor(&socket, SIOCGSKNS)
}

fn number(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<u64> {
    let mut value = 0_u64;
    // SAFETY: `request` is one of the requests above that write one u64 to the address, which is the address of a live
    // u64.
    Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, &raw mut value) })?;
    Ok(value)
}

fn descriptor(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    // SAFETY: `request` is one of the requests above that take no argument. Requests to a pidfd want 0 there.
    let raw = Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, NOTHING) })?;
    // SAFETY: the kernel has just made this descriptor for this process; nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// The next mount namespace after this one in the order of ids, among those that the caller may see (Linux 6.12).
///
/// Fails with `ENOENT` after the last namespace, and with `EPERM` without `CAP_SYS_ADMIN`.
pub fn ns_mnt_get_next(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    neighbour(&namespace, NS_MNT_GET_NEXT)
}

/// The mount namespace before this one; otherwise the same as [`ns_mnt_get_next`].
pub fn ns_mnt_get_prev(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    neighbour(&namespace, NS_MNT_GET_PREV)
}

fn neighbour(file: &impl AsFd, request: libc::Ioctl) -> nix::Result<OwnedFd> {
    // The kernel fills in the size, the number of mounts and the id. None of them is used here.
    let mut info = MntNsInfo {
        size: 16,
        ..MntNsInfo::default()
    };
    // SAFETY: `request` is one of the two requests that write a struct mnt_ns_info to the address, which is the address
    // of a live one that holds its size.
    let raw = Errno::result(unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, &raw mut info) })?;
    // SAFETY: the kernel has just made this descriptor for this process; nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
