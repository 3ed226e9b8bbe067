//! `kcmp(2)`, for tables of descriptors.

use std::cmp::Ordering;

use nix::errno::Errno;

/// `KCMP_FILES` of `linux/kcmp.h`.
const FILES: libc::c_int = 2;

/// Compares the descriptor tables of two threads: `Equal` if they share one. Otherwise, the order is the same for each
/// question until the machine is started again.
///
/// Fails with `ESRCH` if a thread has ended, with `EPERM` if the caller may not look into one, and with `ENOSYS` if the
/// kernel lacks the call.
pub fn descriptor_tables(one: i32, other: i32) -> nix::Result<Ordering> {
    let unused: libc::c_ulong = 0;
    // SAFETY: takes five numbers, and no address.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, FILES, unused, unused) };
    match Errno::result(order)? {
        0 => Ok(Ordering::Equal),
        1 => Ok(Ordering::Less),
        _ => Ok(Ordering::Greater),
    }
}
