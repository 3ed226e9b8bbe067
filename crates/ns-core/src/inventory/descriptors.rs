//! `/proc/PID/fd`: namespaces with an open namespace file, and network namespaces with a socket or a TUN device.

use std::cmp::Ordering;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Statx, StatxFlags, statx};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::process::opening::THREAD;
use crate::process::path::ProcPath;
use crate::process::{Files, Pid, parse_link, tids};
use crate::sys::socket::netns_cookie;
use crate::sys::{ioctl, kcmp};
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

/// `/dev/net/tun`: the major and the minor number, which are fixed.
const TUN: (u32, u32) = (10, 200);

/// The state of a file. A cached answer is enough, so no server is asked that may not answer.
fn state_of(proc: BorrowedFd<'_>, path: &[u8]) -> Option<Statx> {
    let flags = AtFlags::from_bits_retain(libc::AT_STATX_DONT_SYNC.cast_unsigned()) | AtFlags::NO_AUTOMOUNT;
    statx(proc, path, flags, StatxFlags::TYPE).ok()
}

/// The device that a file is on.
fn device_of(proc: BorrowedFd<'_>, path: &[u8]) -> Option<(u32, u32)> {
    let stat = state_of(proc, path)?;
    Some((stat.stx_dev_major, stat.stx_dev_minor))
}

/// Looks at the descriptors of a process, and of each of its threads that has a table of its own.
pub(super) fn look(
    found: &mut Found,
    proc: BorrowedFd<'_>,
    member: &Member,
    kinds: Kinds,
    surroundings: Surroundings,
) {
    let before = found.held.len();
    let mut table = |number, known| {
        look_at_table(Descriptors {
            found,
            proc,
            member,
            number,
            kinds,
            surroundings,
            pidfd: None,
            known,
        });
    };
    table(member.number, None);
    let threads = match member.threads {
        0 => Files::of(&proc, member.pid).threads().known().unwrap_or(0),
        threads => threads,
    };
    if threads <= 1 {
        return;
    }
    let mut tables = vec![member.number];
    for tid in tids(proc, ProcPath::of(member.pid).file("task")) {
        if tid == member.number {
            continue;
        }
        match place_among(&tables, tid).filter(|_| surroundings.same_pids) {
            Some(Ok(_)) => {}
            Some(Err(place)) => {
                tables.insert(place, tid);
                table(tid, None);
            }
            // Descriptors that are the same in both tables count once.
            None => table(tid, Some(before)),
        }
    }
}

/// The place of a thread among those with different tables of descriptors: `Ok` if its table is the same as the table of
/// the thread there, `Err` if it is a new one. `None` if this cannot be told.
fn place_among(tables: &[Pid], tid: Pid) -> Option<std::result::Result<usize, usize>> {
    let mut told = true;
    let place = tables.binary_search_by(|known| {
        kcmp::descriptor_tables(known.as_raw(), tid.as_raw()).unwrap_or_else(|_| {
            told = false;
            Ordering::Less
        })
    });
    told.then_some(place)
}

/// Looks at the descriptors of one table.
fn look_at_table(mut descriptors: Descriptors<'_>) {
    let (proc, surroundings) = (descriptors.proc, descriptors.surroundings);
    let mut path = ProcPath::of(descriptors.number);
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
    Tun,
}

/// The descriptors of one table.
struct Descriptors<'a> {
    found: &'a mut Found,
    proc: BorrowedFd<'a>,
    member: &'a Member,
    /// The number in `/proc` of a thread with this table.
    number: Pid,
    kinds: Kinds,
    surroundings: Surroundings,
    /// The pidfd, which is opened for the first socket.
    pidfd: Option<OwnedFd>,
    /// If the table may have been looked at before: the index of the first holder from the process.
    known: Option<usize>,
}

