//! System calls on mounts that no crate wraps.

use std::os::fd::{AsFd, AsRawFd as _};

use nix::errno::Errno;

/// Makes the mount behind this descriptor read-only (`MOUNT_ATTR_RDONLY` of `mount_setattr(2)`, Linux 5.12).
pub fn make_read_only(mount: impl AsFd) -> nix::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the path is an empty string, the structure has the given size, and both live until the call returns; the
    // descriptor is open while it is borrowed.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    Errno::result(answer).map(|_| ())
}
