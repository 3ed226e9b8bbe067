//! NTFS: a serial number in place of a UUID, and the label as an attribute of the file `$Volume`.

use std::fs::File;
use std::io;

use super::block::{Block, DeviceNames, utf16};

/// The number of the record of `$Volume` in the master file table.
const VOLUME: u64 = 3;

/// The type of the attribute that holds the label, `$VOLUME_NAME`.
const VOLUME_NAME: u32 = 0x60;

/// The greatest length of a record, and the step at whose ends it is protected.
const RECORD: u64 = 4096;
const STEP: usize = 512;

pub(super) fn read(file: &File, boot: &Block) -> io::Result<DeviceNames> {
    let serial = u64::from_le_bytes(boot.array(0x48));
    let label = match record_of_volume(boot) {
        Some((offset, length)) => label(Block::read(file, offset, length)?),
        None => None,
    };
    Ok(DeviceNames {
        uuid: Some(format!("{serial:016X}").into_bytes()),
        label,
    })
}

/// The offset and the length of the record of `$Volume`.
fn record_of_volume(boot: &Block) -> Option<(u64, usize)> {
    let sector = u64::from(u16::from_le_bytes(boot.array(11)));
    let [in_cluster] = boot.array(13);
    let cluster = sector.checked_mul(u64::from(in_cluster))?;
    let table = u64::from_le_bytes(boot.array(0x30)).checked_mul(cluster)?;
    // A number of clusters, or if negative the power of two of the bytes.
    let [size] = boot.array(0x40).map(u8::cast_signed);
    let length = match u64::try_from(size) {
        Ok(clusters) => clusters.checked_mul(cluster)?,
        Err(_) => 1_u64.checked_shl(size.unsigned_abs().into())?,
    };
    let offset = table.checked_add(VOLUME * length)?;
    (STEP as u64..=RECORD)
        .contains(&length)
        .then(|| Some((offset, usize::try_from(length).ok()?)))?
}

/// The label in the record; `None` if it is empty, or this is no such record.
fn label(record: Block) -> Option<Vec<u8>> {
    let bytes = restored(record)?;
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let mut at = usize::from(word(0x14)?);
    loop {
        let (kind, length) = (long(at)?, long(at + 4)? as usize);
        if kind == VOLUME_NAME {
            let start = at + usize::from(word(at + 0x14)?);
            let end = start.checked_add(long(at + 0x10)? as usize)?;
            return utf16(bytes.get(start..end)?);
        }
        // The last one has the type 0xffffffff.
        if kind > VOLUME_NAME || length < 8 {
            return None;
        }
        at = at.checked_add(length)?;
    }
}

/// The record with the bytes at the end of each step, which stand in an array of their own.
fn restored(mut record: Block) -> Option<Vec<u8>> {
    if !record.has(0, b"FILE") {
        return None;
    }
    let array = usize::from(u16::from_le_bytes(record.array(4)));
    let count = usize::from(u16::from_le_bytes(record.array(6)));
    for step in 1..count {
        let saved = array + 2 * step;
        let saved: [u8; 2] = record.0.get(saved..saved + 2)?.try_into().ok()?;
        let end = step * STEP;
        record.0.get_mut(end - 2..end)?.copy_from_slice(&saved);
    }
    Some(record.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with an attribute before the label, which stands across the end of the first step.
    fn record(name: &str) -> Block {
        let mut bytes = vec![0; 1024];
        let value: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        let parts: [(usize, &[u8]); 8] = [
            (0, b"FILE"),
            (4, &[0x30, 0, 3, 0]),
            (0x14, &[0x38, 0]),
            (0x38, &[0x10, 0, 0, 0, 0x98, 1]),
            (0x1d0, &[0x60, 0, 0, 0, 0x80]),
            (0x1e0, &length),
            (0x1e4, &[0x18, 0]),
            (0x1e8, &value),
        ];
        for (at, part) in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
        }
        bytes.copy_within(510..512, 0x32);
        bytes[510..512].copy_from_slice(b"xx");
        Block(bytes)
    }

    #[test]
    fn the_label_is_an_attribute_of_a_protected_record() {
        let name = "a label of some length";
        assert_eq!(label(record(name)).unwrap(), name.as_bytes());
        assert_eq!(label(record("")), None);
    }

    #[test]
    fn garbage_has_no_label() {
        assert_eq!(label(Block(vec![0; 1024])), None);
        let mut cut = record("a label of some length");
        cut.0.truncate(512);
        assert_eq!(label(cut), None);
    }
}
