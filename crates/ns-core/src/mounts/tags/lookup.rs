//! The value of a tag and the type of the file system for one device, wherever they can be found out, and the devices of
//! this machine.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;

use super::tag::{Tag, device_path};
use super::{databases, partitions, superblock};
use crate::Gathered;
use crate::mounts::Device;
use crate::process::in_child_within;
use crate::sys::errno::from_io;

/// The value for a device. Absent only if the device was read, or somebody who has read it says so.
pub(super) fn value(tag: Tag, device: Device) -> Gathered<Vec<u8>> {
    if let Some(value) = databases::udev(tag, device) {
        return value;
    }
    if let Some(value) = databases::kernel(tag, device) {
        return Gathered::Known(value);
    }
    // The cache of blkid(8) can be older than the file system: it counts if the caller may not read the device.
    match read(tag, device) {
        Gathered::Unreadable(errno) => databases::blkid(tag, device).unwrap_or(Gathered::Unreadable(errno)),
        value => value,
    }
}

fn read(tag: Tag, device: Device) -> Gathered<Vec<u8>> {
    let answer = match tag {
        Tag::Uuid | Tag::Label => open(device)
            .and_then(|file| superblock::read(&file))
            .map(|found| {
                let names = found?.names?;
                Some(match tag {
                    Tag::Label => names.label,
                    _ => names.uuid,
                })
            }),
        Tag::PartUuid | Tag::PartLabel => {
            let Some((disk, number)) = partition(device) else {
                // A whole disk is no partition. Without /sys, nobody knows what it is.
                let known = Path::new("/sys/dev/block").join(device.to_string()).exists();
                return if known {
                    Gathered::Absent
                } else {
                    Gathered::Unreadable(Errno::ENOENT)
                };
            };
            open(disk)
                .and_then(|file| partitions::read(&file, number))
                .map(|found| {
                    let found = found?;
                    Some(if tag == Tag::PartUuid {
                        found.uuid
                    } else {
                        found.label
                    })
                })
        }
    };
    match answer {
        Ok(Some(Some(value))) => Gathered::Known(value),
        Ok(Some(None)) => Gathered::Absent,
        // Of a type that is not known here.
        Ok(None) => Gathered::Unreadable(Errno::EOPNOTSUPP),
        Err(error) => Gathered::Unreadable(from_io(&error)),
    }
}

/// The type of the file system on a device. The device itself comes first: it is compared with what others say of it. The
/// cache of blkid(8) can be older than the file system, as for [`value`].
pub(super) fn fs_type(device: Device) -> Gathered<String> {
    let in_udev = || databases::type_in_udev(device);
    match open(device).and_then(|file| superblock::read(&file)) {
        Ok(Some(found)) => Gathered::Known(found.fs_type.to_owned()),
        Ok(None) => in_udev().into(),
        Err(error) => in_udev()
            .or_else(|| databases::type_in_blkid(device))
            .map_or(Gathered::Unreadable(from_io(&error)), Gathered::Known),
    }
}

/// The type of the file system in a regular file, such as a disk image.
pub(super) fn type_in_file(path: &Path) -> Gathered<String> {
    let opened = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    match opened.and_then(|file| superblock::read(&file)) {
        Ok(Some(found)) => Gathered::Known(found.fs_type.to_owned()),
        Ok(None) => Gathered::Absent,
        Err(error) => Gathered::Unreadable(from_io(&error)),
    }
}

/// True if another device is made of this one, such as a logical volume. The file system is then reached by that other
/// device, even if its superblock is at the same place in both.
pub(super) fn is_held(device: Device) -> bool {
    let holders = fs::read_dir(format!("/sys/dev/block/{device}/holders"));
    holders.is_ok_and(|mut holders| holders.next().is_some())
}

/// The devices of the mounted btrfs that has this device, in the order of their numbers. The kernel tells them to
/// everybody.
pub(super) fn btrfs_devices(device: Device) -> Option<Vec<Device>> {
    let systems = fs::read_dir("/sys/fs/btrfs").ok()?.flatten();
    let devices = systems.map(|system| {
        let entries = fs::read_dir(system.path().join("devices"))
            .into_iter()
            .flatten()
            .flatten();
        let numbers = entries.filter_map(|entry| fs::read_to_string(entry.path().join("dev")).ok());
        let mut devices: Vec<Device> = numbers.filter_map(|number| number.trim().parse().ok()).collect();
        devices.sort_unstable();
        devices
    });
    devices.into_iter().find(|devices| devices.contains(&device))
}

/// Opens the node of a device, if it is one of this device.
fn open(device: Device) -> io::Result<File> {
    let missing = || io::Error::from_raw_os_error(libc::ENOENT);
    let path = PathBuf::from(OsString::from_vec(device_path(device).ok_or_else(missing)?));
    if self::device(&path) != Some(device) {
        return Err(missing());
    }
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
}

/// The disk of a partition, and the number of the partition.
fn partition(device: Device) -> Option<(Device, u32)> {
    let directory = Path::new("/sys/dev/block").join(device.to_string());
    let text = |path: PathBuf| Some(fs::read_to_string(path).ok()?.trim().to_owned());
    let number = text(directory.join("partition"))?.parse().ok()?;
    let disk = fs::canonicalize(&directory).ok()?.parent()?.join("dev");
    Some((text(disk)?.parse().ok()?, number))
}

/// The number of a block device with this path.
pub(super) fn device(path: &Path) -> Option<Device> {
    let metadata = fs::metadata(path).ok()?;
    let number = metadata.rdev();
    metadata.file_type().is_block_device().then(|| Device {
        major: rustix::fs::major(number),
        minor: rustix::fs::minor(number),
    })
}

/// The number of a block device with this path; `None` if that takes longer than a second: the path may lead to a server
/// that does not answer.
pub(super) fn device_within(path: &Path) -> Option<Device> {
    let answer = in_child_within(Duration::from_secs(1), &[], |pipe| {
        let Some(device) = device(path) else {
            return Ok(());
        };
        pipe.write_all(&[device.major, device.minor].map(u32::to_ne_bytes).concat())
    });
    let bytes = answer.ok().flatten()?;
    let (major, minor) = bytes.split_first_chunk()?;
    Some(Device {
        major: u32::from_ne_bytes(*major),
        minor: u32::from_ne_bytes(minor.try_into().ok()?),
    })
}

/// Every block device that the kernel has.
pub(super) fn devices() -> Vec<Device> {
    let entries = fs::read_dir("/sys/class/block").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| fs::read_to_string(entry.path().join("dev")).ok());
    let mut devices: Vec<Device> = numbers.filter_map(|number| number.trim().parse().ok()).collect();
    devices.sort_unstable();
    devices
}
