//! Labels and UUIDs of block devices: from the links in `/dev/disk`, udev's database, the device itself, and the cache of
//! blkid(8).

mod block;
mod databases;
mod fat;
mod iso9660;
mod lookup;
mod ntfs;
mod partitions;
mod superblock;
mod tag;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::{Device, Mount};
use crate::Gathered;

#[cfg(fuzzing)]
pub use superblock::check_device;
use tag::unescaped;
pub use tag::{Tag, device_path};

/// The values of one tag, for every block device that has one.
#[derive(Clone, Debug)]
pub struct Tags {
    tag: Tag,
    by_path: HashMap<Vec<u8>, Vec<u8>>,
    by_device: HashMap<Device, Vec<u8>>,
}

impl Tags {
    /// Reads the links of a tag. There are none if udev(7) does not run, as in most containers.
    pub fn read(tag: Tag) -> Self {
        let mut tags = Self {
            tag,
            by_path: HashMap::new(),
            by_device: HashMap::new(),
        };
        let directory = tag.directory();
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            let Ok(link) = entry.path().read_link() else {
                continue;
            };
            let value = unescaped(entry.file_name().as_bytes());
            let path = lexical(&directory.join(link));
            if let Some(device) = lookup::device(&path) {
                tags.by_device.insert(device, value.clone());
            }
            tags.by_path.insert(path.as_os_str().as_bytes().to_vec(), value);
        }
        tags
    }

    /// The path of a device that has this value. If no link has it, every device that can be read is asked. Absent if no
    /// device has it.
    pub fn device(&self, value: &[u8]) -> Gathered<Cow<'_, [u8]>> {
        let mut paths = self.by_path.iter();
        if let Some((path, _)) = paths.find(|(_, found)| *found == value) {
            return Gathered::Known(Cow::Borrowed(path));
        }
        let found = self.devices(value);
        match found.numbers.first().copied().and_then(device_path) {
            Some(path) => Gathered::Known(Cow::Owned(path)),
            None => found.all.and_then(|()| Gathered::Absent),
        }
    }

    /// Every device that has this value. A file system can have several devices, and a copy has the UUID of the original.
    pub fn devices(&self, value: &[u8]) -> TaggedDevices {
        let mut found = TaggedDevices::default();
        for device in lookup::devices() {
            match self.of_device(device) {
                Gathered::Known(other) if *other == *value => found.numbers.push(device),
                other if found.all == Gathered::Known(()) => found.all = all_but(&other),
                _ => {}
            }
        }
        found.without_held(lookup::is_held);
        found
    }

    /// The value for the device that a mount is of. Absent if it is of none, or the device has no such value.
    pub fn of(&self, mount: &Mount<'_>) -> Gathered<Cow<'_, [u8]>> {
        if let Some(value) = self.in_links(mount) {
            return Gathered::Known(Cow::Borrowed(value));
        }
        let value = device_of(mount).map_or(Gathered::Absent, |device| lookup::value(self.tag, device));
        value.map(Cow::Owned)
    }

    /// The value for a device. Absent if it has none.
    pub fn of_device(&self, device: Device) -> Gathered<Cow<'_, [u8]>> {
        match self.by_device.get(&device) {
            Some(value) => Gathered::Known(Cow::Borrowed(value)),
            None => lookup::value(self.tag, device).map(Cow::Owned),
        }
    }

    /// The value in the links alone: of a saved table, the devices may be of another machine.
    pub fn in_links(&self, mount: &Mount<'_>) -> Option<&[u8]> {
        self.by_path
            .get(&*mount.source.decoded())
            .or_else(|| self.by_device.get(&mount.device))
            .map(Vec::as_slice)
    }
}

/// The devices that have one value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedDevices {
    /// Their numbers, in ascending order.
    pub numbers: Vec<Device>,
    /// Known if every other device was read.
    pub all: Gathered<()>,
}

impl Default for TaggedDevices {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            all: Gathered::Known(()),
        }
    }
}

impl TaggedDevices {
    /// No device, for a value that is not known.
    pub fn without_value<T>(value: &Gathered<T>) -> Self {
        Self {
            all: all_but(value),
            ..Self::default()
        }
    }

    /// Leaves out parts of other devices, unless there is nothing else.
    fn without_held(&mut self, is_held: impl Fn(Device) -> bool) {
        let held: Vec<bool> = self.numbers.iter().map(|device| is_held(*device)).collect();
        if held.contains(&false) {
            let mut held = held.into_iter();
            self.numbers.retain(|_| held.next() == Some(false));
        }
    }
}

