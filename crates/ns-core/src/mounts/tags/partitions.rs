//! Partition tables: the UUID and the label of one partition, for kernels that do not tell them.

use std::fs::File;
use std::io;

use super::block::{Block, hyphenated, utf16};

/// The entry of a partition in the table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Partition {
    pub uuid: Option<Vec<u8>>,
    pub label: Option<Vec<u8>>,
}

/// Reads the entry of partition `number` of a disk: of GPT, or of an MBR, which has no labels. `None` if there is no such
/// table, or no such partition in it.
pub(super) fn read(disk: &File, number: u32) -> io::Result<Option<Partition>> {
    for sector in [512, 4096] {
        let header = Block::read(disk, sector, 512)?;
        if header.has(0, b"EFI PART") {
            return entry(disk, &header, sector, number);
        }
    }
    let boot = Block::read(disk, 0, 512)?;
    let id = u32::from_le_bytes(boot.array(440));
    if !boot.has(510, &[0x55, 0xaa]) || id == 0 {
        return Ok(None);
    }
    let uuid = Some(format!("{id:08x}-{number:02x}").into_bytes());
    Ok(Some(Partition { uuid, label: None }))
}

fn entry(disk: &File, header: &Block, sector: u64, number: u32) -> io::Result<Option<Partition>> {
    let start = u64::from_le_bytes(header.array(72));
    let count = u32::from_le_bytes(header.array(80));
    let size = u32::from_le_bytes(header.array(84));
    if number == 0 || number > count || size < 128 {
        return Ok(None);
    }
    let offset = u64::from(number - 1) * u64::from(size);
    let Some(offset) = start
        .checked_mul(sector)
        .and_then(|start| start.checked_add(offset))
    else {
        return Ok(None);
    };
    let entry = Block::read(disk, offset, 128)?;
    // The first three parts of the UUID are numbers in little endian.
    let mut uuid: [u8; 16] = entry.array(16);
    uuid[..4].reverse();
    uuid[4..6].reverse();
    uuid[6..8].reverse();
    Ok(hyphenated(uuid).map(|uuid| Partition {
        uuid: Some(uuid),
        label: utf16(&entry.0[56..]),
    }))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    fn disk(parts: &[(u64, &[u8])]) -> File {
        let file = tempfile::tempfile().unwrap();
        for (offset, bytes) in parts {
            file.write_all_at(bytes, *offset).unwrap();
        }
        file
    }

    #[test]
    fn an_mbr_has_an_id_for_all_partitions() {
        let disk = disk(&[(440, &0x1234_abcd_u32.to_le_bytes()), (510, &[0x55, 0xaa])]);
        assert_eq!(read(&disk, 2).unwrap().unwrap().uuid.unwrap(), b"1234abcd-02");
        assert_eq!(read(&tempfile::tempfile().unwrap(), 1).unwrap(), None);
    }

    #[test]
    fn an_entry_of_gpt_has_a_uuid_and_a_label() {
        let label: Vec<u8> = "data".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let uuid: Vec<u8> = (0..16).collect();
        let disk = disk(&[
            (512, b"EFI PART"),
            (512 + 72, &2_u64.to_le_bytes()),
            (512 + 80, &4_u32.to_le_bytes()),
            (512 + 84, &128_u32.to_le_bytes()),
            (1024 + 128 + 16, &uuid),
            (1024 + 128 + 56, &label),
        ]);
        let found = read(&disk, 2).unwrap().unwrap();
        assert_eq!(found.uuid.unwrap(), b"03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(found.label.unwrap(), b"data");
        assert_eq!(read(&disk, 1).unwrap(), None);
        assert_eq!(read(&disk, 5).unwrap(), None);
    }
}
