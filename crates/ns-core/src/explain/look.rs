//! The source of facts for explanations: `/proc`, or a copy of it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstatfs, openat2};

use crate::process::Status;
use crate::sys::fd::read_at_once;

/// A view of the surroundings of the calling process.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    proc: PathBuf,
    /// Others may have mounted anything on `/proc` and below it.
    is_foreign: bool,
}

impl Look {
    /// The running system.
    pub(crate) fn around() -> Self {
        Self {
            proc: "/proc".into(),
            is_foreign: false,
        }
    }

    /// The running system, seen from the mounts of somebody else: only the kernel's own `/proc` is read, and nothing
    /// that is mounted below it.
    pub(crate) fn from_elsewhere() -> Self {
        Self {
            proc: "/proc".into(),
            is_foreign: true,
        }
    }

    /// A directory with a copy of `/proc`.
    #[cfg(test)]
    pub(crate) fn record(proc: impl Into<PathBuf>) -> Self {
        Self {
            proc: proc.into(),
            is_foreign: false,
        }
    }

    /// The bytes of a file in `/proc`.
    fn bytes(&self, file: &str) -> io::Result<Vec<u8>> {
        if !self.is_foreign {
            return read_at_once(self.proc.join(file));
        }
        let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = openat2(
            CWD,
            &self.proc,
            directory,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS,
        )?;
        if fstatfs(&proc)?.f_type != PROC_SUPER_MAGIC {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let resolve = ResolveFlags::NO_XDEV | ResolveFlags::NO_MAGICLINKS;
        let mut bytes = Vec::new();
        File::from(openat2(proc, file, flags, Mode::empty(), resolve)?).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The text of a file in `/proc`.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        let bytes = self.bytes(file).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// True if there is no `/proc`.
    pub(crate) fn lacks_proc(&self) -> bool {
        let own = std::fs::symlink_metadata(self.proc.join("self"));
        own.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// The value of the sysctl with this dotted name.
    pub(crate) fn sysctl(&self, name: &str) -> Option<i64> {
        self.read(&format!("sys/{}", name.replace('.', "/")))?
            .trim()
            .parse()
            .ok()
    }

    /// The status of the calling process.
    pub(crate) fn status(&self) -> Option<Status> {
        self.bytes("self/status").ok().map(Status::new)
    }

    /// The status of every visible process.
    pub(crate) fn processes(&self) -> impl Iterator<Item = Status> {
        self.of_processes("status").map(Status::new)
    }

    /// The mount table of every visible process.
    pub(crate) fn all_mountinfo(&self) -> impl Iterator<Item = Vec<u8>> {
        self.of_processes("mountinfo")
    }

    /// The bytes of this file of every visible process.
    fn of_processes(&self, file: &'static str) -> impl Iterator<Item = Vec<u8>> {
        let is_process = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let entries = std::fs::read_dir(&self.proc).into_iter().flatten().flatten();
        entries
            .filter(move |entry| is_process(&entry.file_name()))
            .filter_map(move |entry| {
                let pid = entry.file_name().into_string().ok()?;
                self.bytes(&format!("{pid}/{file}")).ok()
            })
    }

    /// The mount table of the calling process.
    pub(crate) fn mountinfo(&self) -> Option<Vec<u8>> {
        self.bytes("self/mountinfo").ok()
    }
}
