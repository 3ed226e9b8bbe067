//! Superblocks of file systems: the type, the UUID and the label that a device itself holds.

use std::fs::File;
use std::io;

use super::block::{Block, DeviceNames, utf16};
use super::{fat, iso9660, ntfs};

/// The contents of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Superblock {
    /// The type of the file system, as blkid(8) calls it.
    pub fs_type: &'static str,
    /// The UUID and the label; `None` if they are not read for this type.
    pub names: Option<DeviceNames>,
}

/// Reads the superblock. `None` if it is of no type that is known here.
pub(super) fn read(file: &File) -> io::Result<Option<Superblock>> {
    let with_names = |fs_type, names| {
        Ok(Some(Superblock {
            fs_type,
            names: Some(names),
        }))
    };
    let start = Block::read(file, 0, 8192)?;
    if start.has(0, b"XFSB") {
        return with_names("xfs", start.names(32, 108, 12));
    }
    if start.has(0, b"LUKS\xba\xbe") {
        let label = if start.has(6, b"\x00\x02") {
            start.text(24, 48)
        } else {
            None
        };
        let uuid = start.text(168, 40);
        return with_names("crypto_LUKS", DeviceNames { uuid, label });
    }
    if start.has(0, b"hsqs") {
        return with_names("squashfs", DeviceNames::default());
    }
    if start.has(3, b"NTFS    ") {
        return with_names("ntfs", ntfs::read(file, &start)?);
    }
    if start.has(3, b"EXFAT   ") {
        return with_names("exfat", fat::read(file, &start)?);
    }
    if start.has(0x52, b"FAT32   ") || start.has(0x36, b"FAT1") {
        return with_names("vfat", fat::read(file, &start)?);
    }
    let after_boot = Block(start.0[1024..2048].to_vec());
    if after_boot.has(0x38, &[0x53, 0xef]) {
        return with_names(ext_version(&after_boot), after_boot.names(0x68, 0x78, 16));
    }
    if after_boot.has(0, &0xf2f5_2010_u32.to_le_bytes()) {
        let label = utf16(&after_boot.0[124..124 + 512]);
        let names = after_boot.names(108, 0, 0);
        return with_names("f2fs", DeviceNames { label, ..names });
    }
    if after_boot.has(0, &0xe0f5_e1e2_u32.to_le_bytes()) {
        return with_names("erofs", after_boot.names(48, 64, 16));
    }
    // The header of swap space ends with the first page.
    for page in [4096, 16384, 65536] {
        if Block::read(file, page - 10, 10)?.has(0, b"SWAPSPACE2") {
            return with_names("swap", after_boot.names(12, 28, 16));
        }
    }
    let volume = Block::read(file, 0x8000, 2048)?;
    if volume.has(0, b"\x01CD001") {
        return with_names("iso9660", iso9660::read(file, &volume)?);
    }
    let btrfs = Block::read(file, 0x1_0000, 1024)?;
    if btrfs.has(0x40, b"_BHRfS_M") {
        return with_names("btrfs", btrfs.names(0x20, 0x12b, 256));
    }
    let fs_type = unnamed([&start, &volume, &btrfs]);
    Ok(fs_type.map(|fs_type| Superblock { fs_type, names: None }))
}

/// The type, of those whose names are not read. The blocks start at 0, 32 KiB and 64 KiB.
fn unnamed([start, volume, later]: [&Block; 3]) -> Option<&'static str> {
    /// The second half of the number differs from version to version.
    const BCACHEFS: &[u8] = b"\xc6\x85\x73\xf6";
    let marks: [(&Block, usize, &[u8], &str); 10] = [
        (start, 512, b"LABELONE", "LVM2_member"),
        (start, 0, &[0xfc, 0x4e, 0x2b, 0xa9], "linux_raid_member"),
        (start, 4096, &[0xfc, 0x4e, 0x2b, 0xa9], "linux_raid_member"),
        (start, 1030, &[0x34, 0x34], "nilfs2"),
        (start, 4096 + 24, BCACHEFS, "bcachefs"),
        (start, 1024, b"H+", "hfsplus"),
        (start, 1024, b"HX", "hfsplus"),
        (volume, 0, b"JFS1", "jfs"),
        (volume, 1, b"BEA01", "udf"),
        (later, 0x34, b"ReIsEr", "reiserfs"),
    ];
    let mut marks = marks.into_iter();
    marks
        .find(|(block, offset, magic, _)| block.has(*offset, magic))
        .map(|(_, _, _, fs_type)| fs_type)
}

/// The oldest of ext2, ext3 and ext4 that has the features of a file system.
fn ext_version(superblock: &Block) -> &'static str {
    /// The features that ext3 has: those that others must understand to read it, and to write it.
    const TO_READ: u32 = 0x2 | 0x4 | 0x10;
    const TO_WRITE: u32 = 0x1 | 0x2 | 0x4;
    const JOURNAL: u32 = 0x4;
    let features = |offset| u32::from_le_bytes(superblock.array(offset));
    if features(0x60) & !TO_READ != 0 || features(0x64) & !TO_WRITE != 0 {
        "ext4"
    } else if features(0x5c) & JOURNAL != 0 {
        "ext3"
    } else {
        "ext2"
    }
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
    if let Some(names) = read(&file)
        .expect("memory can be read")
        .and_then(|found| found.names)
    {
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

    fn found(parts: &[(usize, &[u8])]) -> Option<Superblock> {
        let file = tempfile::tempfile().unwrap();
        for (offset, bytes) in parts {
            file.write_all_at(bytes, *offset as u64).unwrap();
        }
        read(&file).unwrap()
    }

    fn names(parts: &[(usize, &[u8])]) -> Option<DeviceNames> {
        found(parts).and_then(|found| found.names)
    }

    #[test]
    fn a_type_without_names_is_known() {
        for (offset, magic, fs_type) in [
            (512, &b"LABELONE"[..], "LVM2_member"),
            (4096, &[0xfc, 0x4e, 0x2b, 0xa9], "linux_raid_member"),
            (1030, b"44", "nilfs2"),
            (0x8000, b"JFS1", "jfs"),
            (0x8001, b"BEA01", "udf"),
            (0x1_0034, b"ReIsEr2Fs", "reiserfs"),
        ] {
            let names = None;
            assert_eq!(found(&[(offset, magic)]), Some(Superblock { fs_type, names }));
        }
    }

    #[test]
    fn ext_is_told_apart_by_its_features() {
        for (offset, bits, fs_type) in [
            (0x5c, 0, "ext2"),
            (0x5c, 4, "ext3"),
            (0x60, 0x40, "ext4"),
            (0x64, 0x8, "ext4"),
        ] {
            let features = [bits];
            let parts: [(usize, &[u8]); 2] = [(1024 + 0x38, &[0x53, 0xef]), (1024 + offset, &features)];
            assert_eq!(found(&parts).unwrap().fs_type, fs_type);
        }
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
