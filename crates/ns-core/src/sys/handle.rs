//! File handles that open a namespace by its id (`struct nsfs_file_handle` of `linux/nsfs.h`).

use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;

/// `FD_NSFS_ROOT` of `linux/fcntl.h`: represents the root of the file system of namespaces.
const NSFS_ROOT: libc::c_int = -10003;

/// `FILEID_NSFS` of `linux/exportfs.h`.
const HANDLE_TYPE: i32 = 0xf1;

/// `struct file_handle` with a `struct nsfs_file_handle`.
#[repr(C)]
struct FileHandle {
    bytes: u32,
    kind: i32,
    id: u64,
    ns_type: u32,
    inode: u32,
}

/// Opens the namespace with this 64-bit id (`open_by_handle_at(2)`). Fails with `ESTALE` if there is none, and always
/// before Linux 6.19.
pub fn open_by_id(id: u64) -> nix::Result<OwnedFd> {
    open(id, 0, 0)
}

/// Opens the namespace with this 64-bit id, `CLONE_NEW*` flag and inode. Fails with `ESTALE` if there is none, and always
/// before Linux 6.18.
pub fn open(id: u64, ns_type: u32, inode: u64) -> nix::Result<OwnedFd> {
    let mut handle = FileHandle {
        bytes: 16,
        kind: HANDLE_TYPE,
        id,
        ns_type,
        // The inodes of namespaces have 32 bits.
        inode: u32::try_from(inode).map_err(|_| Errno::ESTALE)?,
    };
    let flags = libc::O_RDONLY | libc::O_CLOEXEC;
    // SAFETY: the handle lives here and holds its true length.
    let raw = unsafe { libc::syscall(libc::SYS_open_by_handle_at, NSFS_ROOT, &raw mut handle, flags) };
    let raw = i32::try_from(Errno::result(raw)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for this process; nothing else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
