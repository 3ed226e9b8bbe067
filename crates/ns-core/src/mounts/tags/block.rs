//! Bytes of a block device, and what is read out of them.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// The names in the superblock of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeviceNames {
    /// The UUID as mount(8) takes it; `None` if the type has none.
    pub uuid: Option<Vec<u8>>,
    /// The label; `None` if it is empty.
    pub label: Option<Vec<u8>>,
}

/// Bytes of a device. Bytes behind its end are 0.
pub(super) struct Block(pub Vec<u8>);

impl Block {
    pub(super) fn read(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            let at = offset.saturating_add(filled as u64);
            // No device is that large, and the kernel has no such offset (EINVAL).
            if i64::try_from(at).is_err() {
                break;
            }
            match file.read_at(&mut bytes[filled..], at) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(bytes))
    }

    pub(super) fn has(&self, offset: usize, magic: &[u8]) -> bool {
        self.0[offset..].starts_with(magic)
    }

    pub(super) fn array<const N: usize>(&self, offset: usize) -> [u8; N] {
        self.0[offset..offset + N]
            .try_into()
            .expect("the length is right")
    }

    /// A text that ends at its first zero.
    pub(super) fn text(&self, offset: usize, length: usize) -> Option<Vec<u8>> {
        let bytes = &self.0[offset..offset + length];
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        (!text.is_empty()).then(|| text.to_vec())
    }

    /// A UUID in 16 bytes, and a text of this length as the label.
    pub(super) fn names(&self, uuid: usize, label: usize, length: usize) -> DeviceNames {
        DeviceNames {
            uuid: hyphenated(self.array(uuid)),
            label: self.text(label, length),
        }
    }
}

/// The UUID as text; `None` if it is not set.
pub(super) fn hyphenated(bytes: [u8; 16]) -> Option<Vec<u8>> {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    (bytes != [0; 16]).then(|| text.into_bytes())
}

/// A text of UTF-16 in little endian that ends at its first zero.
pub(super) fn utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    (!units.is_empty()).then(|| String::from_utf16_lossy(&units).into_bytes())
}
