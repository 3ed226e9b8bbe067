//! The links of `/proc/PID/ns`, read with `readlinkat(2)` alone: nothing is opened, and no namespace file is made in the
//! kernel, as `stat(2)` on them would.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use super::Pid;
use super::path::ProcPath;
use crate::{Gathered, Kind, Kinds};

/// The namespaces that a process or a thread is in, by inode.
///
/// A listing holds one of these for every process there is, so it is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    /// 0 is no namespace's inode.
    inodes: [u64; Kind::ALL.len()],
    /// The kinds whose links the kernel would not show, and its answer.
    refused: Kinds,
    errno: Errno,
}

impl Links {
    /// None known, none refused.
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

    /// The kernel's answer, where it would not show one of them.
    pub fn refused(&self) -> Option<Errno> {
        (!self.refused.is_empty()).then_some(self.errno)
    }
}

/// Reads the links of the process or thread `pid`; `proc` is the open directory `/proc`.
///
/// What a process lacks is absent: all of them once it is gone, all but `user` and `pid` for a zombie.
pub fn read_links(proc: impl AsFd, pid: Pid) -> Links {
    read_links_of(proc, pid, None, Kinds::ALL)
}

/// The same for some of the kinds; the others are absent. With `thread`, those of this thread of the process.
pub fn read_links_of(proc: impl AsFd, pid: Pid, thread: Option<Pid>, kinds: Kinds) -> Links {
    let proc = proc.as_fd();
    let mut path = match thread {
        Some(thread) => ProcPath::of_thread(pid, thread),
        None => ProcPath::of(pid),
    };
    let mut links = Links::NONE;
    for kind in kinds.iter() {
        match read_link(proc, path.namespace(kind.name())) {
            Gathered::Known(inode) => links.inodes[kind as usize] = inode,
            Gathered::Absent => {}
            Gathered::Unreadable(errno) => {
                // The kernel asks the same question for each: may the caller look into this process?
                links.refused = kinds;
                links.errno = errno;
                break;
            }
        }
    }
    links
}

/// The inode of the namespace of this kind that the next children of the process are born in, where the kernel shows it:
/// it shows no PID namespace that has no process yet.
pub fn read_link_for_children(proc: impl AsFd, pid: Pid, kind: Kind) -> Gathered<u64> {
    match kind.for_children() {
        Some(name) => read_link(proc.as_fd(), ProcPath::of(pid).namespace(name)),
        None => Gathered::Absent,
    }
}

fn read_link(proc: BorrowedFd<'_>, path: &[u8]) -> Gathered<u64> {
    let mut target = [MaybeUninit::uninit(); 64];
    match rustix::fs::readlinkat_raw(proc, path, &mut target) {
        Ok((link, _)) => parse_link(link).map(|(_, inode)| inode).into(),
        Err(errno) => match Errno::from_raw(errno.raw_os_error()) {
            Errno::ENOENT | Errno::ESRCH | Errno::EINVAL => Gathered::Absent,
            errno => Gathered::Unreadable(errno),
        },
    }
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
            let links = read_links_of(&proc, Pid::own(), thread, Kinds::ALL);
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
    fn only_the_kinds_that_are_asked_for_are_read() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links_of(&proc, Pid::own(), None, [Kind::Net].into_iter().collect());
        let known: Vec<_> = links.known().map(|(kind, _)| kind).collect();
        assert_eq!(known, [Kind::Net]);
    }

    #[test]
    fn children_are_born_in_the_namespaces_of_their_parent_unless_it_said_otherwise() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links(&proc, Pid::own());
        for kind in [Kind::Pid, Kind::Time] {
            assert_eq!(read_link_for_children(&proc, Pid::own(), kind), links.get(kind));
        }
        assert_eq!(
            read_link_for_children(&proc, Pid::own(), Kind::Net),
            Gathered::Absent
        );
    }

    #[test]
    fn a_process_that_is_gone_has_no_links() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links(&proc, Pid::new(i32::MAX).unwrap());
        assert!(Kind::ALL.iter().all(|kind| links.get(*kind) == Gathered::Absent));
        let thread = Pid::new(i32::MAX);
        assert_eq!(read_links_of(&proc, thread.unwrap(), thread, Kinds::ALL), links);
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
