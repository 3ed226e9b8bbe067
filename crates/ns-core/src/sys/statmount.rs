//! `listmount(2)` and `statmount(2)`: the mounts of a namespace by their 64-bit ids (Linux 6.8; for other namespaces
//! Linux 6.11).

use nix::errno::Errno;

/// The numbers of the calls on all architectures except two.
const SYS_STATMOUNT: libc::c_long = number(457);
const SYS_LISTMOUNT: libc::c_long = number(458);

/// Calls added since Linux 5.4 have one common number. alpha and mips add an offset to it.
const fn number(common: libc::c_long) -> libc::c_long {
    if cfg!(target_arch = "mips64") {
        common + 5000
    } else if cfg!(target_arch = "mips") {
        common + 4000
    } else {
        common
    }
}

/// `struct mnt_id_req` of `linux/mount.h`, in its second version.
#[repr(C)]
struct MntIdReq {
    size: u32,
    spare: u32,
    mount: u64,
    param: u64,
    namespace: u64,
}

impl MntIdReq {
    fn new(namespace: u64, mount: u64, param: u64) -> Self {
        Self {
            size: 32,
            spare: 0,
            mount,
            param,
            namespace,
        }
    }
}

/// Represents all mounts of a namespace from its root directory on: `LSMT_ROOT`.
pub const ROOT: u64 = u64::MAX;

/// Fills `ids` with the unique ids of mounts of this namespace (0: the caller's) below the mount `above`, starting after
/// the id `after`. Returns their number, which is less than the room in `ids` at the end of the list.
pub fn listmount(namespace: u64, above: u64, after: u64, ids: &mut [u64]) -> nix::Result<usize> {
    let request = MntIdReq::new(namespace, above, after);
    // SAFETY: the request is live and holds its size; the kernel writes at most `ids.len()` numbers to `ids`.
    let count = Errno::result(unsafe {
        libc::syscall(
            SYS_LISTMOUNT,
            &raw const request,
            ids.as_mut_ptr(),
            ids.len(),
            0_usize,
        )
    })?;
    usize::try_from(count).map_err(|_| Errno::EOVERFLOW)
}

/// Fills `buffer` with a `struct statmount` of this mount of this namespace, with the fields in `mask`.
///
/// Fails with `EOVERFLOW` if the buffer is too small.
pub fn statmount(namespace: u64, mount: u64, mask: u64, buffer: &mut [u8]) -> nix::Result<()> {
    let request = MntIdReq::new(namespace, mount, mask);
    // SAFETY: the request is live and holds its size; the kernel writes at most `buffer.len()` bytes to `buffer`.
    Errno::result(unsafe {
        libc::syscall(
            SYS_STATMOUNT,
            &raw const request,
            buffer.as_mut_ptr(),
            buffer.len(),
            0_usize,
        )
    })?;
    Ok(())
}
