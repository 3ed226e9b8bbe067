//! Paths in a view: the mount that a path leads to, and the room on it.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatVfs, StatxFlags};

use super::{Device, Mount, MountId, View};
use crate::error::Doing;
use crate::escape::quoted;
use crate::sys::errno::from_rustix;
use crate::{Error, Gathered, Result};

/// The flags to open a path without reading from it.
const PATH: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// The object that a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedPath {
    /// The path without symbolic links, from the root directory of the view.
    pub path: PathBuf,
    /// The mount it is on; `None` if the kernel does not say (before Linux 5.8).
    pub mount: Option<MountId>,
    /// Its device number, if it is a block device.
    pub device: Option<Device>,
    /// Its kind; `None` if the file system does not say.
    pub kind: Option<PathKind>,
}

/// The kinds of objects at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A block device.
    BlockDevice,
    /// Anything else, such as a FIFO.
    Other,
}

impl PathKind {
    /// All kinds, in the order of their numbers.
    pub(super) const ALL: [Self; 4] = [Self::Directory, Self::File, Self::BlockDevice, Self::Other];

    const fn of(kind: FileType) -> Self {
        match kind {
            FileType::Directory => Self::Directory,
            FileType::RegularFile => Self::File,
            FileType::BlockDevice => Self::BlockDevice,
            _ => Self::Other,
        }
    }
}

/// The room of a file system, in bytes and in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Total bytes.
    pub size: u64,
    /// Bytes in use.
    pub used: u64,
    /// Bytes left for an ordinary user.
    pub available: u64,
    /// Total files.
    pub files: u64,
    /// Files in use.
    pub files_used: u64,
    /// Files that can still be created.
    pub files_available: u64,
}

impl View {
    /// Follows a path, with its symbolic links, from the root directory of the view; a relative path from the caller's
    /// directory if the view is the caller's own.
    ///
    /// [`Error::NotFound`] if the path does not exist.
    pub fn resolve(&self, path: &Path) -> Result<ResolvedPath> {
        let name = || quoted(path.as_os_str().as_bytes());
        let file = if self.is_own() {
            rustix::fs::openat(CWD, path, PATH, Mode::empty())
        } else {
            self.open(path)?
        };
        let file = match file {
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {
                let place = if self.is_own() {
                    String::new()
                } else {
                    format!(" in {}", self.name())
                };
                return Err(Error::NotFound(format!("{} does not exist{place}", name())));
            }
            file => file.doing(|| format!("find {}", name()))?,
        };
        let place = Place::of(file).doing(|| format!("look at {}", name()))?;
        Ok(ResolvedPath {
            path: self.below_root(place.file.as_fd())?,
            mount: place.mount,
            device: place.device,
            kind: place.kind,
        })
    }

    /// The path of an open file, from the root directory of the view.
    fn below_root(&self, file: BorrowedFd<'_>) -> Result<PathBuf> {
        let full = path_of(file)?;
        let root = if self.is_own() {
            PathBuf::from("/")
        } else {
            path_of(self.root()?)?
        };
        Ok(match full.strip_prefix(&root) {
            Ok(below) => Path::new("/").join(below),
            Err(_) => full,
        })
    }

    /// The room of the file system of a mount; absent if its path does not lead to the mount.
    ///
    /// If the caller may not use the root directory of the view, but sees the same mount at the same path, that path is
    /// used. The id of a mount is unique on the host.
    pub fn space(&self, mount: &Mount<'_>) -> Gathered<Space> {
        let target = mount.target.decoded();
        let path = Path::new(std::ffi::OsStr::from_bytes(&target));
        let (file, own) = match self.open(path) {
            Ok(file) => (file, false),
            Err(_) => (rustix::fs::openat(CWD, path, PATH, Mode::empty()), true),
        };
        let answer = file.and_then(Place::of).and_then(|place| match place.mount {
            Some(found) if found != mount.id => Ok(None),
            None if own => Ok(None),
            _ => rustix::fs::fstatvfs(&place.file).map(Some),
        });
        match answer {
            // The kernel answers so for a FUSE mount of another user: it tells the caller nothing.
            Ok(Some(space)) if space.f_bsize == 0 => Gathered::Unreadable(Errno::EACCES),
            Ok(Some(space)) => Gathered::Known(Space::of(&space)),
            // If the mount here is another one, the mount in the view may still exist.
            Ok(None) | Err(_) if own => Gathered::Unreadable(Errno::EACCES),
            Ok(None) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Gathered::Absent,
            Err(errno) => Gathered::Unreadable(from_rustix(errno)),
        }
    }

