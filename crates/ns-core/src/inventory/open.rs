//! Opening a found namespace through one of its holders.

use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags, fcntl_getfl};
use rustix::process::{PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::process::opening::THREAD;
use crate::process::path::ProcPath;
use crate::process::{Pid, Process, open_in_namespace, scan};
use crate::sys::errno::from_rustix;
use crate::sys::ioctl;
use crate::{Error, Identity, Kind, Namespace, Result};

use super::entry::Entry;
use super::holder::Holder;
use super::pins::open_below;
use super::{Inventory, kernel, next_children};

impl Inventory {
    /// Opens a namespace of the inventory through one of its holders.
    ///
    /// [`Error::NotFound`] if it no longer exists, or if the caller may use none of its holders.
    pub fn open(&self, entry: &Entry) -> Result<Namespace> {
        let scan = scan()?;
        if let Some(namespace) = open(&scan.proc(), entry) {
            return Ok(namespace);
        }
        // The lowest process has ended, or the caller may not look into it. A held process gives the cause.
        for member in self.members_of(entry.kind, entry.identity.inode) {
            match Process::open(member.pid).and_then(|process| process.namespace(entry.kind)) {
                Ok(namespace) if namespace.identity() == entry.identity => return Ok(namespace),
                Ok(_) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let found = |inode| self.entry(inode);
        if let Some(namespace) = (Ways {
            proc: &scan.proc(),
            found,
        })
        .open(entry)
        {
            return Ok(namespace);
        }
        let (kind, inode) = (entry.kind, entry.identity.inode);
        Err(Error::NotFound(format!(
            "{kind}:[{inode}] no longer exists, or cannot be opened from here"
        )))
    }
}

/// All ways to open a namespace that was found. A holder may be a namespace that was found too.
pub(super) struct Ways<'a, P, F> {
    /// The open directory `/proc`.
    pub proc: &'a P,
    /// The namespace with an inode, among those that were found.
    pub found: F,
}

impl<'e, P: AsFd, F: Fn(u64) -> Option<&'e Entry>> Ways<'_, P, F> {
    /// Opens it. `None` if it has gone, or the kernel refuses each way.
    pub fn open(&self, entry: &Entry) -> Option<Namespace> {
        let by_id = || kernel::open_entry(entry, entry.id().known()?);
        let by_list = || kernel::find(entry.kind, entry.identity).filter(|_| entry.listed);
        open(self.proc, entry)
            .or_else(by_id)
            .or_else(|| self.through_namespaces(entry))
            .or_else(by_list)
    }

    /// Opens a namespace that its children, the namespaces that it owns, or a mount in a namespace without a usable
    /// process keep alive.
    fn through_namespaces(&self, entry: &Entry) -> Option<Namespace> {
        let open = |inode| (self.found)(inode).and_then(|other| self.open(other));
        let through = |holder: &Holder| match holder {
            Holder::Child { inode, .. } => open(*inode)?.parent().known(),
            Holder::Owned { inode, .. } => open(*inode)?.owner().known(),
            Holder::Pin {
                path,
                mount_namespace,
                seen_by: None,
            } => open_inside(&open(*mount_namespace)?, path),
            _ => None,
        };
        let mut ways = entry.holders.iter().filter_map(through);
        ways.find(|namespace| namespace.identity() == entry.identity)
    }
}

/// Opens a namespace file in this mount namespace.
fn open_inside(namespace: &Namespace, path: &[u8]) -> Option<Namespace> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = open_in_namespace(namespace, "open a namespace file", || {
        let file = rustix::fs::open(path, flags, Mode::empty());
        file.map(|file| [file]).map_err(from_rustix)
    });
    let [file] = opened.ok()?;
    Namespace::from_file(file).ok()
}

/// Opens it; `proc` is the open directory `/proc`. `None` if no holder can be opened, because it has gone or the kernel
/// refuses.
pub(super) fn open(proc: &impl AsFd, entry: &Entry) -> Option<Namespace> {
    let ways = entry
        .holders
        .iter()
        .filter_map(|holder| through(proc, entry.kind, holder));
    entry
        .number
        .and_then(|number| {
            file(
                proc,
                ProcPath::of(number).namespace(entry.kind.name()),
                entry.kind,
            )
        })
        .into_iter()
        .chain(ways)
        // A PID may belong to another process by now, and a descriptor to another file.
        .find(|namespace| namespace.identity() == entry.identity)
}

