//! `/proc/PID/fd`: namespaces with an open namespace file, and network namespaces with a socket.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, StatxFlags, statx};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::process::opening::THREAD;
use crate::process::path::ProcPath;
use crate::process::{Pid, parse_link};
use crate::sys::ioctl;
use crate::{Gathered, Identity, Kind, Kinds, Namespace};

use super::holder::Holder;
use super::members::{Found, Member};

/// True if the size of the directory is the number of descriptors (Linux 6.2 and later).
fn counts(proc: BorrowedFd<'_>) -> bool {
    // The caller has descriptors open, so the size is not 0.
    rustix::fs::statat(proc, "self/fd", AtFlags::empty()).is_ok_and(|stat| stat.st_size > 0)
}

/// The facts that are the same for all processes.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    /// True if the kernel counts the descriptors of a process.
    counted: bool,
    /// True if PIDs in `/proc` are the caller's PIDs. In a PID namespace without its own `/proc` they are not, and
    /// `pidfd_open(2)` would open another process.
    pub same_pids: bool,
    /// The device of the files of namespaces: major and minor.
    namespaces: Option<(u32, u32)>,
}

impl Surroundings {
    /// Finds these facts with the descriptors of the caller.
    pub fn of_caller(proc: BorrowedFd<'_>) -> Self {
        let own = rustix::fs::readlinkat(proc, "self", Vec::new());
        Self {
            counted: counts(proc),
            same_pids: own.is_ok_and(|own| own.to_bytes() == Pid::own().to_string().as_bytes()),
            namespaces: device_of(proc, b"self/ns/mnt"),
        }
    }
}

/// The device of a file. A cached answer is enough, so no server is asked that may not answer.
fn device_of(proc: BorrowedFd<'_>, path: &[u8]) -> Option<(u32, u32)> {
    let flags = AtFlags::from_bits_retain(libc::AT_STATX_DONT_SYNC.cast_unsigned()) | AtFlags::NO_AUTOMOUNT;
    let stat = statx(proc, path, flags, StatxFlags::TYPE).ok()?;
    Some((stat.stx_dev_major, stat.stx_dev_minor))
}

/// Looks at the descriptors of a process.
pub(super) fn look<'a>(
    found: &'a mut Found,
    proc: BorrowedFd<'a>,
    member: &'a Member,
    kinds: Kinds,
    surroundings: Surroundings,
) {
    let mut descriptors = Descriptors {
        found,
        proc,
        member,
        kinds,
        surroundings,
        pidfd: None,
    };
    let mut path = ProcPath::of(member.number);
    let mut seen = 0;
    if surroundings.counted {
        let size = rustix::fs::statat(proc, path.file("fd"), AtFlags::empty())
            .map(|stat| u32::try_from(stat.st_size));
        match size {
            Ok(Ok(0)) => return,
            Ok(Ok(count @ 1..=FEW)) => {
                seen = descriptors.look_at_first(proc, count);
                if seen == count {
                    return;
                }
            }
            _ => {}
        }
    }
    descriptors.look_at_rest(proc, path.file("fd"), seen);
}

/// How many of the lowest numbers are tried before the directory is read. Nearly every process has its descriptors
/// there.
const FEW: u32 = 8;

/// The kind of file that a descriptor is for.
#[derive(Clone, Copy)]
enum FdKind {
    Namespace(Kind),
    Socket,
}

/// The descriptors of one process.
struct Descriptors<'a> {
    found: &'a mut Found,
    proc: BorrowedFd<'a>,
    member: &'a Member,
    kinds: Kinds,
    surroundings: Surroundings,
    /// The pidfd, which is opened for the first socket.
    pidfd: Option<OwnedFd>,
}