    /// Opens a path from the root directory of the view; no link leads out of it.
    fn open(&self, path: &Path) -> Result<rustix::io::Result<OwnedFd>> {
        let root = self.root()?;
        let answer = rustix::fs::openat2(root, path, PATH, Mode::empty(), ResolveFlags::IN_ROOT);
        Ok(match answer {
            // Before Linux 5.6. Mount points have no symbolic links in them, so the result is the same.
            Err(rustix::io::Errno::NOSYS) => {
                let path = path.strip_prefix("/").unwrap_or(path);
                let path = if path.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    path
                };
                rustix::fs::openat(root, path, PATH, Mode::empty())
            }
            answer => answer,
        })
    }
}

/// A file that is held, and what the kernel knows of it.
struct Place {
    file: OwnedFd,
    mount: Option<MountId>,
    device: Option<Device>,
    kind: Option<PathKind>,
}

impl Place {
    /// Asks the kernel alone: a server that does not answer is not waited for. To ask for nothing works even if the file
    /// system is of another user, who lets nobody look at it (`allow_other` of `fuse(4)`).
    fn of(file: OwnedFd) -> rustix::io::Result<Self> {
        let flags = AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
        let ask = |wanted| rustix::fs::statx(&file, "", flags, wanted);
        let stat = ask(StatxFlags::MNT_ID | StatxFlags::TYPE).or_else(|_| ask(StatxFlags::empty()))?;
        let known = stat.stx_mask & StatxFlags::MNT_ID.bits() != 0;
        let kind = FileType::from_raw_mode(stat.stx_mode.into());
        let has_kind = stat.stx_mask & StatxFlags::TYPE.bits() != 0;
        Ok(Self {
            file,
            mount: known.then_some(MountId::new(stat.stx_mnt_id)),
            kind: has_kind.then_some(PathKind::of(kind)),
            device: (kind == FileType::BlockDevice).then_some(Device {
                major: stat.stx_rdev_major,
                minor: stat.stx_rdev_minor,
            }),
        })
    }
}

impl Space {
    /// Its numbers, in the order of the fields.
    pub(super) fn numbers(self) -> [u64; 6] {
        [
            self.size,
            self.used,
            self.available,
            self.files,
            self.files_used,
            self.files_available,
        ]
    }

    /// The room that [`Space::numbers`] were made of, from their bytes. Numbers that are missing are 0.
    pub(super) fn of_numbers(bytes: &[u8]) -> Self {
        let mut numbers = bytes.chunks_exact(8).map(|bytes| {
            let bytes = bytes.try_into().expect("eight bytes");
            u64::from_ne_bytes(bytes)
        });
        let mut next = || numbers.next().unwrap_or_default();
        Self {
            size: next(),
            used: next(),
            available: next(),
            files: next(),
            files_used: next(),
            files_available: next(),
        }
    }

    fn of(stat: &StatVfs) -> Self {
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Self {
            size: bytes(stat.f_blocks),
            used: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
            available: bytes(stat.f_bavail),
            files: stat.f_files,
            files_used: stat.f_files.saturating_sub(stat.f_ffree),
            files_available: stat.f_favail,
        }
    }
}

/// The path of an open file, as the kernel has it.
fn path_of(file: BorrowedFd<'_>) -> Result<PathBuf> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    std::fs::read_link(&link).doing(|| format!("read {link}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Pid, Process};

    #[test]
    fn a_path_leads_to_the_same_mount_from_both_sides() {
        let own = View::own().unwrap();
        let held = View::of_process(&Process::open(Pid::own()).unwrap()).unwrap();
        for path in ["/", "/proc", "/proc/self/stat"] {
            let path = Path::new(path);
            assert_eq!(
                own.resolve(path).unwrap().mount,
                held.resolve(path).unwrap().mount
            );
            assert_eq!(own.resolve(path).unwrap().path, held.resolve(path).unwrap().path);
        }
        let error = held.resolve(Path::new("/no/such")).unwrap_err().to_string();
        assert!(
            error.starts_with("\"/no/such\" does not exist in process "),
            "{error}"
        );
    }

    #[test]
    fn the_root_directory_has_room() {
        let own = View::own().unwrap();
        let bytes = own.read().unwrap();
        let table = super::super::MountTable::parse(&bytes);
        let spaces: Vec<_> = table.mounts().iter().map(|mount| own.space(mount)).collect();
        assert!(
            spaces
                .iter()
                .any(|space| matches!(space, Gathered::Known(space) if space.size > 0))
        );
    }
}
