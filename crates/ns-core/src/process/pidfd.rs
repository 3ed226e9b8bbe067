//! The inode of a pidfd, which always identifies one process where pidfds have a file system of their own.

use std::os::fd::AsFd;

use rustix::fs::{FsWord, fstat, fstatfs};
use rustix::process::{PidfdFlags, getpid, pidfd_open};

use crate::Gathered;
use crate::sys::errno::from_rustix;

/// `PID_FS_MAGIC` of `linux/magic.h` (Linux 6.9).
const PID_FS_MAGIC: FsWord = 0x5049_4446;

/// The inode of a pidfd. [`Gathered::NotTold`] if it is not on the file system of pidfds: all pidfds have the same
/// inode then.
pub(super) fn inode_of(pidfd: impl AsFd) -> nix::Result<Gathered<u64>> {
    if fstatfs(&pidfd).map_err(from_rustix)?.f_type != PID_FS_MAGIC {
        return Ok(Gathered::NotTold);
    }
    let stat = fstat(&pidfd).map_err(from_rustix)?;
    Ok(Gathered::Known(stat.st_ino))
}

/// The inode of a pidfd of the calling process.
pub(crate) fn own_inode() -> Gathered<u64> {
    match pidfd_open(getpid(), PidfdFlags::empty()) {
        Ok(pidfd) => inode_of(pidfd).unwrap_or_else(Gathered::Unreadable),
        Err(errno) => Gathered::Unreadable(from_rustix(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_the_file_system_of_pidfds_identifies_a_process() {
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        assert_eq!(inode_of(&file), Ok(Gathered::NotTold));
        assert_eq!(inode_of(std::io::pipe().unwrap().0), Ok(Gathered::NotTold));
    }
}
