//! Links of processes: the mount and the file system that each leads to. A child asks the kernel, because a server may not
//! answer.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags, openat, openat2, statx};

use crate::mounts::{Device, MountId};
use crate::process::each_in_child;
use crate::sys::errno::from_rustix;
use crate::{Gathered, Result};

/// The time for one file system to answer, and for all together.
const LIMITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));

/// The file that a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The mount; `None` if the kernel does not say (before Linux 5.8).
    pub mount: Option<MountId>,
    /// The number of its file system.
    pub device: Device,
    /// The device that it is, if it is a block device.
    pub block: Option<Device>,
}

/// The way to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A link below `/proc` that the kernel itself follows.
    Magic(Vec<u8>),
    /// A path, as a process sees it.
    Path {
        /// The link below `/proc` to the directory that the path starts at.
        from: Vec<u8>,
        path: Vec<u8>,
    },
}

/// Follows links. Absent if the process has ended, or the path has gone; `ETIMEDOUT` if a file system does not answer.
pub(super) fn follow(proc: BorrowedFd<'_>, links: &[&Link]) -> Result<Vec<Gathered<Answer>>> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let (limit, together) = LIMITS;
    let ask = |index: usize| encode(ask(proc, links[index]));
    let answers = each_in_child(limit, together, &[proc.as_fd()], links.len(), ask)?;
    Ok(answers
        .into_iter()
        .map(|answer| answer.map_or(Gathered::Unreadable(Errno::ETIMEDOUT), |bytes| decode(&bytes)))
        .collect())
}

/// The state of the file. A cached answer is enough.
fn state(proc: BorrowedFd<'_>, link: &Link) -> rustix::io::Result<Statx> {
    let flags = AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    let wanted = StatxFlags::MNT_ID | StatxFlags::TYPE;
    let (from, path) = match link {
        Link::Magic(link) => return statx(proc, &**link, flags, wanted),
        Link::Path { from, path } => (from, path),
    };
    let open = OFlags::PATH | OFlags::CLOEXEC;
    let directory = openat(proc, &**from, open | OFlags::DIRECTORY, Mode::empty())?;
    let file = if path.starts_with(b"/") {
        openat2(&directory, &**path, open, Mode::empty(), ResolveFlags::IN_ROOT)?
    } else {
        openat(&directory, &**path, open, Mode::empty())?
    };
    statx(&file, "", flags | AtFlags::EMPTY_PATH, wanted)
}

fn ask(proc: BorrowedFd<'_>, link: &Link) -> Gathered<Answer> {
    match state(proc, link) {
        Ok(stat) => Gathered::Known(Answer {
            mount: (stat.stx_mask & StatxFlags::MNT_ID.bits() != 0).then_some(MountId::new(stat.stx_mnt_id)),
            device: Device {
                major: stat.stx_dev_major,
                minor: stat.stx_dev_minor,
            },
            block: (FileType::from_raw_mode(stat.stx_mode.into()) == FileType::BlockDevice).then_some(
                Device {
                    major: stat.stx_rdev_major,
                    minor: stat.stx_rdev_minor,
                },
            ),
        }),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::SRCH) => {
            Gathered::Absent
        }
        Err(errno) => Gathered::Unreadable(from_rustix(errno)),
    }
}

/// A state, and seven numbers: the error number; the mount, in two halves; the device; the block device.
type Bytes = [u8; 30];

fn encode(answer: Gathered<Answer>) -> Bytes {
    let (state, errno, answer) = match answer {
        Gathered::Known(answer) => (2, 0, Some(answer)),
        Gathered::Unreadable(errno) => (1, (errno as i32).unsigned_abs(), None),
        Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => (0, 0, None),
    };
    let number = |value: Option<u32>| value.unwrap_or_default().to_ne_bytes();
    let mount = answer.and_then(|answer| answer.mount);
    let block = answer.and_then(|answer| answer.block);
    let flags = state | u8::from(mount.is_some()) << 2;
    let parts: [&[u8]; 7] = [
        &[flags, block.is_some().into()],
        &errno.to_ne_bytes(),
        &mount.map_or(0, MountId::as_raw).to_ne_bytes(),
        &number(answer.map(|answer| answer.device.major)),
        &number(answer.map(|answer| answer.device.minor)),
        &number(block.map(|device| device.major)),
        &number(block.map(|device| device.minor)),
    ];
    let mut bytes = [0; size_of::<Bytes>()];
    let joined = parts.concat();
    bytes.copy_from_slice(&joined);
    bytes
}

fn decode(bytes: &Bytes) -> Gathered<Answer> {
    let number = |at: usize| {
        let bytes: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_ne_bytes(bytes)
    };
    let mount: [u8; 8] = bytes[6..14].try_into().expect("eight bytes");
    match bytes[0] & 3 {
        2 => Gathered::Known(Answer {
            mount: (bytes[0] & 4 != 0).then_some(MountId::new(u64::from_ne_bytes(mount))),
            device: Device {
                major: number(14),
                minor: number(18),
            },
            block: (bytes[1] != 0).then_some(Device {
                major: number(22),
                minor: number(26),
            }),
        }),
        1 => Gathered::Unreadable(Errno::from_raw(number(2).cast_signed())),
        _ => Gathered::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was_sent() {
        let device = |major, minor| Device { major, minor };
        for answer in [
            Gathered::Absent,
            Gathered::Unreadable(Errno::EACCES),
            Gathered::Known(Answer {
                mount: None,
                device: device(0, 9),
                block: None,
            }),
            Gathered::Known(Answer {
                mount: Some(MountId::new(1 << 40)),
                device: device(8, 1),
                block: Some(device(254, 3)),
            }),
        ] {
            assert_eq!(decode(&encode(answer)), answer);
        }
    }

    #[test]
    fn links_lead_to_mounts() {
        let proc = std::fs::File::open("/proc").unwrap();
        let magic = |link: &str| ask(proc.as_fd(), &Link::Magic(link.into()));
        let root = magic("self/root").known().unwrap();
        assert!(root.block.is_none() && root.mount.is_some(), "{root:?}");
        assert_eq!(magic("self/none"), Gathered::Absent);
        let path = |path: &str| {
            let from = b"self/root".to_vec();
            ask(
                proc.as_fd(),
                &Link::Path {
                    from,
                    path: path.into(),
                },
            )
        };
        assert_eq!(path("/../.").known(), Some(root));
        assert_eq!([path("/none/x"), path("none")], [Gathered::Absent; 2]);
    }
}
