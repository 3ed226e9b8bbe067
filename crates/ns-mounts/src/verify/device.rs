//! The type of the file system on a device, compared with the type in a line.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::Gathered;
use ns_core::mounts::{Mount, PathKind, may_wait, parse_tag, type_in_file, type_on};

use ns_core::process::caller;

use super::checks::{Checks, is_bind, words};
use super::finding::{FstabFinding, Level};
use crate::types::is_pseudo;

/// Types that are found on devices, as blkid(8) calls them. Whether another type is on a device is not known.
const KNOWN: &[&str] = &[
    "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "ntfs", "squashfs", "swap", "udf",
    "vfat", "xfs",
];

impl Checks<'_, '_> {
    /// Compares the type in a line with the type on its device or in its disk image. `None` if the line has neither.
    pub(super) fn on_device(&self, mount: &Mount<'_>) -> Option<FstabFinding> {
        if is_bind(mount) || is_pseudo(&mount.fs_type.decoded()) {
            return None;
        }
        let found = self.type_found(mount)?;
        let name = words(&mount.source.decoded());
        let wanted = words(&mount.fs_type.decoded());
        let new = |level, text: String, help: String| Some(FstabFinding::new(level, text, help));
        let compare = compare_with(&format!("blkid -p {name}"));
        match found {
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
                let text = format!("{on_it} is on {name}, and not {wanted}");
                new(Level::Error, text, help)
            }
            Gathered::Unreadable(errno) => {
                let text = format!("the type on {name} could not be read: {}", errno.desc());
                new(
                    Level::Warning,
                    text,
                    to_read(&name, &errno.into()).unwrap_or(compare),
                )
            }
            _ if wanted == "auto" => {
                let text = format!("no type that is known is on {name}, and auto stands for the type on it");
                new(Level::Error, text, compare)
            }
            _ if wanted.split(',').all(|wanted| KNOWN.contains(&wanted)) => {
                let text = format!("{wanted} is not on {name}, and no other type that is known");
                new(Level::Warning, text, compare)
            }
            _ => Some(FstabFinding::fine(format!("the type on {name} is not known"))),
        }
    }

    /// The type on the device of a line, or in its disk image; `None` if it has none, or none that exists.
    fn type_found(&self, mount: &Mount<'_>) -> Option<Gathered<String>> {
        let source = mount.source.decoded();
        if let Some((tag, value)) = parse_tag(OsStr::from_bytes(&source)) {
            let tagged = self.context.shared.tagged(tag, value);
            return tagged.numbers.first().copied().map(type_on);
        }
        let place = self.context.resolve(Path::new(OsStr::from_bytes(&source)));
        let place = place.ok().flatten()?;
        if place.kind != Some(PathKind::File) {
            return place.device.map(type_on);
        }
        // A server may not answer, so that only files of this machine are read.
        let mut mounts = self.mounted.table.mounts().iter();
        let on = mounts.find(|mount| Some(mount.id) == place.mount)?;
        (!may_wait(&on.fs_type.decoded())).then(|| type_in_file(&place.path))
    }
}

/// The help to run a command that reads devices, which only root can.
pub(super) fn compare_with(command: &str) -> String {
    let who = if caller::ids().uid == 0 { "" } else { ", as root" };
    format!("compare it with the output of {command}{who}")
}

/// The help for root, if the device cannot be read: a container has its own list of devices.
fn to_read(device: &str, error: &io::Error) -> Option<String> {
    (caller::ids().uid == 0 && error.kind() == io::ErrorKind::PermissionDenied)
        .then(|| format!("in a container: give the container this device (--device {device})"))
}

/// True if a file system of this type is on a device, or in a disk image.
pub(super) fn is_on_device(fs_type: &[u8]) -> bool {
    fs_type == b"auto" || KNOWN.iter().any(|known| known.as_bytes() == fs_type)
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
