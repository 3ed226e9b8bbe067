//! A namespace, held open: its identity, its owner, and how to enter it (`ioctl_nsfs(2)`, `setns(2)`).

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::statfs::{FsType, fstatfs};
use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, getpid, pidfd_open};

use crate::error::Doing;
use crate::escape::quoted;
use crate::sys::errno::from_rustix;
use crate::sys::ioctl;
use crate::{Error, Gathered, Kind, Result};

/// The magic number of the file system of namespace files, `NSFS_MAGIC`.
const NSFS: FsType = FsType(libc::NSFS_MAGIC);

/// The identity of a namespace: two files are the same namespace if both numbers are equal (`namespaces(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `st_dev` of the namespace file.
    pub device: u64,
    /// `st_ino` of the namespace file: the number in `net:[4026531833]`.
    pub inode: u64,
}

impl Identity {
    /// The identity of an open namespace file.
    pub fn of(file: impl AsFd) -> rustix::io::Result<Self> {
        let stat = rustix::fs::fstat(file)?;
        Ok(Self {
            device: stat.st_dev,
            inode: stat.st_ino,
        })
    }

    /// The identity of the namespace of this kind that the caller is in. Without `/proc`, only Linux 6.11 and later tell
    /// it.
    pub fn own(kind: Kind) -> Result<Self> {
        let missing = match Namespace::own(kind) {
            Ok(own) => return Ok(own.identity()),
            Err(error) => error,
        };
        let by_pidfd = || Self::of(own_by_pidfd(kind)?).map_err(from_rustix);
        by_pidfd().map_err(|_: Errno| missing)
    }

    /// The identity of this file, if it is a namespace. The file may be open for its path alone (`O_PATH`).
    pub(crate) fn of_namespace(file: impl AsFd) -> nix::Result<Option<Self>> {
        if fstatfs(&file)?.filesystem_type() != NSFS {
            return Ok(None);
        }
        Self::of(file).map(Some).map_err(from_rustix)
    }
}

/// An open namespace. It keeps the namespace alive. Clones share the descriptor.
#[derive(Clone, Debug)]
pub struct Namespace {
    file: Arc<OwnedFd>,
    kind: Kind,
    identity: Identity,
}

/// The namespace of this kind that the caller is in, by a pidfd (Linux 6.11), which needs no `/proc`.
fn own_by_pidfd(kind: Kind) -> nix::Result<OwnedFd> {
    let pidfd = pidfd_open(getpid(), PidfdFlags::empty()).map_err(from_rustix)?;
    ioctl::pidfd_get_namespace(pidfd, kind.flag().bits())
}

impl Namespace {
    /// The namespace of this kind that the caller is in.
    pub fn own(kind: Kind) -> Result<Self> {
        Self::open(format!("/proc/self/ns/{kind}")).map_err(Error::or_without_proc)
    }

    /// The namespace of this kind that the caller is in, even without `/proc`, if the kernel gives it.
    pub(crate) fn own_anyway(kind: Kind) -> Option<Self> {
        let by_pidfd = || Self::from_file(own_by_pidfd(kind).ok()?).ok();
        Self::own(kind).ok().or_else(by_pidfd)
    }

