//! The four kinds of names that a block device can have, and how udev(7) and the kernel write them.

use std::path::{Path, PathBuf};

use crate::mounts::Device;

/// A kind of name for a block device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// The UUID of the file system.
    Uuid,
    /// The label of the file system.
    Label,
    /// The UUID of the partition.
    PartUuid,
    /// The label of the partition.
    PartLabel,
}

impl Tag {
    /// All four tags.
    pub const ALL: [Self; 4] = [Self::Uuid, Self::Label, Self::PartUuid, Self::PartLabel];

    /// The name before the `=`: `UUID`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uuid => "UUID",
            Self::Label => "LABEL",
            Self::PartUuid => "PARTUUID",
            Self::PartLabel => "PARTLABEL",
        }
    }

    /// The directory with its links.
    pub(super) fn directory(self) -> PathBuf {
        Path::new("/dev/disk").join(format!("by-{}", self.name().to_lowercase()))
    }
}

/// The path of a block device, as the kernel names it in `/sys`. A device of the device mapper is called by its name, such
/// as `/dev/mapper/vg-root`, if there is such a path.
pub fn device_path(device: Device) -> Option<Vec<u8>> {
    if let Ok(name) = std::fs::read_to_string(format!("/sys/dev/block/{device}/dm/name")) {
        let path = format!("/dev/mapper/{}", name.trim_end());
        if Path::new(&path).exists() {
            return Some(path.into_bytes());
        }
    }
    let uevent = std::fs::read(format!("/sys/dev/block/{device}/uevent")).ok()?;
    let name = uevent
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"DEVNAME="))?;
    Some([b"/dev/", name].concat())
}

/// udev writes `\xNN` for characters that a file name cannot have.
pub(super) fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, after)) = rest.split_first() {
        let escape = rest
            .strip_prefix(br"\x")
            .and_then(|rest| std::str::from_utf8(rest.get(..2)?).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        value.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &rest[4..] } else { after };
    }
    value
}
