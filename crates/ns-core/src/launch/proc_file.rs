//! Writing the files of `/proc` that change something.

use std::path::Path;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use crate::sys::errno::from_rustix;

/// Writes the whole content in one `write(2)`, as the files of `/proc` demand.
pub(super) fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> nix::Result<()> {
    // Something else than a file of the kernel must not keep the launch waiting.
    let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::open(path.as_ref(), flags, Mode::empty()).map_err(from_rustix)?;
    let written = rustix::io::write(&file, contents.as_ref()).map_err(from_rustix)?;
    if written == contents.as_ref().len() {
        Ok(())
    } else {
        Err(Errno::EIO)
    }
}
