//! Superblocks of file systems: the UUID and the label that a device itself holds.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::fat;

/// What the superblock of a device says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// The UUID as mount(8) takes it; `None` if the type has none.
    pub uuid: Option<Vec<u8>>,
    /// The label; `None` if it is empty.
    pub label: Option<Vec<u8>>,
    /// True if the label is in a place that is not read here.
    pub label_is_elsewhere: bool,
}

/// Reads the superblock. `None` if it is of no type that is known here.
pub(super) fn read(file: &File) -> io::Result<Option<Names>> {
    let start = Block::read(file, 0, 4096)?;
    if start.has(0, b"XFSB") {
        return Ok(Some(start.names(32, 108, 12)));
    }
    if start.has(0, b"LUKS\xba\xbe") {
        let label = if start.has(6, b"\x00\x02") {
            start.text(24, 48)
        } else {
            None
        };
        return Ok(Some(Names {
            uuid: start.text(168, 40),
            label,
            ..Names::default()
        }));
    }
    if start.has(0, b"hsqs") {
        return Ok(Some(Names::default()));
    }
    if start.has(3, b"NTFS    ") {
        let serial = u64::from_le_bytes(start.array(0x48));
        let uuid = Some(format!("{serial:016X}").into_bytes());
        return Ok(Some(Names {
            uuid,
            label: None,
            label_is_elsewhere: true,
        }));
    }
    if start.has(3, b"EXFAT   ") || start.has(0x52, b"FAT32   ") || start.has(0x36, b"FAT1") {
        return fat::read(file, &start).map(Some);
    }
    // ext2, ext3 and ext4; f2fs; erofs.
    let after_boot = Block::read(file, 1024, 1024)?;
    if after_boot.has(0x38, &[0x53, 0xef]) {
        return Ok(Some(after_boot.names(0x68, 0x78, 16)));
    }
    if after_boot.has(0, &0xf2f5_2010_u32.to_le_bytes()) {
        let label = utf16(&after_boot.0[124..124 + 512]);
        return Ok(Some(Names {
            label,
            ..after_boot.names(108, 0, 0)
        }));
    }
    if after_boot.has(0, &0xe0f5_e1e2_u32.to_le_bytes()) {
        return Ok(Some(after_boot.names(48, 64, 16)));
    }
    // The header of swap space ends with the first page.
    for page in [4096, 16384, 65536] {
        if Block::read(file, page - 10, 10)?.has(0, b"SWAPSPACE2") {
            return Ok(Some(after_boot.names(12, 28, 16)));
        }
    }
    let volume = Block::read(file, 0x8000, 2048)?;
    if volume.has(0, b"\x01CD001") {
        return Ok(Some(iso9660(&volume)));
    }
    let btrfs = Block::read(file, 0x1_0000, 1024)?;
    if btrfs.has(0x40, b"_BHRfS_M") {
        return Ok(Some(btrfs.names(0x20, 0x12b, 256)));
    }
    Ok(None)
}

/// Bytes of a device. What is behind its end is 0.
pub(super) struct Block(pub Vec<u8>);

impl Block {
    pub(super) fn read(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match file.read_at(&mut bytes[filled..], offset + filled as u64) {
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
    fn text(&self, offset: usize, length: usize) -> Option<Vec<u8>> {
        let bytes = &self.0[offset..offset + length];
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        (!text.is_empty()).then(|| text.to_vec())
    }

    /// A UUID in 16 bytes, and a text of this length as the label.
    fn names(&self, uuid: usize, label: usize, length: usize) -> Names {
        Names {
            uuid: hyphenated(self.array(uuid)),
            label: self.text(label, length),
            label_is_elsewhere: false,
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

/// The label, and in place of a UUID the time of the last change, or else of the making.
fn iso9660(volume: &Block) -> Names {
    let time = |offset: usize| {
        let digits: [u8; 16] = volume.array(offset);
        let is_set = digits.iter().all(u8::is_ascii_digit) && digits != [b'0'; 16];
        let parts = [
            &digits[..4],
            &digits[4..6],
            &digits[6..8],
            &digits[8..10],
            &digits[10..12],
            &digits[12..14],
            &digits[14..],
        ];
        is_set.then(|| parts.join(&b'-'))
    };
    let label = volume.0[40..72].trim_ascii_end();
    Names {
        uuid: time(830).or_else(|| time(813)),
        label: (!label.is_empty()).then(|| label.to_vec()),
        label_is_elsewhere: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(parts: &[(usize, &[u8])]) -> Option<Names> {
        let file = tempfile::tempfile().unwrap();
        for (offset, bytes) in parts {
            file.write_all_at(bytes, *offset as u64).unwrap();
        }
        read(&file).unwrap()
    }

    #[test]
    fn a_volume_of_iso9660_has_a_time_for_a_uuid() {
        let label = [&b"DISC"[..], &[b' '; 28]].concat();
        let found = names(&[
            (0x8000, b"\x01CD001"),
            (0x8000 + 40, &label),
            (0x8000 + 813, b"2024123123595900"),
        ])
        .unwrap();
        assert_eq!(found.uuid.unwrap(), b"2024-12-31-23-59-59-00");
        assert_eq!(found.label.unwrap(), b"DISC");
    }

    #[test]
    fn what_is_not_known_is_told_from_what_has_no_names() {
        assert_eq!(names(&[]), None);
        assert_eq!(names(&[(0, b"garbage")]), None);
        assert_eq!(names(&[(0, b"hsqs")]), Some(Names::default()));
        let luks = names(&[(0, b"LUKS\xba\xbe\x00\x02"), (24, b"safe"), (168, b"1-2-3")]).unwrap();
        assert_eq!(
            (luks.uuid.unwrap(), luks.label.unwrap()),
            (b"1-2-3".to_vec(), b"safe".to_vec())
        );
    }
}
