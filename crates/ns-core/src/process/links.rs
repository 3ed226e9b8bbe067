//! The links of `/proc/PID/ns`, read with `readlinkat(2)` alone: nothing is opened, and no namespace file is made in the
//! kernel, as `stat(2)` on them would.

use std::io::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use nix::errno::Errno;

use super::Pid;
use crate::{Gathered, Kind};

/// The namespaces that a process is in, by inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links([Gathered<u64>; Kind::ALL.len()]);

impl Links {
    /// The inode of its namespace of this kind.
    pub fn get(&self, kind: Kind) -> Gathered<u64> {
        self.0[kind as usize]
    }

    /// Whether the kernel refused one of them.
    pub fn refused(&self) -> bool {
        self.0.iter().any(|link| matches!(link, Gathered::Unreadable(_)))
    }
}

/// Reads the links of the process or thread `pid`; `proc` is the open directory `/proc`.
///
/// What a process lacks is absent: all of them once it is gone, all but `user` and `pid` for a zombie.
pub fn read_links(proc: impl AsFd, pid: Pid) -> Links {
    let proc = proc.as_fd();
    let mut path = PathBuffer::new(pid);
    Links(Kind::ALL.map(|kind| {
        let mut target = [MaybeUninit::uninit(); 64];
        match rustix::fs::readlinkat_raw(proc, path.link(kind.name()), &mut target) {
            Ok((link, _)) => inode_of(link).into(),
            Err(errno) => match Errno::from_raw(errno.raw_os_error()) {
                Errno::ENOENT | Errno::ESRCH | Errno::EINVAL => Gathered::Absent,
                errno => Gathered::Unreadable(errno),
            },
        }
    }))
}

/// The number in `net:[4026531833]`.
fn inode_of(link: &[u8]) -> Option<u64> {
    let start = link.iter().position(|byte| *byte == b'[')? + 1;
    let digits = link.get(start..)?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `PID/ns/KIND`, made on the stack: a listing reads eight of them for every process there is.
struct PathBuffer {
    bytes: [u8; 40],
    prefix: usize,
}

impl PathBuffer {
    fn new(pid: Pid) -> Self {
        let mut bytes = [0; 40];
        let room = bytes.len();
        let mut rest = &mut bytes[..];
        // The longest PID, "/ns/" and the longest name take 31 bytes.
        let _ = write!(rest, "{}/ns/", pid.as_raw());
        let prefix = room - rest.len();
        Self { bytes, prefix }
    }

    fn link(&mut self, name: &str) -> &[u8] {
        let end = self.prefix + name.len();
        self.bytes[self.prefix..end].copy_from_slice(name.as_bytes());
        &self.bytes[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_are_those_that_std_reads() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links(&proc, Pid::own());
        for kind in Kind::ALL {
            let link = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
            let Gathered::Known(inode) = links.get(kind) else {
                panic!("{kind} is not known");
            };
            assert_eq!(link.to_str().unwrap(), format!("{kind}:[{inode}]"));
        }
        assert!(!links.refused());
    }

    #[test]
    fn a_process_that_is_gone_has_no_links() {
        let proc = std::fs::File::open("/proc").unwrap();
        let links = read_links(&proc, Pid::new(i32::MAX).unwrap());
        assert!(Kind::ALL.iter().all(|kind| links.get(*kind) == Gathered::Absent));
    }

    #[test]
    fn only_a_number_in_brackets_at_the_end_is_an_inode() {
        assert_eq!(inode_of(b"net:[4026531833]"), Some(4_026_531_833));
        for link in [&b"net:[]"[..], b"net:4026531833", b"[", b"", b"net:[12]x"] {
            assert_eq!(inode_of(link), None);
        }
    }
}
