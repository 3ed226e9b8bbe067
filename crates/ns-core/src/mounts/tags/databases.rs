//! Records of others about devices: udev's database, the cache of blkid(8), and the kernel's own lines in `/sys`.

use std::fs;

use super::tag::{Tag, unescaped};
use crate::Gathered;
use crate::mounts::Device;

/// The value in udev's database; `None` if udev does not know it.
pub(super) fn udev(tag: Tag, device: Device) -> Option<Gathered<Vec<u8>>> {
    value_in_udev(tag, &fs::read(format!("/run/udev/data/b{device}")).ok()?)
}

fn value_in_udev(tag: Tag, data: &[u8]) -> Option<Gathered<Vec<u8>>> {
    let (key, present): (&[u8], &[u8]) = match tag {
        Tag::Uuid => (b"ID_FS_UUID_ENC", b"ID_FS_TYPE"),
        Tag::Label => (b"ID_FS_LABEL_ENC", b"ID_FS_TYPE"),
        Tag::PartUuid => (b"ID_PART_ENTRY_UUID", b"ID_PART_ENTRY_SCHEME"),
        Tag::PartLabel => (b"ID_PART_ENTRY_NAME", b"ID_PART_ENTRY_SCHEME"),
    };
    let value = |key: &[u8]| {
        let mut lines = data.split(|byte| *byte == b'\n');
        lines.find_map(|line| line.strip_prefix(b"E:")?.strip_prefix(key)?.strip_prefix(b"="))
    };
    match value(key) {
        Some(value) => Some(Gathered::Known(unescaped(value))),
        None => value(present).map(|_| Gathered::Absent),
    }
}

/// The value in the kernel's description of a partition; `None` if the kernel does not say it.
pub(super) fn kernel(tag: Tag, device: Device) -> Option<Vec<u8>> {
    let key: &[u8] = match tag {
        Tag::PartUuid => b"PARTUUID=",
        Tag::PartLabel => b"PARTNAME=",
        Tag::Uuid | Tag::Label => return None,
    };
    let lines = fs::read(format!("/sys/dev/block/{device}/uevent")).ok()?;
    let mut lines = lines.split(|byte| *byte == b'\n');
    lines.find_map(|line| line.strip_prefix(key)).map(<[u8]>::to_vec)
}

/// The value in the cache of blkid(8); `None` if the device is not in it.
pub(super) fn blkid(tag: Tag, device: Device) -> Option<Gathered<Vec<u8>>> {
    value_in_blkid(tag, device, &fs::read("/run/blkid/blkid.tab").ok()?)
}

fn value_in_blkid(tag: Tag, device: Device, cache: &[u8]) -> Option<Gathered<Vec<u8>>> {
    let line = line_in_blkid(device, cache)?;
    Some(match attribute(line, tag.name().as_bytes()) {
        Some(value) => Gathered::Known(value.to_vec()),
        None => Gathered::Absent,
    })
}

/// The line of a device.
fn line_in_blkid(device: Device, cache: &[u8]) -> Option<&[u8]> {
    // As in the kernel: 12 bits of the major number, 20 of the minor one, which stand around each other.
    let number = rustix::fs::makedev(device.major, device.minor);
    let number = format!("{number:#06x}").into_bytes();
    let mut lines = cache.split(|byte| *byte == b'\n');
    lines.find(|line| attribute(line, b"DEVNO") == Some(&number))
}

/// The type of the file system on a device, if udev has written it down.
pub(super) fn type_in_udev(device: Device) -> Option<String> {
    let data = fs::read(format!("/run/udev/data/b{device}")).ok()?;
    let mut lines = data.split(|byte| *byte == b'\n');
    let found = lines.find_map(|line| line.strip_prefix(b"E:ID_FS_TYPE="))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// The type of the file system on a device, if blkid(8) has written it down.
pub(super) fn type_in_blkid(device: Device) -> Option<String> {
    let cache = fs::read("/run/blkid/blkid.tab").ok()?;
    let found = attribute(line_in_blkid(device, &cache)?, b"TYPE")?;
    Some(String::from_utf8_lossy(found).into_owned())
}

/// The value of an attribute: `<device DEVNO="0x0801" UUID="…">/dev/sda1</device>`.
fn attribute<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let start = [b" ", name, b"=\""].concat();
    let begin = line.windows(start.len()).position(|part| part == start)? + start.len();
    line[begin..].split(|byte| *byte == b'"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn udev_knows_a_value_or_that_there_is_none() {
        let data = b"S:disk/by-uuid/12\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=12\nE:ID_FS_UUID_ENC=1\\x202\n";
        assert_eq!(
            value_in_udev(Tag::Uuid, data),
            Some(Gathered::Known(b"1 2".to_vec()))
        );
        assert_eq!(value_in_udev(Tag::Label, data), Some(Gathered::Absent));
        assert_eq!(value_in_udev(Tag::PartUuid, data), None);
    }

    #[test]
    fn the_cache_is_searched_by_the_number_of_the_device() {
        let cache = b"<device DEVNO=\"0x0801\" TIME=\"1.2\" UUID=\"12-34\" TYPE=\"vfat\" PARTUUID=\"77-01\">/dev/sda1</device>\n";
        let device = Device { major: 8, minor: 1 };
        assert_eq!(
            value_in_blkid(Tag::Uuid, device, cache),
            Some(Gathered::Known(b"12-34".to_vec()))
        );
        assert_eq!(
            value_in_blkid(Tag::PartUuid, device, cache),
            Some(Gathered::Known(b"77-01".to_vec()))
        );
        assert_eq!(value_in_blkid(Tag::Label, device, cache), Some(Gathered::Absent));
        assert_eq!(
            value_in_blkid(Tag::Label, Device { major: 8, minor: 2 }, cache),
            None
        );
    }
}