    /// The namespace at this path: `/proc/PID/ns/net`, or a bind mount of it such as `/run/netns/blue`.
    ///
    /// [`Error::Unfit`] if the file is not a namespace.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = || quoted(path.as_os_str().as_bytes());
        // Without O_NONBLOCK, opening a FIFO would wait for its writer.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => {
                return Err(Error::NotFound(match std::fs::read_link(path) {
                    Ok(to) => {
                        let to = quoted(to.as_os_str().as_bytes());
                        format!("{} is a link to {to}, which does not exist", name())
                    }
                    Err(_) => format!("{} does not exist", name()),
                }));
            }
            Err(_) if is_no_namespace(path) => return Err(unfit(path)),
            answer => answer.doing(|| format!("open {}", name()))?,
        };
        Self::from_file(file).map_err(|error| match error {
            Error::Unfit(_) => unfit(path),
            error => error,
        })
    }

    /// The namespace behind this open file.
    ///
    /// [`Error::Unfit`] if it is not a namespace.
    pub fn from_file(file: OwnedFd) -> Result<Self> {
        let unfit = || Error::Unfit("not a namespace".into());
        let system = fstatfs(&file).doing(|| "look at a namespace file")?;
        if system.filesystem_type() != NSFS {
            return Err(unfit());
        }
        let flag = ioctl::ns_get_nstype(&file).doing(|| "ask for the kind of a namespace")?;
        let kind = Kind::from_flag(nix::sched::CloneFlags::from_bits_retain(flag)).ok_or_else(unfit)?;
        Self::known(file, kind).doing(|| "look at a namespace file")
    }

    /// The namespace behind this open file. The way it was opened makes sure that it is of this kind.
    pub(crate) fn known(file: OwnedFd, kind: Kind) -> rustix::io::Result<Self> {
        let identity = Identity::of(&file)?;
        Ok(Self {
            file: Arc::new(file),
            kind,
            identity,
        })
    }

    /// The kind of the namespace.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The identity of the namespace.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The 64-bit id of the namespace, which is never reused (Linux 6.18; 6.12 for mount namespaces).
    pub fn id(&self) -> Gathered<u64> {
        let id = match ioctl::ns_get_id(self) {
            Err(Errno::ENOTTY) if self.kind == Kind::Mnt => ioctl::ns_get_mntns_id(self),
            id => id,
        };
        match id {
            Ok(id) => Gathered::Known(id),
            Err(Errno::ENOTTY) => Gathered::NotTold,
            Err(errno) => Gathered::Unreadable(errno),
        }
    }

    /// The user namespace that owns this namespace. The owner of a user namespace is its parent.
    ///
    /// [`Gathered::Unreadable`] if the owner is neither the caller's user namespace nor below it. The kernel gives the
    /// same answer for the initial user namespace, which has no owner.
    pub fn owner(&self) -> Gathered<Self> {
        gathered(ioctl::ns_get_userns(self), Kind::User)
    }

    /// The parent of this namespace. [`Gathered::Absent`] for kinds without parents; otherwise as [`Self::owner`].
    pub fn parent(&self) -> Gathered<Self> {
        match self.kind {
            Kind::Pid | Kind::User => gathered(ioctl::ns_get_parent(self), self.kind),
            _ => Gathered::Absent,
        }
    }

    /// The uid that created this user namespace, or the user namespace that owns this namespace, as seen from the
    /// caller's user namespace (65534 if the uid is not mapped there).
    pub fn owner_uid(&self) -> Gathered<u32> {
        if self.kind != Kind::User {
            return self.owner().and_then(|owner| owner.owner_uid());
        }
        match ioctl::ns_get_owner_uid(self) {
            Ok(uid) => Gathered::Known(uid),
            Err(errno) => Gathered::Unreadable(errno),
        }
    }

    /// True if the system started with this namespace.
    pub fn is_initial(&self) -> bool {
        self.identity.inode == self.kind.initial_inode()
    }

    /// Moves the calling thread into the namespace (`setns(2)`). Fails with `EINVAL` for the caller's own user
    /// namespace.
    pub fn enter(&self) -> nix::Result<()> {
        nix::sched::setns(self, self.kind.flag())
    }
}

/// True if the file is known to be no namespace, although it cannot be opened. To look at it needs no right to it.
fn is_no_namespace(path: &Path) -> bool {
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    file.is_ok_and(|file| matches!(Identity::of_namespace(&file), Ok(None)))
}

fn unfit(path: &Path) -> Error {
    let name = quoted(path.as_os_str().as_bytes());
    Error::Unfit(if path.is_dir() {
        format!("{name} is a directory, not a namespace")
    } else {
        format!("{name} is not a namespace")
    })
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// As the kernel writes it: `net:[4026531833]`.
impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:[{}]", self.kind, self.identity.inode)
    }
}

/// The answer of the ioctls for owner and parent. `EPERM` means that the relative does not exist or that the caller
/// cannot see it.
fn gathered(answer: nix::Result<OwnedFd>, kind: Kind) -> Gathered<Namespace> {
    match answer.map(|file| Namespace::known(file, kind)) {
        Ok(Ok(namespace)) => Gathered::Known(namespace),
        Ok(Err(errno)) => Gathered::Unreadable(from_rustix(errno)),
        Err(errno) => Gathered::Unreadable(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_namespaces_are_of_their_kinds_and_have_owners() {
        for kind in Kind::ALL {
            let namespace = Namespace::own(kind).unwrap();
            assert_eq!(namespace.kind(), kind);
            assert_eq!(
                namespace.to_string(),
                std::fs::read_link(format!("/proc/self/ns/{kind}"))
                    .unwrap()
                    .to_str()
                    .unwrap()
            );
        }
        assert_eq!(
            Namespace::own(Kind::Net).unwrap().parent().map(|_| ()),
            Gathered::Absent
        );
    }

    #[test]
    fn a_file_that_is_no_namespace_is_said_to_be_none() {
        let error = Namespace::open("/proc/self/status").unwrap_err();
        assert_eq!(error.to_string(), "\"/proc/self/status\" is not a namespace");
        let error = Namespace::open("/no/such\nfile").unwrap_err();
        assert_eq!(error.to_string(), "\"/no/such\\x0afile\" does not exist");
    }
}
