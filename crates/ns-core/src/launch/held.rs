//! A directory that later steps need, held open. Two values are equal if one is a clone of the other.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags, statx};

use crate::Result;
use crate::error::Doing;
use crate::escape::quoted;
use crate::explain::{explain, paths};
use crate::mounts::{self, MountTable};
use crate::process::Process;

/// An open directory.
#[derive(Clone, Debug)]
pub struct Directory {
    file: Rc<OwnedFd>,
    name: String,
    /// The path by which the caller reaches it.
    path: PathBuf,
    /// True if its file system may be on a server that never answers.
    may_wait: bool,
}

impl Directory {
    /// Opens the directory with this path.
    pub fn open(path: &Path) -> Result<Self> {
        let name = quoted(path.as_os_str().as_bytes());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty())
            .doing(|| format!("open the directory {name}"))
            .map_err(|error| explain(error, |_, errno| paths::refused(path, errno)))?;
        let path = std::path::absolute(path).doing(|| format!("find the path of {name}"))?;
        Ok(Self::new(file, name, path))
    }

    /// The root directory of a process.
    pub fn root_of(process: &Process) -> Result<Self> {
        let name = format!("the root directory of process {}", process.pid());
        let path = format!("/proc/{}/root", process.pid());
        Ok(Self::new(process.root()?, name, path.into()))
    }

    /// The working directory of a process.
    pub fn working_of(process: &Process) -> Result<Self> {
        let name = format!("the working directory of process {}", process.pid());
        let path = format!("/proc/{}/cwd", process.pid());
        let file = process.working_directory()?;
        let may_wait = may_wait(process, &file);
        Ok(Self {
            may_wait,
            ..Self::new(file, name, path.into())
        })
    }

    fn new(file: OwnedFd, name: String, path: PathBuf) -> Self {
        Self {
            file: Rc::new(file),
            name,
            path,
            may_wait: false,
        }
    }

    /// True if its file system may be on a server that never answers.
    pub(super) fn may_wait(&self) -> bool {
        self.may_wait
    }

    /// The path by which the caller reaches it.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True if this path, as the caller sees it, is the same directory of the same mount.
    pub fn is_at(&self, path: &str) -> bool {
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        let place = |stat: rustix::fs::Statx| {
            let mount = (stat.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(stat.stx_mnt_id);
            Some((mount?, stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino))
        };
        // The identity does not change. Its file system may never answer.
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let own = statx(&*self.file, "", flags, wanted).ok().and_then(place);
        let other = statx(CWD, path, AtFlags::empty(), wanted).ok().and_then(place);
        own.is_some() && own == other
    }
}

/// True if the working directory of a process may be on a server that never answers, or on a file system above one, by the
/// type in the process's table of mounts: no file system is asked. A device says nothing, because `fuseblk` has one.
fn may_wait(process: &Process, directory: &OwnedFd) -> bool {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let Ok(stat) = statx(directory, "", flags, StatxFlags::MNT_ID) else {
        return true;
    };
    let Ok(table) = process.read("mountinfo") else {
        return true;
    };
    let table = MountTable::parse(&table);
    let mut mounts = table.mounts().iter();
    let mount = mounts.find(|mount| mount.id.as_raw() == stat.stx_mnt_id);
    mount.is_none_or(|mount| mounts::may_wait_for_another(&mount.fs_type.decoded()))
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl PartialEq for Directory {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.file, &other.file)
    }
}

impl Eq for Directory {}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clone_is_equal() {
        let root = Directory::open(Path::new("/")).unwrap();
        assert_eq!(root.clone(), root);
        assert_ne!(Directory::open(Path::new("/")).unwrap(), root);
    }
}
