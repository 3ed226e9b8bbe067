//! `/proc/PID/fd`: namespaces that are held by an open namespace file, and network namespaces that are held by a socket.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::process::parse_link;
use crate::sys::ioctl;
use crate::{Gathered, Identity, Kind, Kinds};

use super::holder::Holder;
use super::members::{Found, Member};

/// Whether the kernel counts the descriptors of a process in the size of its directory (Linux 6.2 and later).
pub(super) fn counts(proc: BorrowedFd<'_>) -> bool {
    // The caller has some open.
    rustix::fs::statat(proc, "self/fd", AtFlags::empty()).is_ok_and(|stat| stat.st_size > 0)
}

/// Looks at the descriptors of a process.
pub(super) fn look(found: &mut Found, proc: BorrowedFd<'_>, member: &Member, kinds: Kinds, counted: bool) {
    let path = format!("{}/fd", member.pid);
    if counted && rustix::fs::statat(proc, &path, AtFlags::empty()).is_ok_and(|stat| stat.st_size == 0) {
        return;
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let entries = match rustix::fs::openat(proc, path, flags, Mode::empty()).and_then(Dir::new) {
        Ok(entries) => entries,
        Err(Errno::NOENT | Errno::SRCH) => return,
        Err(_) => {
            found.unread.descriptors += 1;
            return;
        }
    };
    let mut sockets = Sockets { member, pidfd: None };
    let mut entries = entries;
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        let Some(fd) = name.to_str().ok().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let mut target = [MaybeUninit::uninit(); 64];
        let Ok(directory) = entries.fd() else { return };
        let Ok((target, _)) = rustix::fs::readlinkat_raw(directory, name, &mut target) else {
            continue;
        };
        let Some((what, inode)) = parse_link(target) else {
            continue;
        };
        if what == b"socket" {
            if kinds.contains(Kind::Net) {
                sockets.look(found, fd, inode);
            }
        } else if let Some(kind) = kinds.iter().find(|kind| kind.name().as_bytes() == what) {
            let pid = member.pid;
            found.hold(kind, inode, Holder::Descriptor { pid, fd });
        }
    }
}

/// The sockets of one process.
struct Sockets<'a> {
    member: &'a Member,
    /// Opened for the first.
    pidfd: Option<OwnedFd>,
}

impl Sockets<'_> {
    /// Notes the network namespace of a socket, where it is not that of its process. A socket that processes share is
    /// looked at once.
    fn look(&mut self, found: &mut Found, fd: u32, socket: u64) {
        let namespace = match found.sockets.get(&socket) {
            Some(namespace) => *namespace,
            None => match self.namespace(fd) {
                Ok(namespace) => {
                    found.sockets.insert(socket, namespace);
                    namespace
                }
                // Closed meanwhile, or the process has ended.
                Err(Errno::BADF | Errno::SRCH | Errno::NOENT | Errno::INVAL) => return,
                Err(_) => {
                    found.unread.sockets += 1;
                    found.sockets.insert(socket, None);
                    return;
                }
            },
        };
        if let Some(inode) = namespace
            && self.member.links.get(Kind::Net) != Gathered::Known(inode)
        {
            let pid = self.member.pid;
            found.hold(Kind::Net, inode, Holder::Socket { pid, fd });
        }
    }

    fn namespace(&mut self, fd: u32) -> rustix::io::Result<Option<u64>> {
        let socket = fetch(&mut self.pidfd, self.member.pid, fd)?;
        match ioctl::siocgskns(&socket) {
            Ok(namespace) => Ok(Some(Identity::of(&namespace)?.inode)),
            // A socket of a family that is in no network namespace.
            Err(nix::errno::Errno::ENOTTY | nix::errno::Errno::EOPNOTSUPP) => Ok(None),
            Err(errno) => Err(Errno::from_raw_os_error(errno as i32)),
        }
    }
}

/// A copy of a descriptor of another process (`pidfd_getfd(2)`); the pidfd is opened where there is none yet.
pub(super) fn fetch(
    pidfd: &mut Option<OwnedFd>,
    pid: crate::process::Pid,
    fd: u32,
) -> rustix::io::Result<OwnedFd> {
    let pidfd = match pidfd {
        Some(pidfd) => pidfd,
        None => pidfd.insert(pidfd_open(pid.to_rustix(), PidfdFlags::empty())?),
    };
    let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
    pidfd_getfd(pidfd.as_fd(), fd, PidfdGetfdFlags::empty())
}