/// Why [`open`] found no way: [`Error::NotFound`] if the process that was seen in the namespace has left it or has ended.
pub(super) fn refusal(proc: &impl AsFd, entry: &Entry) -> Error {
    let gone = || Error::NotFound("the namespace no longer exists".into());
    let Some(pid) = entry.lowest else {
        return gone();
    };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut path = ProcPath::of(pid);
    let opened = rustix::fs::openat(proc, path.namespace(entry.kind.name()), flags, Mode::empty());
    match opened.and_then(|file| Namespace::known(file, entry.kind)) {
        Err(errno) => match Errno::from_raw(errno.raw_os_error()) {
            Errno::ENOENT | Errno::ESRCH => gone(),
            errno => Error::kernel("open the namespace", errno),
        },
        Ok(namespace) if namespace.identity() != entry.identity => gone(),
        // It can be opened after all: something was missing for a moment only.
        Ok(_) => Error::kernel("open the namespace", Errno::EAGAIN),
    }
}

fn through(proc: &impl AsFd, kind: Kind, holder: &Holder) -> Option<Namespace> {
    match holder {
        Holder::Thread { pid, tid } => {
            let mut path = ProcPath::of_thread(*pid, *tid);
            file(proc, path.namespace(kind.name()), kind)
        }
        Holder::ForChildren { pid, tid } => next_children::open(proc, kind, *pid, *tid),
        Holder::Descriptor { pid, tid, fd } => {
            let file = fetch(*pid, *tid, *fd).or_else(|| as_path(proc, *pid, *tid, *fd))?;
            of_descriptor(proc, file)
        }
        Holder::Socket { pid, tid, fd } | Holder::Tun { pid, tid, fd } => {
            let socket = fetch(*pid, *tid, *fd)?;
            ioctl::siocgskns(&socket).ok().and_then(from_file)
        }
        Holder::Pin { path, seen_by, .. } => {
            let root = format!("{}/root", (*seen_by)?);
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::openat(proc, root, flags, Mode::empty()).ok()?;
            open_below(root, path)
        }
        // These holders are opened when they are found.
        Holder::Child { .. } | Holder::Owned { .. } => None,
    }
}

/// Opens a link in a directory `ns` of `/proc`.
fn file(proc: &impl AsFd, path: &[u8], kind: Kind) -> Option<Namespace> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(proc, path, flags, Mode::empty()).ok()?;
    Namespace::known(file, kind).ok()
}

/// The namespace of a copied descriptor. One that was opened with `O_PATH` takes no ioctl(2), so it is opened again.
fn of_descriptor(proc: &impl AsFd, file: OwnedFd) -> Option<Namespace> {
    if !fcntl_getfl(&file).ok()?.contains(OFlags::PATH) {
        return from_file(file);
    }
    // To open a file of another sort could have effects.
    Identity::of_namespace(&file).ok()??;
    let path = format!("self/fd/{}", file.as_raw_fd());
    let again = rustix::fs::openat(proc, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    from_file(again.ok()?)
}

fn from_file(file: OwnedFd) -> Option<Namespace> {
    Namespace::from_file(file).ok()
}

/// A copy of a descriptor of another process or thread. The file is not opened again, because that could have effects.
fn fetch(pid: Pid, tid: Pid, fd: u32) -> Option<OwnedFd> {
    let fd = fd.try_into().ok()?;
    if pid == tid {
        return Process::open(pid).ok()?.descriptor(fd).ok();
    }
    let pidfd = pidfd_open(tid.to_rustix(), THREAD).ok()?;
    pidfd_getfd(pidfd, fd, PidfdGetfdFlags::empty()).ok()
}

/// The file of a descriptor as a path, which has no effect. Before Linux 6.9, the descriptors of a thread cannot be
/// copied.
fn as_path(proc: &impl AsFd, pid: Pid, tid: Pid, fd: u32) -> Option<OwnedFd> {
    let mut path = ProcPath::of_thread(pid, tid);
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat(proc, path.descriptor(fd), flags, Mode::empty()).ok()
}
