//! Error numbers as nix has them, from the errors of rustix and of the standard library.

use nix::errno::Errno;

/// The same number as nix has it.
pub fn from_rustix(errno: rustix::io::Errno) -> Errno {
    Errno::from_raw(errno.raw_os_error())
}

/// The number of an error of the standard library. One without is of its own making, a short read or text that is no
/// UTF-8: `EIO`.
pub fn from_io(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
