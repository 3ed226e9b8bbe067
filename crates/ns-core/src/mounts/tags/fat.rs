//! FAT and exFAT: a serial number in place of a UUID, and the label as an entry of the root directory.

use std::fs::File;
use std::io;

use super::block::{Block, DeviceNames, utf16};

/// So much of the root directory is searched: the label is the first entry that mkfs.fat(8) makes.
const SEARCHED: usize = 1 << 14;

pub(super) fn read(file: &File, boot: &Block) -> io::Result<DeviceNames> {
    let (serial, label) = if boot.has(3, b"EXFAT   ") {
        (boot.array(100), exfat_label(file, boot)?)
    } else if boot.has(0x52, b"FAT32   ") {
        (boot.array(0x43), fat_label(file, boot, true)?)
    } else {
        (boot.array(0x27), fat_label(file, boot, false)?)
    };
    let serial = u32::from_le_bytes(serial);
    Ok(DeviceNames {
        uuid: Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff).into_bytes()),
        label,
    })
}

fn exfat_label(file: &File, boot: &Block) -> io::Result<Option<Vec<u8>>> {
    let [sector_shift, cluster_shift] = boot.array(108);
    if !(9..=12).contains(&sector_shift) || cluster_shift > 25 - sector_shift {
        return Ok(None);
    }
    let heap = u64::from(u32::from_le_bytes(boot.array(88)));
    let root = u64::from(u32::from_le_bytes(boot.array(96))).saturating_sub(2);
    let start = (heap + (root << cluster_shift)) << sector_shift;
    let directory = Block::read(file, start, SEARCHED)?;
    let mut entries = directory.0.chunks_exact(32).take_while(|entry| entry[0] != 0);
    let label = entries.find(|entry| entry[0] == 0x83);
    Ok(label.and_then(|entry| utf16(&entry[2..2 + 2 * usize::from(entry[1].min(11))])))
}

fn fat_label(file: &File, boot: &Block, is_32: bool) -> io::Result<Option<Vec<u8>>> {
    let sector = u64::from(u16::from_le_bytes(boot.array(11)));
    let [in_cluster] = boot.array(13);
    let reserved = u64::from(u16::from_le_bytes(boot.array(14)));
    let [tables] = boot.array(16);
    let in_table = if is_32 {
        u64::from(u32::from_le_bytes(boot.array(36)))
    } else {
        u64::from(u16::from_le_bytes(boot.array(22)))
    };
    let mut start = reserved + u64::from(tables) * in_table;
    if is_32 {
        let root = u64::from(u32::from_le_bytes(boot.array(44))).saturating_sub(2);
        start += root * u64::from(in_cluster);
    }
    let directory = Block::read(file, start * sector, SEARCHED)?;
    let entries = directory.0.chunks_exact(32).take_while(|entry| entry[0] != 0);
    // A deleted entry, a part of a long name, or a file is no label.
    let is_label = |entry: &&[u8]| entry[0] != 0xe5 && entry[11] & 0x3f != 0x0f && entry[11] & 0x08 != 0;
    let label = entries.filter(|entry| entry.len() == 32).find(is_label);
    let label = label.map(|entry| entry[..11].trim_ascii_end().to_vec());
    Ok(label.filter(|label| !label.is_empty()))
}
