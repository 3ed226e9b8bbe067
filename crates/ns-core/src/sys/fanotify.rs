//! `fanotify(7)` for the mounts of a mount namespace (Linux 6.15).

use std::os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd};

use nix::errno::Errno;

/// The flags of `fanotify_init(2)`: `FAN_CLOEXEC`, `FAN_NONBLOCK` and `FAN_REPORT_MNT` of `linux/fanotify.h`.
const INIT: libc::c_uint = 0x1 | 0x2 | 0x4000;

/// `FAN_UNLIMITED_QUEUE`, which takes `CAP_SYS_ADMIN` in the first user namespace.
const UNLIMITED: libc::c_uint = 0x10;

/// The flags of `fanotify_mark(2)`: `FAN_MARK_ADD` and `FAN_MARK_MNTNS`.
const MARK: libc::c_uint = 0x1 | 0x110;

/// `FAN_MNT_ATTACH`: the event of a mount that appears.
pub const ATTACH: u64 = 0x0100_0000;

/// `FAN_MNT_DETACH`: the event of a mount that disappears.
pub const DETACH: u64 = 0x0200_0000;

/// `FAN_Q_OVERFLOW`: the event that stands for those that the queue had no room for.
pub const OVERFLOW: u64 = 0x4000;

/// A queue of the mounts that appear and disappear in this mount namespace, from now on. Reading it never blocks.
///
/// Fails with `EINVAL` before Linux 6.15, and with `EPERM` without `CAP_SYS_ADMIN` over the namespace.
pub fn watch_mounts(namespace: impl AsFd) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes no pointers.
    let init = |flags| Errno::result(unsafe { libc::fanotify_init(flags, 0) });
    let raw = match init(INIT | UNLIMITED) {
        Err(Errno::EPERM) => init(INIT),
        answer => answer,
    }?;
    // SAFETY: the kernel has just made this descriptor for this process; nothing else has it.
    let queue = unsafe { OwnedFd::from_raw_fd(raw) };
    let namespace = namespace.as_fd().as_raw_fd();
    // SAFETY: without a path, the call takes no pointers. Both descriptors are open.
    Errno::result(unsafe {
        libc::fanotify_mark(
            queue.as_raw_fd(),
            MARK,
            ATTACH | DETACH,
            namespace,
            std::ptr::null(),
        )
    })?;
    Ok(queue)
}
