//! `kcmp(2)`, for tables of descriptors and for directories.

use std::cmp::Ordering;

use nix::errno::Errno;

/// `KCMP_FILES` of `linux/kcmp.h`.
const FILES: libc::c_int = 2;

/// `KCMP_FS` of `linux/kcmp.h`.
const FS: libc::c_int = 3;

/// Compares the descriptor tables of two threads: `Equal` if they share one. Otherwise, the order is the same for each
/// question until the machine is started again.
///
/// Fails with `ESRCH` if a thread has ended, with `EPERM` if the caller may not look into one, and with `ENOSYS` if the
/// kernel lacks the call.
pub fn descriptor_tables(one: i32, other: i32) -> nix::Result<Ordering> {
    compare(FILES, one, other)
}

/// True if two threads share their working directory and their root directory: a change of one is a change of the other.
/// Fails as [`descriptor_tables`] does.
pub fn share_directories(one: i32, other: i32) -> nix::Result<bool> {
    compare(FS, one, other).map(Ordering::is_eq)
}

fn compare(object: libc::c_int, one: i32, other: i32) -> nix::Result<Ordering> {
    let unused: libc::c_ulong = 0;
    // SAFETY: takes five numbers, and no address.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, object, unused, unused) };
    match Errno::result(order)? {
        0 => Ok(Ordering::Equal),
        1 => Ok(Ordering::Less),
        _ => Ok(Ordering::Greater),
    }
}
