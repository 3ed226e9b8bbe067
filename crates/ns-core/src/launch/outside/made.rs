//! Objects that the process outside has made, and that it removes if the program is not started.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};

use super::unanswered::undone;
use crate::escape::word;
use crate::launch::words::in_quotes;
use crate::sys::errno::from_io;
use crate::{Error, Result, pins};

/// An object.
pub(super) enum Made {
    /// A namespace that was bound to a file.
    Mount(PathBuf),
    /// A file.
    File(PathBuf),
    /// A name of one namespace.
    Name(pins::PinnedName),
    /// The content of a file that was there before.
    Content(PathBuf),
}

impl Made {
    /// Removes it. Fails if it stays; then the error says how to remove it.
    pub(super) fn undo(self) -> Result<()> {
        let (path, doing, command, answer) = match self {
            Self::Name(name) => return name.undo(),
            Self::Mount(path) => {
                let answer = undone(|| umount2(&path, MntFlags::MNT_DETACH));
                (path, "unmount", "umount", answer)
            }
            Self::File(path) => {
                let answer = undone(|| nix::unistd::unlink(&path));
                (path, "remove", "rm", answer)
            }
            Self::Content(path) => {
                let answer = undone(|| empty(&path));
                (path, "empty", "truncate -s 0", answer)
            }
        };
        let what = || format!("{doing} {}", in_quotes(&path));
        let error = match answer {
            // Nothing is mounted there any more, or the file is gone.
            Some(Ok(()) | Err(Errno::EINVAL | Errno::ENOENT)) => return Ok(()),
            Some(Err(errno)) => Error::kernel(what(), errno),
            None => Error::Unfit(format!("cannot {}: its file system does not answer", what())),
        };
        Err(error.with_help(format!("do it later: {command} {}", word(&path))))
    }
}

/// Empties a regular file. Any other file has no content that stays.
fn empty(path: &std::path::Path) -> nix::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    match options.write(true).custom_flags(flags).open(path) {
        Ok(file) => file.set_len(0).map_err(|error| from_io(&error)),
        // A FIFO without a reader, or a device that is gone.
        Err(error) if from_io(&error) == Errno::ENXIO => Ok(()),
        Err(error) => Err(from_io(&error)),
    }
}
