//! One line of a table of file systems: `fstab(5)`, and `/proc/mounts` in the same form.

use super::line::{Device, FstabFields, Mount, MountId, Reason, is_blank};
use super::{Escaped, MountOptions};

impl<'a> Mount<'a> {
    /// Reads a line of `fstab(5)` without its line break. `id` distinguishes the lines, as the table has no ids.
    pub(super) fn parse_fstab(line: &'a [u8], id: u64) -> Result<Self, Reason> {
        let mut fields = line
            .strip_suffix(b"\r")
            .unwrap_or(line)
            .split(|byte| is_blank(*byte))
            .filter(|field| !field.is_empty());
        let source = fields.next().ok_or("it is empty")?;
        let target = fields.next().ok_or("it has no mount point")?;
        let fs_type = fields.next().ok_or("it has no type")?;
        let options = fields.next().unwrap_or_default();
        let mut number = |reason| match fields.next() {
            None => Ok(0),
            Some(digits) => std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or(reason),
        };
        let freq = number("its fifth field is not a number")?;
        let passno = number("its sixth field is not a number")?;
        Ok(Self {
            id: MountId::new(id),
            parent: MountId::new(0),
            device: Device { major: 0, minor: 0 },
            root: Escaped::new(b"/"),
            target: Escaped::new(target),
            vfs_options: MountOptions::new(options),
            tags: b"",
            fs_type: Escaped::new(fs_type),
            source: Escaped::new(source),
            fs_options: MountOptions::new(b""),
            user_options: MountOptions::new(b""),
            fstab: Some(FstabFields { freq, passno }),
            line,
        })
    }
}

/// True if a line is empty or a comment.
pub(super) fn is_comment(line: &[u8]) -> bool {
    let first = line.iter().find(|byte| !is_blank(**byte));
    matches!(first, None | Some(b'#' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_between_blanks_and_the_last_three_can_be_missing() {
        let read = |line: &'static str| Mount::parse_fstab(line.as_bytes(), 1);
        let mount = read("/dev/sda2\t/home\\040dir  xfs noatime 1 2 # note").unwrap();
        assert_eq!(*mount.target.decoded(), *b"/home dir");
        assert_eq!(mount.vfs_options.raw(), b"noatime");
        assert_eq!(mount.fstab, Some(FstabFields { freq: 1, passno: 2 }));
        let negative = read("/dev/sda3 /c ext4 rw 0 -1").unwrap();
        assert_eq!(negative.fstab, Some(FstabFields { freq: 0, passno: -1 }));
        let short = read("tmpfs /tmp tmpfs").unwrap();
        assert_eq!(
            (short.vfs_options.raw(), short.fstab),
            (&b""[..], Some(FstabFields::default()))
        );
        let from_elsewhere = read("tmpfs /tmp tmpfs rw 0 1\r").unwrap();
        assert_eq!(from_elsewhere.fstab, Some(FstabFields { freq: 0, passno: 1 }));
        assert_eq!(read("/dev/sda4 /b").unwrap_err(), "it has no type");
        for (line, reason) in [
            ("a /b ext4 rw x", "its fifth field is not a number"),
            // mount(8) knows no comment before the seventh field, and skips the line.
            ("a /b ext4 rw # note", "its fifth field is not a number"),
            ("a /b ext4 rw 0 # note", "its sixth field is not a number"),
        ] {
            assert_eq!(read(line).unwrap_err(), reason, "{line}");
        }
    }
}
