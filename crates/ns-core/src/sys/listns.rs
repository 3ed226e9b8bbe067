//! `listns(2)` of Linux 6.19.

use nix::errno::Errno;

/// The number of the call on all architectures except alpha and mips.
const LISTNS: libc::c_long = 470;

/// `struct ns_id_req` of `linux/nsfs.h`.
#[repr(C)]
struct NsIdReq {
    size: u32,
    spare: u32,
    /// The list starts after the namespace with this id.
    after: u64,
    /// `CLONE_NEW*` flags; 0 for all kinds.
    kinds: u32,
    spare_2: u32,
    /// Only namespaces that this user namespace owns; 0 for all.
    owner: u64,
}

/// The size of the request, which is also its first field.
const REQUEST: u32 = 32;
const _: () = assert!(size_of::<NsIdReq>() == REQUEST as usize);

/// Lists the 64-bit ids of namespaces that the caller may see, starting after the id `after`, as many as fit. An empty
/// result is the end of the list. Fails with `ENOSYS` before Linux 6.19.
pub fn listns(after: u64, ids: &mut [u64]) -> nix::Result<usize> {
    let request = NsIdReq {
        size: REQUEST,
        spare: 0,
        after,
        kinds: 0,
        spare_2: 0,
        owner: 0,
    };
    // SAFETY: the kernel reads one request and writes at most as many ids as the slice has; both live here.
    let count = unsafe { libc::syscall(LISTNS, &raw const request, ids.as_mut_ptr(), ids.len(), 0_u32) };
    Errno::result(count).map(|count| usize::try_from(count).unwrap_or_default().min(ids.len()))
}
