//! One line of mountinfo: a mount.

use std::fmt;
use std::str::FromStr;

use super::{Escaped, MountOptions, Propagation};
use crate::Error;

/// The id of a mount, in its namespace's table: used again once the mount is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountId(u64);

impl MountId {
    /// The mount with this id.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// As a number.
    pub const fn as_raw(self) -> u64 {
        self.0
    }
}

impl fmt::Display for MountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The device of a file system, `major:minor`; major 0 where it is on none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// Which driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}

impl Device {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let colon = bytes.iter().position(|byte| *byte == b':')?;
        let number = |digits| u32::try_from(decimal(digits)?).ok();
        Some(Self {
            major: number(&bytes[..colon])?,
            minor: number(&bytes[colon + 1..])?,
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.major, self.minor)
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text.as_bytes())
            .ok_or_else(|| Error::invalid("device number", text, "it is MAJOR:MINOR, two numbers"))
    }
}

/// A mount, borrowed from the bytes of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Its id.
    pub id: MountId,
    /// The mount that it is mounted on; itself, or one that is not in the table, for a root.
    pub parent: MountId,
    /// The device of the file system, as `st_dev` has it.
    pub device: Device,
    /// The directory of the file system that is mounted; for a namespace file `net:[4026532281]`.
    pub root: Escaped<'a>,
    /// The mount point, as seen from the root directory of the process whose table it is.
    pub target: Escaped<'a>,
    /// The options of this mount.
    pub vfs_options: MountOptions<'a>,
    /// The optional fields as they stand, with one blank behind each.
    tags: &'a [u8],
    /// The type of the file system, with the subtype: `ext4`, `fuse.sshfs`.
    pub fs_type: Escaped<'a>,
    /// What the file system is on, as it was named when it was mounted; it may be empty, and any text.
    pub source: Escaped<'a>,
    /// The options of the file system, the same for all its mounts.
    pub fs_options: MountOptions<'a>,
}

/// What a line lacks that is no mount.
pub(super) type Reason = &'static str;

impl<'a> Mount<'a> {
    /// Reads a line without its line break.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, Reason> {
        let mut fields = Fields(line);
        let id = decimal(fields.next()?).ok_or("the mount id is not a number")?;
        let parent = decimal(fields.next()?).ok_or("the id of the parent is not a number")?;
        let device = Device::parse(fields.next()?).ok_or("the device is not MAJOR:MINOR")?;
        let (root, target, vfs_options) = (fields.next()?, fields.next()?, fields.next()?);
        let tags = fields.up_to_separator()?;
        let (fs_type, source) = (fields.next()?, fields.next()?);
        Ok(Self {
            id: MountId(id),
            parent: MountId(parent),
            device,
            root: Escaped::new(root),
            target: Escaped::new(target),
            vfs_options: MountOptions::new(vfs_options),
            tags,
            fs_type: Escaped::new(fs_type),
            source: Escaped::new(source),
            // Some file systems write blanks of their own here.
            fs_options: MountOptions::new(fields.0),
        })
    }

    /// The optional fields as they stand, with one blank between.
    pub fn optional(&self) -> &'a [u8] {
        self.tags.strip_suffix(b" ").unwrap_or_default()
    }

    /// How mounts and unmounts spread from and to it.
    pub fn propagation(&self) -> Propagation {
        Propagation::of(self.tags)
    }

    /// Whether a part of the file system is mounted only, as bind mounts do and some file systems always.
    pub fn is_part(&self) -> bool {
        self.root.raw() != b"/"
    }

    /// Appends the line without its line break.
    pub(super) fn print(&self, out: &mut Vec<u8>) {
        let (id, parent, device) = (self.id, self.parent, self.device);
        out.extend(format!("{id} {parent} {device}").bytes());
        for field in [self.root.raw(), self.target.raw(), self.vfs_options.raw()] {
            out.push(b' ');
            out.extend(field);
        }
        out.push(b' ');
        out.extend(self.tags);
        out.push(b'-');
        for field in [self.fs_type.raw(), self.source.raw(), self.fs_options.raw()] {
            out.push(b' ');
            out.extend(field);
        }
    }
}

/// What is left of a line, taken field by field: one blank stands between two of them, and a field may be empty.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next one; another has to follow it.
    fn next(&mut self) -> Result<&'a [u8], Reason> {
        let blank = self.0.iter().position(|byte| *byte == b' ');
        let blank = blank.ok_or("it ends too early")?;
        let field = &self.0[..blank];
        self.0 = &self.0[blank + 1..];
        Ok(field)
    }

    /// All those before the separator `-`, which is taken too.
    fn up_to_separator(&mut self) -> Result<&'a [u8], Reason> {
        let all = self.0;
        loop {
            let before = all.len() - self.0.len();
            if self.next().map_err(|_| "it has no separator \"-\"")? == b"-" {
                return Ok(&all[..before]);
            }
        }
    }
}

/// A number as the kernel writes it: without a sign, without leading zeros.
fn decimal(digits: &[u8]) -> Option<u64> {
    match digits {
        [] | [b'0', _, ..] => None,
        _ => digits.iter().try_fold(0_u64, |number, digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] =
        br"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 shared:2 - ext3 /dev/ro\043ot rw,errors=continue";

    #[test]
    fn every_field_is_found() {
        let mount = Mount::parse(LINE).unwrap();
        assert_eq!((mount.id, mount.parent), (MountId(36), MountId(35)));
        assert_eq!(mount.device.to_string(), "98:0");
        assert_eq!(mount.root.raw(), b"/mnt1");
        assert_eq!(*mount.target.decoded(), *b"/mnt 2");
        assert_eq!(mount.vfs_options.raw(), b"rw,noatime");
        assert_eq!(mount.optional(), b"master:1 shared:2");
        assert_eq!(mount.fs_type.raw(), b"ext3");
        assert_eq!(*mount.source.decoded(), *b"/dev/ro#ot");
        assert_eq!(mount.fs_options.raw(), b"rw,errors=continue");
    }

    #[test]
    fn a_source_may_be_empty_and_optional_fields_may_be_none() {
        let mount = Mount::parse(b"1 1 0:2 / / rw - rootfs  rw").unwrap();
        assert_eq!((mount.optional(), mount.source.raw()), (&b""[..], &b""[..]));
        assert_eq!(mount.fs_options.raw(), b"rw");
    }

    #[test]
    fn a_line_cut_short_is_no_mount_until_its_options() {
        let options = LINE.len() - "rw,errors=continue".len();
        for end in 0..options {
            assert!(Mount::parse(&LINE[..end]).is_err(), "{end}");
        }
        assert!(Mount::parse(&LINE[..options]).is_ok());
    }

    #[test]
    fn numbers_are_as_the_kernel_writes_them() {
        for line in [
            &b"036 35 98:0 / / rw - t s rw"[..],
            b"+36 35 98:0 / / rw - t s rw",
            b"36 x 98:0 / / rw - t s rw",
            b"36 35 98 / / rw - t s rw",
            b"36 35 4294967296:0 / / rw - t s rw",
            b"99999999999999999999 35 98:0 / / rw - t s rw",
        ] {
            assert!(Mount::parse(line).is_err());
        }
    }
}
