//! The mounts that appear and disappear in a namespace, one by one, from the queue of fanotify(7) (Linux 6.15).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::statmount::{Buffer, Line, mask};
use super::{MountId, View};
use crate::error::Doing;
use crate::process::{Woken, wait};
use crate::sys::fanotify::{ATTACH, DETACH, OVERFLOW, watch_mounts};
use crate::{Namespace, Result};

/// A report of the kernel. The numbers are the 64-bit ids of mounts, which are never reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A mount appeared. Its facts are missing if it had gone before they were read.
    Attached(u64, Option<Attached>),
    /// A mount disappeared.
    Detached(u64),
    /// The queue had no room for some reports.
    Lost,
}

/// The facts about a mount that appeared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its id in the table of its namespace.
    pub id: MountId,
    /// Its line in that table; `None` if no path leads to it from the root directory of the view.
    pub line: Option<Vec<u8>>,
}

/// The reports about a mount namespace. They do not keep the namespace alive.
#[derive(Debug)]
pub struct Notices {
    queue: OwnedFd,
    /// The 64-bit id of the namespace, as statmount(2) takes it.
    namespace: u64,
    /// True if statmount(2) gives the paths of the view.
    tells_paths: bool,
}

impl Notices {
    /// Starts to collect reports about the namespace of this view. `None` if the kernel has none for the caller: before
    /// Linux 6.15, or without `CAP_SYS_ADMIN` in the user namespace that owns the mount namespace.
    pub fn of(view: &View, namespace: &Namespace) -> Option<Self> {
        let id = view.id().known()?;
        let queue = watch_mounts(namespace).ok()?;
        let tells_paths = view.tells_paths();
        Some(Self {
            queue,
            namespace: id,
            tells_paths,
        })
    }

    /// The queue, for poll(2).
    pub(super) fn queue(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }

    /// Sleeps until one of these has a report, `output` loses its reader, or the time is up.
    pub fn await_any<'n>(
        all: impl Iterator<Item = &'n Self>,
        output: BorrowedFd<'_>,
        limit: Duration,
    ) -> Result<Woken> {
        let queues: Vec<_> = all.map(Self::queue).collect();
        wait(&[], &queues, None, Some(output), Some(limit)).doing(|| "wait for changes of mounts")
    }

    /// Takes all reports from the queue.
    pub fn take(&self) -> Result<Vec<Notice>> {
        let mut notices = Vec::new();
        let mut buffer = Buffer::new();
        // Few at a time, to look at the mounts before they are gone.
        let mut bytes = [0; 1 << 9];
        loop {
            let count = match rustix::io::read(&self.queue, &mut bytes) {
                Ok(0) | Err(rustix::io::Errno::AGAIN) => return Ok(notices),
                Err(rustix::io::Errno::INTR) => continue,
                count => count.doing(|| "read the queue of fanotify(7)")?,
            };
            let reports = reports(&bytes[..count]);
            notices.extend(reports.filter_map(|(bits, mount)| match (bits, mount) {
                (bits, _) if bits & OVERFLOW != 0 => Some(Notice::Lost),
                // Another mount point is a change that the table shows.
                (bits, _) if bits & (ATTACH | DETACH) == ATTACH | DETACH => None,
                (bits, Some(mount)) if bits & DETACH != 0 => Some(Notice::Detached(mount)),
                (bits, Some(mount)) if bits & ATTACH != 0 => {
                    Some(Notice::Attached(mount, self.look_at(mount, &mut buffer)))
                }
                _ => None,
            }));
        }
    }

    /// The facts about a mount; `None` if it has gone.
    fn look_at(&self, mount: u64, buffer: &mut Buffer) -> Option<Attached> {
        buffer.fill(self.namespace, mount, mask::LINE).ok()?;
        let line = buffer.line().filter(|_| self.tells_paths);
        Some(Attached {
            id: buffer.id(),
            line: line.as_ref().map(Line::bytes),
        })
    }
}

/// The reports in bytes that were read from the queue: their bits, and the id of the mount. Each is a
/// `struct fanotify_event_metadata`, with a `struct fanotify_event_info_mnt` behind it.
fn reports(mut bytes: &[u8]) -> impl Iterator<Item = (u64, Option<u64>)> {
    const INFO_TYPE_MNT: u8 = 7;
    fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
        let part = bytes.get(offset..offset + 8)?;
        Some(u64::from_ne_bytes(part.try_into().ok()?))
    }
    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
        let length = usize::try_from(length).ok().filter(|length| *length >= 24)?;
        let (report, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        let header = usize::from(u16::from_ne_bytes(report[6..8].try_into().ok()?));
        let mount = (report.get(header) == Some(&INFO_TYPE_MNT)).then(|| u64_at(report, header + 8));
        Some((u64_at(report, 8)?, mount.flatten()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_report_has_its_mount() {
        let report = |bits: u64, mount: u64| {
            let mut bytes = [&40_u32.to_ne_bytes()[..], &[3, 0], &24_u16.to_ne_bytes()].concat();
            bytes.extend(bits.to_ne_bytes());
            bytes.extend([0xff; 8]);
            bytes.extend([7, 0, 16, 0, 0, 0, 0, 0]);
            bytes.extend(mount.to_ne_bytes());
            bytes
        };
        let mut lost = 24_u32.to_ne_bytes().to_vec();
        lost.extend([3, 0, 24, 0]);
        lost.extend(OVERFLOW.to_ne_bytes());
        lost.extend([0xff; 8]);
        let bytes = [report(ATTACH, 5), lost, report(DETACH, 6), vec![40, 0, 0, 0, 3]].concat();
        let found: Vec<_> = reports(&bytes).collect();
        assert_eq!(found, [(ATTACH, Some(5)), (OVERFLOW, None), (DETACH, Some(6))]);
    }
}
