//! The links of `/proc/PID/ns`, read with `readlinkat(2)` alone: no file is opened, and the kernel creates no namespace
//! file, as it does for `stat(2)`.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags, readlinkat_raw};

use super::Pid;
use super::path::ProcPath;
use crate::sys::errno::from_rustix;
use crate::{Gathered, Kind, Kinds};

/// The namespaces that a process or a thread is in, by inode.
///
/// A listing holds one of these for every process, so it is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    /// 0 is no namespace's inode.
    inodes: [u64; Kind::ALL.len()],
    /// The kinds whose links the kernel would not show, and its answer.
    refused: Kinds,
    errno: Errno,
}

impl Links {
    /// No namespace is known, and none was refused.
    const NONE: Self = Self {
        inodes: [0; Kind::ALL.len()],
        refused: Kinds::NONE,
        errno: Errno::EACCES,
    };

    /// The inode of its namespace of this kind.
    pub fn get(&self, kind: Kind) -> Gathered<u64> {
        match self.inodes[kind as usize] {
            0 if self.refused.contains(kind) => Gathered::Unreadable(self.errno),
            0 => Gathered::Absent,
            inode => Gathered::Known(inode),
        }
    }

    /// The namespaces that are known.
    pub fn known(&self) -> impl Iterator<Item = (Kind, u64)> {
        Kind::ALL
            .into_iter()
            .map(|kind| (kind, self.inodes[kind as usize]))
            .filter(|(_, inode)| *inode != 0)
    }

    /// The error number, if the kernel refused to show one of them.
    pub fn refused(&self) -> Option<Errno> {
        (!self.refused.is_empty()).then_some(self.errno)
    }
}

/// Reads the links of the process `pid`; `proc` is the open directory `/proc`.
///
/// Missing links are absent: all links of a process that has ended, and all except `user` and `pid` of a zombie.
pub fn read_links(proc: impl AsFd, pid: Pid) -> Links {
    LinkDirectory::open(proc.as_fd(), pid, None, Kinds::ALL).links(Kinds::ALL)
}

/// A directory `ns` of `/proc`.
#[derive(Debug)]
pub struct LinkDirectory<'p>(Way<'p>);

/// The way to the links of a directory.
#[derive(Debug)]
enum Way<'p> {
    /// Each link is looked up by its path from `/proc`.
    Named(BorrowedFd<'p>, ProcPath),
    /// The directory is open, and links are looked up in it.
    Open(Gathered<OwnedFd>),
}

/// Below this number of links, opening and closing their directory takes longer than looking each up by its path.
const MANY: usize = 3;

