//! The devices that a source refers to.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::Gathered;
use ns_core::mounts::{Device, Mount, Tag, TaggedDevices, btrfs_devices, device_of, device_path, parse_tag};

use crate::context::TableContext;

/// A path without symbolic links. `None` if it leads nowhere.
pub fn canonical(context: &TableContext<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let path = context.resolve(Path::new(OsStr::from_bytes(path))).ok()??.path;
    Some(path.into_os_string().into_encoded_bytes())
}

/// The device of a source that is a tag; `None` if the source is no tag.
pub fn evaluated(context: &TableContext<'_>, source: &[u8]) -> Option<Gathered<Vec<u8>>> {
    if let Some(id) = source.strip_prefix(b"ID=").filter(|id| !id.is_empty()) {
        let link = Path::new("/dev/disk/by-id").join(OsStr::from_bytes(id));
        let device = std::fs::canonicalize(link).ok();
        return Some(
            device
                .map(|device| device.into_os_string().into_encoded_bytes())
                .into(),
        );
    }
    let (tag, value) = parse_tag(OsStr::from_bytes(source))?;
    let tags = context.shared.tags(tag);
    Some(tags.device(value).map(std::borrow::Cow::into_owned))
}

/// The devices of a mount.
#[derive(Debug)]
pub struct Devices {
    /// The path of each; none if the device of the mount itself could not be read.
    pub paths: Vec<Vec<u8>>,
    /// Known if every other device was read, which may have the same file system.
    pub all: Gathered<()>,
}

/// The devices of a mount: those with the tag that is its source, or those with its file system. `None` if the mount is of
/// no device. `own` is the path of its source.
pub fn devices(context: &TableContext<'_>, mount: &Mount<'_>, own: &[u8]) -> Option<Devices> {
    let path = |device: &Device| device_path(*device);
    if let Some((tag, value)) = parse_tag(OsStr::from_bytes(&mount.source.decoded())) {
        let found = context.shared.tagged(tag, value);
        return Some(Devices {
            paths: found.numbers.iter().filter_map(path).collect(),
            all: found.all,
        });
    }
    let device = context.has_own_devices().then(|| device_of(mount)).flatten()?;
    let TaggedDevices { numbers, all } = with_same_system(context, mount, device);
    let of_system = |number: &Device| {
        if *number == device {
            Some(own.to_vec())
        } else {
            path(number)
        }
    };
    Some(Devices {
        paths: numbers.iter().filter_map(of_system).collect(),
        all,
    })
}

fn with_same_system(context: &TableContext<'_>, mount: &Mount<'_>, device: Device) -> TaggedDevices {
    if context.is_of_mounts()
        && let Some(numbers) = btrfs_devices(device)
    {
        return TaggedDevices {
            numbers,
            ..TaggedDevices::default()
        };
    }
    match context.tag(Tag::Uuid, mount) {
        Gathered::Known(uuid) => (*context.shared.tagged(Tag::Uuid, &uuid)).clone(),
        unknown => TaggedDevices::without_value(&unknown),
    }
}

/// True if a mount is of this device, or of a file system that has it beside others.
pub fn is_of(context: &TableContext<'_>, mount: &Mount<'_>, device: Device) -> bool {
    if mount.fstab.is_some() {
        let source = mount.source.decoded();
        let tag = parse_tag(OsStr::from_bytes(&source));
        return tag.is_some_and(|(tag, value)| context.shared.tagged(tag, value).numbers.contains(&device));
    }
    mount.device == device
        || (*mount.fs_type.decoded() == *b"btrfs"
            && context.has_own_devices()
            && device_of(mount)
                .and_then(btrfs_devices)
                .is_some_and(|devices| devices.contains(&device)))
}