impl Descriptors<'_> {
    /// Looks at the descriptors 0, 1, 2 and so on up to the first gap, and returns how many there were.
    fn look_at_first(&mut self, proc: BorrowedFd<'_>, count: u32) -> u32 {
        let mut path = ProcPath::of(self.member.number);
        for fd in 0..count {
            let mut target = [MaybeUninit::uninit(); 64];
            match rustix::fs::readlinkat_raw(proc, path.descriptor(fd), &mut target) {
                Ok((target, _)) => self.note(fd, self.recognise(fd, target)),
                Err(_) => return fd,
            }
        }
        count
    }

    /// Looks at all descriptors in the directory, except the `known` lowest numbers.
    fn look_at_rest(&mut self, proc: BorrowedFd<'_>, path: &[u8], seen: u32) {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut entries = match rustix::fs::openat(proc, path, flags, Mode::empty()).and_then(Dir::new) {
            Ok(entries) => entries,
            Err(Errno::NOENT | Errno::SRCH) => return,
            Err(_) => {
                self.found.unread.descriptors += 1;
                return;
            }
        };
        while let Some(Ok(entry)) = entries.next() {
            let name = entry.file_name();
            let fd = name.to_str().ok().and_then(|name| name.parse().ok());
            let Some(fd) = fd.filter(|fd| *fd >= seen) else {
                continue;
            };
            let mut target = [MaybeUninit::uninit(); 64];
            let Ok(directory) = entries.fd() else { return };
            if let Ok((target, _)) = rustix::fs::readlinkat_raw(directory, name, &mut target) {
                self.note(fd, self.recognise(fd, target));
            }
        }
    }

    /// The kind and the inode of a descriptor's file, if it is a namespace or a socket.
    fn recognise(&self, fd: u32, link: &[u8]) -> Option<(FdKind, u64)> {
        if link.first() == Some(&b'/') {
            return self.mounted(fd, link);
        }
        let (what, inode) = parse_link(link)?;
        if what == b"socket" {
            return self.kinds.contains(Kind::Net).then_some((FdKind::Socket, inode));
        }
        let kind = self.kinds.iter().find(|kind| kind.name().as_bytes() == what)?;
        Some((FdKind::Namespace(kind), inode))
    }

    /// Looks at a descriptor that was opened by a path, such as a pinned name. Its link has that path, or only a slash
    /// if nothing is mounted there any more.
    fn mounted(&self, fd: u32, link: &[u8]) -> Option<(FdKind, u64)> {
        // Most files are on such a device, and no namespace is.
        if [&b"/dev/"[..], b"/memfd:"]
            .iter()
            .any(|start| link.starts_with(start))
        {
            return None;
        }
        let mut path = ProcPath::of(self.member.number);
        let path = path.descriptor(fd);
        if self.surroundings.namespaces.is_none()
            || device_of(self.proc, path) != self.surroundings.namespaces
        {
            return None;
        }
        // The descriptor may be another file by now, and opening a file can have effects. So it is first opened as
        // a path, and then opened if it is still a namespace.
        let held = rustix::fs::openat(self.proc, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let path = format!("self/fd/{}", held.as_raw_fd());
        if device_of(self.proc, path.as_bytes()) != self.surroundings.namespaces {
            return None;
        }
        let file =
            rustix::fs::openat(self.proc, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let namespace = Namespace::from_file(file).ok()?;
        let kind = namespace.kind();
        (self.kinds.contains(kind)).then_some((FdKind::Namespace(kind), namespace.identity().inode))
    }

    fn note(&mut self, fd: u32, link: Option<(FdKind, u64)>) {
        let pid = self.member.pid;
        match link {
            Some((FdKind::Namespace(kind), inode)) => {
                self.found.hold(kind, inode, Holder::Descriptor { pid, fd });
            }
            Some((FdKind::Socket, inode)) => self.look_at_socket(fd, inode),
            None => {}
        }
    }

    /// Adds the network namespace of a socket, if it differs from the namespace of its process. A socket that processes
    /// share is looked at once.
    fn look_at_socket(&mut self, fd: u32, socket: u64) {
        let namespace = match self.found.sockets.get(&socket) {
            Some(namespace) => *namespace,
            None => match self.namespace(fd) {
                Ok(namespace) => {
                    self.found.sockets.insert(socket, namespace);
                    namespace
                }
                // The socket was closed meanwhile, or the process has ended.
                Err(Errno::BADF | Errno::SRCH | Errno::NOENT | Errno::INVAL) => return,
                Err(_) => {
                    self.found.unread.sockets += 1;
                    self.found.sockets.insert(socket, None);
                    return;
                }
            },
        };
        if let Some(inode) = namespace
            && self.member.links.get(Kind::Net) != Gathered::Known(inode)
        {
            let pid = self.member.pid;
            self.found.hold(Kind::Net, inode, Holder::Socket { pid, fd });
        }
    }

    fn namespace(&mut self, fd: u32) -> rustix::io::Result<Option<u64>> {
        if !self.surroundings.same_pids {
            return Err(Errno::OPNOTSUPP);
        }
        let socket = self.fetch(fd)?;
        match ioctl::siocgskns(&socket) {
            Ok(namespace) => Ok(Some(Identity::of(&namespace)?.inode)),
            // Sockets of this family are in no network namespace.
            Err(nix::errno::Errno::ENOTTY | nix::errno::Errno::EOPNOTSUPP) => Ok(None),
            Err(errno) => Err(Errno::from_raw_os_error(errno as i32)),
        }
    }

    /// A copy of a descriptor of the process (`pidfd_getfd(2)`); the pidfd is opened if it is not open yet.
    fn fetch(&mut self, fd: u32) -> rustix::io::Result<OwnedFd> {
        let Member { pid, number, .. } = *self.member;
        let flags = if number == pid {
            PidfdFlags::empty()
        } else {
            THREAD
        };
        let pidfd = match &mut self.pidfd {
            Some(pidfd) => pidfd,
            none => none.insert(pidfd_open(number.to_rustix(), flags)?),
        };
        let fd = i32::try_from(fd).map_err(|_| Errno::BADF)?;
        pidfd_getfd(pidfd.as_fd(), fd, PidfdGetfdFlags::empty())
    }
}