impl<'p> LinkDirectory<'p> {
    /// The directory of a process, or of one of its threads; `proc` is the open directory `/proc`. It is opened if links
    /// of many kinds are read.
    pub fn open(proc: BorrowedFd<'p>, pid: Pid, thread: Option<Pid>, kinds: Kinds) -> Self {
        let mut path = match thread {
            Some(thread) => ProcPath::of_thread(pid, thread),
            None => ProcPath::of(pid),
        };
        let links = |kind: Kind| 1 + usize::from(kind.for_children().is_some());
        if kinds.iter().map(links).sum::<usize>() < MANY {
            return Self(Way::Named(proc, path));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::openat(proc, path.file("ns"), flags, Mode::empty());
        Self(Way::Open(answer(directory)))
    }

    /// The links of these kinds; the others are absent.
    pub fn links(&self, kinds: Kinds) -> Links {
        let mut links = Links::NONE;
        for kind in kinds.iter() {
            match self.read(kind.name()) {
                Gathered::Known(inode) => links.inodes[kind as usize] = inode,
                Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => {}
                Gathered::Unreadable(errno) => {
                    // The kernel makes the same check for each link: may the caller look into this process?
                    links.refused = kinds;
                    links.errno = errno;
                    break;
                }
            }
        }
        links
    }

    /// The inode of the namespace of this kind that the next children of the process are born in, if the kernel shows
    /// it. It does not show a PID namespace that has no process yet.
    pub fn for_children(&self, kind: Kind) -> Gathered<u64> {
        match kind.for_children() {
            Some(name) => self.read(name),
            None => Gathered::Absent,
        }
    }

    fn read(&self, name: &str) -> Gathered<u64> {
        let mut target = [MaybeUninit::uninit(); 64];
        let link = match &self.0 {
            Way::Named(proc, path) => {
                answer(readlinkat_raw(*proc, path.clone().namespace(name), &mut target))
            }
            Way::Open(directory) => directory
                .as_ref()
                .and_then(|directory| answer(readlinkat_raw(directory, name, &mut target))),
        };
        link.and_then(|(link, _)| linked_inode(link))
    }
}

/// The meaning of an error number about a process: it has ended or has no such link, or the caller may not look into
/// it.
fn answer<T>(answer: rustix::io::Result<T>) -> Gathered<T> {
    match answer {
        Ok(value) => Gathered::Known(value),
        Err(errno) => match from_rustix(errno) {
            Errno::ENOENT | Errno::ESRCH | Errno::EINVAL => Gathered::Absent,
            errno => Gathered::Unreadable(errno),
        },
    }
}

/// The inode in a link of `/proc/PID/ns`. If the caller may not look into the process, Linux 5.10 answers with an empty
/// link, and others refuse to read it.
pub fn linked_inode(link: &[u8]) -> Gathered<u64> {
    if link.is_empty() {
        return Gathered::Unreadable(Errno::EACCES);
    }
    parse_link(link).map(|(_, inode)| inode).into()
}

/// The name and the number in `net:[4026531833]`, as the kernel writes a namespace in links and in mount tables.
pub fn parse_link(link: &[u8]) -> Option<(&[u8], u64)> {
    let start = link.iter().position(|byte| *byte == b'[')?;
    let name = link[..start].strip_suffix(b":")?;
    let digits = link[start + 1..].strip_suffix(b"]")?;
    let inode = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((name, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_are_those_that_std_reads() {
        let proc = std::fs::File::open("/proc").unwrap();
        for thread in [None, Some(Pid::own())] {
            let directory = LinkDirectory::open(proc.as_fd(), Pid::own(), thread, Kinds::ALL);
            let links = directory.links(Kinds::ALL);
            for kind in Kind::ALL {
                let link = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
                let Gathered::Known(inode) = links.get(kind) else {
                    panic!("{kind} is not known");
                };
                assert_eq!(link.to_str().unwrap(), format!("{kind}:[{inode}]"));
            }
            assert_eq!(links.refused(), None);
        }
    }

    #[test]
    fn an_empty_link_is_a_refusal() {
        assert_eq!(linked_inode(b""), Gathered::Unreadable(Errno::EACCES));
        assert_eq!(linked_inode(b"net:[7]"), Gathered::Known(7));
        assert_eq!(linked_inode(b"net"), Gathered::Absent);
    }

    #[test]
    fn only_the_kinds_that_are_asked_for_are_read() {
        let proc = std::fs::File::open("/proc").unwrap();
        let all = read_links(&proc, Pid::own());
        for kinds in [vec![Kind::Net], vec![Kind::Mnt, Kind::Uts], Kind::ALL.to_vec()] {
            let asked = kinds.iter().copied().collect();
            for thread in [None, Some(Pid::own())] {
                let links = LinkDirectory::open(proc.as_fd(), Pid::own(), thread, asked).links(asked);
                let known = all.known().filter(|(kind, _)| asked.contains(*kind));
                assert!(links.known().eq(known), "{asked}");
            }
        }
    }

    #[test]
    fn children_are_born_in_the_namespaces_of_their_parent_unless_it_said_otherwise() {
        let proc = std::fs::File::open("/proc").unwrap();
        let directory = LinkDirectory::open(proc.as_fd(), Pid::own(), None, Kinds::ALL);
        let links = directory.links(Kinds::ALL);
        for kind in [Kind::Pid, Kind::Time] {
            assert_eq!(directory.for_children(kind), links.get(kind));
        }
        assert_eq!(directory.for_children(Kind::Net), Gathered::Absent);
    }

    #[test]
    fn a_process_that_is_gone_has_no_links() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links(&proc, Pid::new(i32::MAX).unwrap());
        assert!(Kind::ALL.iter().all(|kind| links.get(*kind) == Gathered::Absent));
        let pid = Pid::new(i32::MAX).unwrap();
        for kinds in [Kinds::ALL, Kinds::of(Kind::Net)] {
            let directory = LinkDirectory::open(proc.as_fd(), pid, Some(pid), kinds);
            assert_eq!(directory.links(kinds), links);
        }
    }

    #[test]
    fn only_a_number_in_brackets_at_the_end_is_an_inode() {
        assert_eq!(
            parse_link(b"net:[4026531833]"),
            Some((&b"net"[..], 4_026_531_833))
        );
        for link in [
            &b"net:[]"[..],
            b"net:4026531833",
            b"[",
            b"",
            b"net:[12]x",
            b"net[12]",
        ] {
            assert_eq!(parse_link(link), None);
        }
    }
}
