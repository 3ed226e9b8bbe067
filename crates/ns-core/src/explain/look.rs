//! The source of facts for explanations: `/proc`, or a copy of it.

use std::path::PathBuf;

use crate::process::Status;

/// A view of the surroundings of the calling process.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    proc: PathBuf,
}

impl Look {
    /// The running system.
    pub(crate) fn around() -> Self {
        Self { proc: "/proc".into() }
    }

    /// A view of nothing, if `/proc` is not the kernel's.
    pub(crate) fn nowhere() -> Self {
        // No path has a NUL in it.
        Self { proc: "\0".into() }
    }

    /// A directory with a copy of `/proc`.
    #[cfg(test)]
    pub(crate) fn record(proc: impl Into<PathBuf>) -> Self {
        Self { proc: proc.into() }
    }

    /// The text of a file in `/proc`.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        let bytes = std::fs::read(self.proc.join(file)).ok()?;
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
        std::fs::read(self.proc.join("self/status")).ok().map(Status::new)
    }

    /// The status of every visible process.
    pub(crate) fn processes(&self) -> impl Iterator<Item = Status> {
        let is_process = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let entries = std::fs::read_dir(&self.proc).into_iter().flatten().flatten();
        entries
            .filter(move |entry| is_process(&entry.file_name()))
            .filter_map(|entry| std::fs::read(entry.path().join("status")).ok())
            .map(Status::new)
    }

    /// The mount table of the calling process.
    pub(crate) fn mountinfo(&self) -> Option<Vec<u8>> {
        std::fs::read(self.proc.join("self/mountinfo")).ok()
    }
}
