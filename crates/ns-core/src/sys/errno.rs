//! Error numbers of nix, from the errors of rustix and of the standard library.

use nix::errno::Errno;

/// Converts to the same number of nix.
pub fn from_rustix(errno: rustix::io::Errno) -> Errno {
    Errno::from_raw(errno.raw_os_error())
}

/// The number of an error of the standard library. Errors without a number are the library's own, such as a short read
/// or text that is not UTF-8: they become `EIO`.
pub fn from_io(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// True if the call failed because descriptors or memory ran out: then the answer says nothing about the object.
pub fn lacks_resources(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::ENOBUFS
    )
}
