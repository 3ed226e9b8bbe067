//! Questions to file systems that may not answer: they are asked in a child, for a limited time.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;

use super::{Device, Mount, MountId, PathKind, ResolvedPath, Space, View};
use crate::error::Doing;
use crate::process::in_child_within;
use crate::{Error, Gathered, Result};

/// Types of file systems that ask another machine.
const REMOTE: &[&str] = &[
    "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "gfs2", "gpfs", "lustre", "ncpfs", "nfs",
    "nfs4", "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs", "virtiofs",
];

/// Types of file systems that show the files of others, which the table of mounts does not name for certain.
const STACKED: &[&str] = &[
    "aufs",
    "ecryptfs",
    "erofs",
    "overlay",
    "overlayfs",
    "shiftfs",
    "unionfs",
];

/// True if file systems of this type ask a program or another machine, which may never answer.
pub fn may_wait(fs_type: &[u8]) -> bool {
    fs_type.starts_with(b"fuse") || REMOTE.iter().any(|remote| remote.as_bytes() == fs_type)
}

/// True if file systems of this type may wait as in [`may_wait`], or for another file system that does.
pub(crate) fn may_wait_for_another(fs_type: &[u8]) -> bool {
    may_wait(fs_type) || STACKED.iter().any(|stacked| stacked.as_bytes() == fs_type)
}

impl View {
    /// Follows a path as [`View::resolve`] does; `None` if it takes longer than `limit`.
    pub fn resolve_within(&self, path: &Path, limit: Duration) -> Result<Option<ResolvedPath>> {
        let answer = in_child_within(limit, &self.descriptors(), |pipe| {
            let bytes = match self.resolve(path) {
                Ok(place) => found(&place),
                Err(Error::NotFound(_)) => vec![Answer::Missing as u8],
                Err(error) => refused(error.errno().unwrap_or(Errno::EIO)),
            };
            pipe.write_all(&bytes)
        })?;
        match answer.as_deref() {
            None => Ok(None),
            Some([answer, bytes @ ..]) if *answer == Answer::Found as u8 => Ok(place(bytes)),
            // In this process, for the words of the error. Nothing waits, as nothing did a moment ago.
            Some([answer]) if *answer == Answer::Missing as u8 => self.resolve(path).map(Some),
            Some(bytes) => Err(errno(bytes))
                .doing(|| format!("find {}", crate::escape::quoted(path.as_os_str().as_bytes()))),
        }
    }

    /// Measures a file system as [`View::space`] does; `ETIMEDOUT` if it takes longer than `limit`.
    pub fn space_within(&self, mount: &Mount<'_>, limit: Duration) -> Gathered<Space> {
        let answer = in_child_within(limit, &self.descriptors(), |pipe| {
            let bytes = match self.space(mount) {
                Gathered::Known(space) => {
                    let numbers = space.numbers().map(u64::to_ne_bytes);
                    [&[Answer::Found as u8], &numbers.concat()[..]].concat()
                }
                Gathered::Unreadable(errno) => refused(errno),
                Gathered::Absent | Gathered::NotAsked | Gathered::NotTold => vec![Answer::Missing as u8],
            };
            pipe.write_all(&bytes)
        });
        match answer {
            Ok(None) => Gathered::Unreadable(Errno::ETIMEDOUT),
            Ok(Some(bytes)) => match &bytes[..] {
                [answer, bytes @ ..] if *answer == Answer::Found as u8 => {
                    Gathered::Known(Space::of_numbers(bytes))
                }
                [answer] if *answer == Answer::Missing as u8 => Gathered::Absent,
                bytes => Gathered::Unreadable(errno(bytes)),
            },
            Err(error) => Gathered::Unreadable(error.errno().unwrap_or(Errno::EIO)),
        }
    }
}

/// The first byte of what the child writes.
#[derive(Clone, Copy)]
enum Answer {
    Found,
    Missing,
    Refused,
}

fn refused(errno: Errno) -> Vec<u8> {
    // The kernel has no number above 133.
    vec![
        Answer::Refused as u8,
        u8::try_from(errno as i32).unwrap_or(u8::MAX),
    ]
}

fn errno(answer: &[u8]) -> Errno {
    answer
        .get(1)
        .map_or(Errno::EIO, |number| Errno::from_raw((*number).into()))
}

/// A place as bytes: whether there is a mount, its id, whether there is a device, its numbers, the kind, and the path.
fn found(place: &ResolvedPath) -> Vec<u8> {
    let mount = place.mount.map_or(0, MountId::as_raw);
    let device = place.device.unwrap_or(Device { major: 0, minor: 0 });
    let kind = place.kind.map_or(u8::MAX, |kind| kind as u8);
    [
        &[Answer::Found as u8, place.mount.is_some().into()],
        &mount.to_ne_bytes()[..],
        &[place.device.is_some().into()],
        &device.major.to_ne_bytes(),
        &device.minor.to_ne_bytes(),
        &[kind],
        place.path.as_os_str().as_bytes(),
    ]
    .concat()
}

fn place(bytes: &[u8]) -> Option<ResolvedPath> {
    let (has_mount, bytes) = bytes.split_first()?;
    let (mount, bytes) = bytes.split_first_chunk()?;
    let (has_device, bytes) = bytes.split_first()?;
    let (major, bytes) = bytes.split_first_chunk()?;
    let (minor, bytes) = bytes.split_first_chunk()?;
    let (kind, path) = bytes.split_first()?;
    Some(ResolvedPath {
        path: OsString::from_vec(path.to_vec()).into(),
        mount: (*has_mount != 0).then_some(MountId::new(u64::from_ne_bytes(*mount))),
        device: (*has_device != 0).then_some(Device {
            major: u32::from_ne_bytes(*major),
            minor: u32::from_ne_bytes(*minor),
        }),
        kind: PathKind::ALL.get(usize::from(*kind)).copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_sent() {
        for (mount, device, kind) in [
            (None, None, None),
            (None, None, Some(PathKind::Directory)),
            (
                Some(MountId::new(7)),
                Some(Device { major: 8, minor: 1 }),
                Some(PathKind::BlockDevice),
            ),
        ] {
            let path = Path::new("/a b").to_owned();
            let sent = ResolvedPath {
                path,
                mount,
                device,
                kind,
            };
            assert_eq!(place(&found(&sent)[1..]), Some(sent));
        }
        assert_eq!(place(b"short"), None);
    }

    #[test]
    fn servers_may_not_answer() {
        assert!(
            ["fuse.sshfs", "fuseblk", "nfs4", "cifs"]
                .iter()
                .all(|name| may_wait(name.as_bytes()))
        );
        assert!(
            !["ext4", "tmpfs", "nfsd", "overlay"]
                .iter()
                .any(|name| may_wait(name.as_bytes()))
        );
    }
}