impl Descriptors<'_> {
    /// Looks at the descriptors 0, 1, 2 and so on up to the first gap, and returns how many there were.
    fn look_at_first(&mut self, proc: BorrowedFd<'_>, count: u32) -> u32 {
        let mut path = ProcPath::of(self.number);
        for fd in 0..count {
            self.found.files += 1;
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
            self.found.files += 1;
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
            return self.at_path(fd, link);
        }
        let (what, inode) = parse_link(link)?;
        if what == b"socket" {
            return self.kinds.contains(Kind::Net).then_some((FdKind::Socket, inode));
        }
        let kind = self.kinds.iter().find(|kind| kind.name().as_bytes() == what)?;
        Some((FdKind::Namespace(kind), inode))
    }

    /// Looks at a descriptor that was opened by a path, such as a pinned name or a TUN device. Its link has that path, or
    /// only a slash if nothing is mounted there any more.
    fn at_path(&self, fd: u32, link: &[u8]) -> Option<(FdKind, u64)> {
        // Many descriptors are such files, and no namespace is.
        if [&b"/dev/null"[..], b"/dev/pts/", b"/memfd:"]
            .iter()
            .any(|start| link.starts_with(start))
        {
            return None;
        }
        let mut path = ProcPath::of(self.number);
        let path = path.descriptor(fd);
        let stat = state_of(self.proc, path)?;
        if FileType::from_raw_mode(stat.stx_mode.into()) == FileType::CharacterDevice {
            let is_tun = (stat.stx_rdev_major, stat.stx_rdev_minor) == TUN;
            return (is_tun && self.kinds.contains(Kind::Net)).then_some((FdKind::Tun, 0));
        }
        if Some((stat.stx_dev_major, stat.stx_dev_minor)) != self.surroundings.namespaces {
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
        match link {
            Some((FdKind::Namespace(kind), inode)) => {
                let (pid, tid) = self.owner();
                self.hold(kind, inode, Holder::Descriptor { pid, tid, fd });
            }
            Some((FdKind::Socket, inode)) => self.look_at_socket(fd, inode),
            Some((FdKind::Tun, _)) => self.look_at_tun(fd),
            None => {}
        }
    }

    /// The process, and the thread whose table this is.
    fn owner(&self) -> (Pid, Pid) {
        (self.member.pid, self.number)
    }

    /// Adds a holder, if it is not that of a table that was looked at before.
    fn hold(&mut self, kind: Kind, inode: u64, holder: Holder) {
        let is_same =
            |known: &Holder| known.holder_kind() == holder.holder_kind() && known.fd() == holder.fd();
        let is_known = |(of, at, known): &(Kind, u64, Holder)| (*of, *at) == (kind, inode) && is_same(known);
        if self
            .known
            .is_none_or(|first| !self.found.held[first..].iter().any(is_known))
        {
            self.found.hold(kind, inode, holder);
        }
    }

    /// Adds the network namespace of a socket, if it differs from the namespace of its process. A socket that processes
    /// share is looked at once.
    fn look_at_socket(&mut self, fd: u32, socket: u64) {
        let namespace = match self.found.sockets.get(&socket) {
            Some(namespace) => *namespace,
            None => match self.namespace_of_socket(fd) {
                Ok(namespace) => {
                    self.found.sockets.insert(socket, namespace);
                    namespace
                }
                Err(errno) if self.is_gone(errno) => return,
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
            let (pid, tid) = self.owner();
            self.hold(Kind::Net, inode, Holder::Socket { pid, tid, fd });
        }
    }

    /// Adds the network namespace that a TUN device was opened in, if it differs from the namespace of its process.
    fn look_at_tun(&mut self, fd: u32) {
        match self.fetch(fd).and_then(|device| namespace(&device)) {
            Ok(Some(inode)) if self.member.links.get(Kind::Net) != Gathered::Known(inode) => {
                let (pid, tid) = self.owner();
                self.hold(Kind::Net, inode, Holder::Tun { pid, tid, fd });
            }
            Ok(_) => {}
            Err(errno) if self.is_gone(errno) => {}
            Err(_) => self.found.unread.sockets += 1,
        }
    }

    /// True if the file was closed meanwhile, or the process has ended.
    fn is_gone(&self, errno: Errno) -> bool {
        // Before Linux 6.9, this is the answer for a thread that is not the first one.
        let is_thread = errno == Errno::INVAL && self.number != self.member.pid;
        matches!(errno, Errno::BADF | Errno::SRCH | Errno::NOENT | Errno::INVAL) && !is_thread
    }

    /// The network namespace of a socket. It is opened for the first socket in it.
    fn namespace_of_socket(&mut self, fd: u32) -> rustix::io::Result<Option<u64>> {
        let socket = self.fetch(fd)?;
        let Ok(cookie) = netns_cookie(&socket) else {
            return namespace(&socket);
        };
        if let Some(known) = self.found.cookies.get(&cookie) {
            return *known;
        }
        let found = namespace(&socket);
        if found.is_ok() || found == Err(Errno::PERM) {
            self.found.cookies.insert(cookie, found);
        }
        found
    }

    /// A copy of a descriptor of the process (`pidfd_getfd(2)`); the pidfd is opened if it is not open yet.
    fn fetch(&mut self, fd: u32) -> rustix::io::Result<OwnedFd> {
        if !self.surroundings.same_pids {
            return Err(Errno::OPNOTSUPP);
        }
        let number = self.number;
        let flags = if number == self.member.pid {
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

/// The network namespace of a socket or a TUN device; `None` if it is in none.
fn namespace(file: &OwnedFd) -> rustix::io::Result<Option<u64>> {
    match ioctl::siocgskns(file) {
        Ok(namespace) => Ok(Some(Identity::of(&namespace)?.inode)),
        // Sockets of this family are in no network namespace.
        Err(nix::errno::Errno::ENOTTY | nix::errno::Errno::EOPNOTSUPP) => Ok(None),
        Err(errno) => Err(Errno::from_raw_os_error(errno as i32)),
    }
}
