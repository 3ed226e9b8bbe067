//! Superblocks of file systems: the UUID and the label that a device itself holds.

use std::fs::File;
use std::io;

use super::block::{Block, DeviceNames, utf16};
use super::{fat, iso9660, ntfs};

/// Reads the superblock. `None` if it is of no type that is known here.
pub(super) fn read(file: &File) -> io::Result<Option<DeviceNames>> {
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
        return Ok(Some(DeviceNames {
            uuid: start.text(168, 40),
            label,
        }));
    }
    if start.has(0, b"hsqs") {
        return Ok(Some(DeviceNames::default()));
    }
    if start.has(3, b"NTFS    ") {
        return ntfs::read(file, &start).map(Some);
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
        return Ok(Some(DeviceNames {
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
        return iso9660::read(file, &volume).map(Some);
    }
    let btrfs = Block::read(file, 0x1_0000, 1024)?;
    if btrfs.has(0x40, b"_BHRfS_M") {
        return Ok(Some(btrfs.names(0x20, 0x12b, 256)));
    }
    Ok(None)
}

/// Checks what holds for any device: it is read without an error, as a file system and as a disk with partitions. The
/// first byte is the place of the others.
#[cfg(any(test, fuzzing))]
pub fn check_device(bytes: &[u8]) {
    use std::os::unix::fs::FileExt as _;

    let Some((place, bytes)) = bytes.split_first() else {
        return;
    };
    let place = [0, 512, 1024, 4086, 0x8000, 0x1_0000][usize::from(*place) % 6];
    let memory = rustix::fs::memfd_create("device", rustix::fs::MemfdFlags::CLOEXEC);
    let file = File::from(memory.expect("there is memory"));
    file.write_all_at(bytes, place).expect("there is memory");
    if let Some(names) = read(&file).expect("memory can be read") {
        for name in [names.uuid, names.label].into_iter().flatten() {
            assert!(!name.is_empty() && name.len() <= 4096);
        }
    }
    for number in [0, 1, 4, u32::MAX] {
        super::partitions::read(&file, number).expect("memory can be read");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use proptest::prelude::*;

    use super::*;

    fn names(parts: &[(usize, &[u8])]) -> Option<DeviceNames> {
        let file = tempfile::tempfile().unwrap();
        for (offset, bytes) in parts {
            file.write_all_at(bytes, *offset as u64).unwrap();
        }
        read(&file).unwrap()
    }

    #[test]
    fn what_is_not_known_is_told_from_what_has_no_names() {
        assert_eq!(names(&[]), None);
        assert_eq!(names(&[(0, b"garbage")]), None);
        assert_eq!(names(&[(0, b"hsqs")]), Some(DeviceNames::default()));
        let luks = names(&[(0, b"LUKS\xba\xbe\x00\x02"), (24, b"safe"), (168, b"1-2-3")]).unwrap();
        assert_eq!(
            (luks.uuid.unwrap(), luks.label.unwrap()),
            (b"1-2-3".to_vec(), b"safe".to_vec())
        );
    }

    #[test]
    fn a_record_behind_every_device_has_no_label() {
        let far = [
            (3, &b"NTFS    "[..]),
            (11, &[0, 2, 1]),
            (0x36, &[0x60]),
            (0x40, &[2]),
        ];
        let found = names(&far).unwrap();
        assert_eq!(
            (found.uuid.as_deref(), found.label),
            (Some(&b"0000000000000000"[..]), None)
        );
    }

    proptest! {
        #[test]
        fn any_device_is_read(
            place: u8,
            magic in prop_oneof![Just("XFSB"), Just("   NTFS    "), Just("   EXFAT   "), Just("EFI PART"), Just("\u{1}CD001"), Just("")],
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let mut device = [&[place], magic.as_bytes(), &bytes].concat();
            check_device(&device);
            if device.len() > 600 {
                device[1 + 0x36..][..4].copy_from_slice(b"FAT1");
                check_device(&device);
                device[1 + 0x52..][..8].copy_from_slice(b"FAT32   ");
                check_device(&device);
            }
        }
    }
}
