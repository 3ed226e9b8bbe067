//! The type of the file system on a device, compared with the type in a line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::Gathered;
use ns_core::mounts::{Device, Mount, parse_tag, type_on};

use super::checks::{Checks, has, words};
use super::finding::{FstabFinding, Level};

/// Types that are found on devices, as blkid(8) calls them. Whether another type is on a device is not known.
const KNOWN: &[&str] = &[
    "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "ntfs", "squashfs", "swap", "udf",
    "vfat", "xfs",
];

impl Checks<'_, '_> {
    /// Compares the type in a line with the type on its device. `None` if the line has no device.
    pub(super) fn on_device(&self, mount: &Mount<'_>) -> Option<FstabFinding> {
        if has(mount, "bind") || has(mount, "rbind") {
            return None;
        }
        let device = self.device(mount)?;
        let name = words(&mount.source.decoded());
        let wanted = words(&mount.fs_type.decoded());
        let warning = |text: String, help: String| Some(FstabFinding::new(Level::Warning, text, help));
        match type_on(device) {
            Gathered::Known(on_it) if is_mounted_as(&on_it, &wanted) => {
                Some(FstabFinding::fine(format!("{on_it} is on {name}")))
            }
            Gathered::Known(on_it) => {
                let help = match on_it.as_str() {
                    "crypto_LUKS" => "write the device that cryptsetup(8) opens".to_owned(),
                    "LVM2_member" => "write a logical volume".to_owned(),
                    "linux_raid_member" => "write the device of the RAID".to_owned(),
                    _ => format!("write {on_it} as the third field"),
                };
                warning(format!("{on_it} is on {name}, and not {wanted}"), help)
            }
            Gathered::Unreadable(errno) => {
                let reason = errno.desc();
                warning(
                    format!("the type on {name} could not be read: {reason}"),
                    format!("compare it with the output of blkid -p {name}, as root"),
                )
            }
            _ if wanted.split(',').all(|wanted| KNOWN.contains(&wanted)) => warning(
                format!("{wanted} is not on {name}, and no other type that is known"),
                format!("compare it with the output of blkid -p {name}, as root"),
            ),
            _ => Some(FstabFinding::fine(format!("the type on {name} is not known"))),
        }
    }

    /// The device of a line; `None` if it has none, or none that exists.
    fn device(&self, mount: &Mount<'_>) -> Option<Device> {
        let source = mount.source.decoded();
        if let Some((tag, value)) = parse_tag(OsStr::from_bytes(&source)) {
            return self.context.shared.tagged(tag, value).numbers.first().copied();
        }
        let place = self.context.resolve(Path::new(OsStr::from_bytes(&source)));
        place.ok().flatten()?.device
    }
}

/// True if a file system of this type can be mounted as one of the types in a line.
fn is_mounted_as(on_it: &str, line: &str) -> bool {
    line.split(',').any(|wanted| {
        wanted == on_it
            || matches!(
                (wanted, on_it),
                ("auto", on_it) if !matches!(on_it, "crypto_LUKS" | "LVM2_member" | "linux_raid_member" | "swap")
            )
            || matches!(
                (wanted, on_it),
                // ext4 mounts its predecessors, and ext2 leaves the journal of ext3 alone.
                ("ext4", "ext2" | "ext3")
                    | ("ext2", "ext3")
                    | ("msdos", "vfat")
                    | ("ntfs3" | "ntfs-3g" | "lowntfs-3g", "ntfs")
                    | ("exfat-fuse", "exfat")
                    // A disc can have both.
                    | ("udf", "iso9660")
                    | ("iso9660", "udf")
            )
            || wanted.starts_with("fuse")
            || wanted == "none"
    })
}

#[cfg(test)]
mod tests {
    use super::is_mounted_as;

    #[test]
    fn a_type_can_be_mounted_as_another() {
        for (on_it, line) in [
            ("ext4", "ext4"),
            ("ext3", "ext4"),
            ("xfs", "auto"),
            ("ntfs", "ntfs3"),
            ("iso9660", "udf,iso9660"),
            ("swap", "swap"),
        ] {
            assert!(is_mounted_as(on_it, line), "{on_it} {line}");
        }
        for (on_it, line) in [
            ("ext4", "ext3"),
            ("ext4", "xfs"),
            ("swap", "auto"),
            ("crypto_LUKS", "ext4"),
        ] {
            assert!(!is_mounted_as(on_it, line), "{on_it} {line}");
        }
    }
}
