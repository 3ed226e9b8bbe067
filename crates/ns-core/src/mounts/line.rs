//! One line of mountinfo: a mount.

use std::fmt;
use std::str::FromStr;

use super::{Escaped, MountOptions, Propagation};
use crate::Error;

/// The id of a mount, in its namespace's table: reused after the mount is gone.
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

/// The device of a file system, `major:minor`; major is 0 if the file system is on no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// The number of the driver.
    pub major: u32,
    /// The number of the device of that driver.
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
            .ok_or_else(|| Error::invalid("device number", text, "expected MAJOR:MINOR, two numbers"))
    }
}

/// The last two fields of a line of `fstab(5)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FstabFields {
    /// How often dump(8) saves the file system.
    pub freq: i32,
    /// The pass in which fsck(8) checks the file system; 0 for never.
    pub passno: i32,
}

/// A mount, borrowed from the bytes of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// The id.
    pub id: MountId,
    /// The id of the mount below it. For a root, its own id or one that is not in the table.
    pub parent: MountId,
    /// The device of the file system, as in `st_dev`.
    pub device: Device,
    /// The directory of the file system that is mounted; for a namespace file `net:[4026532281]`.
    pub root: Escaped<'a>,
    /// The mount point, as seen from the root directory of the process whose table it is.
    pub target: Escaped<'a>,
    /// The options of this mount.
    pub vfs_options: MountOptions<'a>,
    /// The optional fields as in the table, each followed by blanks.
    pub(super) tags: &'a [u8],
    /// The type of the file system, with the subtype: `ext4`, `fuse.sshfs`.
    pub fs_type: Escaped<'a>,
    /// The source of the file system, as it was named when it was mounted: any text, even an empty one.
    pub source: Escaped<'a>,
    /// The options of the file system, the same for all its mounts.
    pub fs_options: MountOptions<'a>,
    /// The options that only programs know, from `/run/mount/utab`; none if they were not asked for.
    pub user_options: MountOptions<'a>,
    /// The fields that only a table of `fstab(5)` has; `None` for a mount of the kernel's table.
    ///
    /// A line of such a table has no device, no root and no propagation. All its options are in `vfs_options`.
    pub fstab: Option<FstabFields>,
    /// The line that the mount was read from, without the line break.
    pub(super) line: &'a [u8],
}

/// The reason why a line is not a mount.
pub(super) type Reason = &'static str;

impl<'a> Mount<'a> {
    /// Reads a line without its line break.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, Reason> {
        let mut fields = Fields {
            rest: line,
            padded: false,
        };
        let id = decimal(fields.next()?).ok_or("the mount id is not a number")?;
        let parent = decimal(fields.next()?).ok_or("the id of the parent is not a number")?;
        let device = Device::parse(fields.next()?).ok_or("the device is not MAJOR:MINOR")?;
        let (root, target, vfs_options) = (fields.next()?, fields.next()?, fields.next()?);
        let tags = fields.up_to_separator()?;
        let fs_type = fields.next()?;
        let (source, fs_options) = fields.source_and_options()?;
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
            fs_options: MountOptions::new(fs_options),
            user_options: MountOptions::new(b""),
            fstab: None,
            line,
        })
    }

    /// The optional fields, with one blank between them.
    pub fn optional(&self) -> &'a [u8] {
        self.tags.trim_ascii()
    }

    /// The propagation of the mount.
    pub fn propagation(&self) -> Propagation {
        Propagation::of(self.tags)
    }

    /// True if only a part of the file system is mounted, as by a bind mount. Some file systems always say so.
    pub fn is_part(&self) -> bool {
        self.root.raw() != b"/"
    }

    /// The line that the mount was read from, without the line break.
    pub(super) fn line(&self) -> &'a [u8] {
        self.line
    }
}

/// The rest of a line, read field by field. The kernel writes one blank between two fields. A table that was aligned
/// for people has more.
struct Fields<'a> {
    rest: &'a [u8],
    /// True if there was more than one blank between two fields.
    padded: bool,
}

impl<'a> Fields<'a> {
    /// The next field, which is not empty; another has to follow it.
    fn next(&mut self) -> Result<&'a [u8], Reason> {
        let start = self.rest.iter().position(|byte| !is_blank(*byte));
        let field = &self.rest[start.unwrap_or(0)..];
        self.padded |= start.unwrap_or(0) > 0;
        let end = field.iter().position(|byte| is_blank(*byte));
        let end = end.ok_or("the line ends too early")?;
        self.rest = &field[end + 1..];
        Ok(&field[..end])
    }

    /// All fields before the separator `-`, which is consumed too.
    fn up_to_separator(&mut self) -> Result<&'a [u8], Reason> {
        let all = self.rest;
        loop {
            let before = all.len() - self.rest.len();
            if self.next().map_err(|_| "the separator \"-\" is missing")? == b"-" {
                return Ok(&all[..before]);
            }
        }
    }

    /// The last two fields. The source may be empty, and some file systems write blanks of their own into the options. A
    /// blank at the end of the line belongs to neither.
    fn source_and_options(self) -> Result<(&'a [u8], &'a [u8]), Reason> {
        let padded = self.padded || self.rest.starts_with(b"  ");
        let rest = without_blanks_around(self.rest);
        if padded {
            return Ok(match rest.iter().position(|byte| is_blank(*byte)) {
                Some(end) => (&rest[..end], without_blanks_around(&rest[end..])),
                None => (b"", rest),
            });
        }
        let end = self.rest.iter().position(|byte| is_blank(*byte));
        let end = end.ok_or("the line ends too early")?;
        Ok((&self.rest[..end], without_blanks_around(&self.rest[end..])))
    }
}

fn without_blanks_around(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|byte| !is_blank(*byte))
        .unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|byte| !is_blank(*byte))
        .map_or(start, |last| last + 1);
    &bytes[start..end]
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

/// True for the bytes that separate fields.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
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
    fn an_aligned_table_is_read() {
        let read = |line: &'static str| {
            let mount = Mount::parse(line.as_bytes()).unwrap();
            let texts = [
                mount.fs_type.raw(),
                mount.source.raw(),
                mount.fs_options.raw(),
                mount.optional(),
            ];
            texts.map(|text| std::str::from_utf8(text).unwrap())
        };
        let aligned = "1   0   0:1   /   /    rw,relatime   shared:1   -   tmpfs    none     rw,size=4k   ";
        assert_eq!(read(aligned), ["tmpfs", "none", "rw,size=4k", "shared:1"]);
        assert_eq!(
            read(" 22  1   0:2  /  /p  rw   -   proc  proc  rw"),
            ["proc", "proc", "rw", ""]
        );
        assert_eq!(
            read("23  1   0:3  /  /x  rw  -  rootfs      rw "),
            ["rootfs", "", "rw", ""]
        );
        // The kernel's own lines: an empty source, options with a blank, a blank at the end.
        assert_eq!(
            read("1 0 0:1 / / rw - tmpfs  rw,a b "),
            ["tmpfs", "", "rw,a b", ""]
        );
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