/// Known if nothing is left to find out after a value. An error can mean that no file system is there: that it is of an
/// unknown type, on a drive without a medium, or on a device without a node, which nobody can mount.
fn all_but<T>(value: &Gathered<T>) -> Gathered<()> {
    const NONE: [Errno; 5] = [
        Errno::EOPNOTSUPP,
        Errno::ENOMEDIUM,
        Errno::ENXIO,
        Errno::ENODEV,
        Errno::ENOENT,
    ];
    match value {
        Gathered::Unreadable(errno) if !NONE.contains(errno) => Gathered::Unreadable(*errno),
        _ => Gathered::Known(()),
    }
}

/// The device that a mount is of; `None` if it is of none.
pub fn device_of(mount: &Mount<'_>) -> Option<Device> {
    if mount.device.major != 0 {
        return Some(mount.device);
    }
    // btrfs has numbers of its own. File systems that every user can mount have any source, such as a path to a server that
    // never answers.
    let source = mount.source.decoded();
    let is_of_one = mount.fstab.is_some() || *mount.fs_type.decoded() == *b"btrfs";
    (is_of_one && source.starts_with(b"/"))
        .then(|| lookup::device_within(Path::new(OsStr::from_bytes(&source))))
        .flatten()
}

/// The type of the file system on a device, as blkid(8) calls it. Absent if it is of no type that is known.
pub fn type_on(device: Device) -> Gathered<String> {
    lookup::fs_type(device)
}

/// The type of the file system in a regular file. Absent if it is of no type that is known.
pub fn type_in_file(path: &Path) -> Gathered<String> {
    lookup::type_in_file(path)
}

/// The number of the block device at a path.
pub fn device_at(path: &[u8]) -> Option<Device> {
    lookup::device(Path::new(OsStr::from_bytes(path)))
}

/// All devices of the mounted btrfs that has this device; `None` if there is no such file system.
pub fn btrfs_devices(device: Device) -> Option<Vec<Device>> {
    lookup::btrfs_devices(device)
}

/// The path with `.` and `..` taken out.
fn lexical(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            component => plain.push(component),
        }
    }
    plain
}

/// A tag and its value, as they are written: `LABEL=data`, or `LABEL="my data"`. As for mount(8), a tag has capital letters, and
/// its value is not empty.
pub fn parse_tag(text: &OsStr) -> Option<(Tag, &[u8])> {
    let bytes = text.as_bytes();
    let equals = bytes.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&bytes[..equals], &bytes[equals + 1..]);
    let tag = Tag::ALL.into_iter().find(|tag| tag.name().as_bytes() == name)?;
    let unquoted = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""));
    let value = unquoted.unwrap_or(value);
    (!value.is_empty()).then_some((tag, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_link_is_decoded() {
        assert_eq!(unescaped(br"my\x20disk\x2f1"), b"my disk/1");
        assert_eq!(unescaped(br"\x2\xzz\"), br"\x2\xzz\");
        assert_eq!(
            lexical(Path::new("/dev/disk/by-uuid/../../sda1")),
            Path::new("/dev/sda1")
        );
    }

    #[test]
    fn a_part_of_another_device_counts_if_it_is_alone() {
        let numbers: Vec<Device> = ["8:1", "8:17", "253:0"].map(|text| text.parse().unwrap()).into();
        let mut found = TaggedDevices {
            numbers: numbers.clone(),
            ..TaggedDevices::default()
        };
        found.without_held(|device| device.major == 8);
        assert_eq!(found.numbers, numbers[2..]);
        found.numbers = numbers[..2].to_vec();
        found.without_held(|device| device.major == 8);
        assert_eq!(found.numbers, numbers[..2]);
    }

    #[test]
    fn a_tag_has_a_name_and_a_value() {
        let parsed = |text: &'static str| parse_tag(OsStr::new(text));
        assert_eq!(parsed("LABEL=data"), Some((Tag::Label, &b"data"[..])));
        assert_eq!(parsed("UUID=\"1 2\""), Some((Tag::Uuid, &b"1 2"[..])));
        assert_eq!(parsed("PARTUUID="), None);
        assert_eq!(parsed("uuid=1"), None);
        assert_eq!(parsed("/dev/sda"), None);
        assert_eq!(parsed("NAME=x"), None);
    }
}
