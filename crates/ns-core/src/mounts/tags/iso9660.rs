//! ISO 9660: a time in place of a UUID, and the label, which Joliet writes out in full.

use std::fs::File;
use std::io;

use super::block::{Block, DeviceNames};

/// The length of a sector; the first volume descriptor is in sector 16.
const SECTOR: u64 = 2048;

/// So many descriptors are searched for the one of Joliet.
const SEARCHED: u64 = 16;

/// The characters that a label of Joliet has at most.
const JOLIET: usize = 16;

/// The names in the first volume descriptor, `volume`. The label of Joliet is in a later one.
pub(super) fn read(file: &File, volume: &Block) -> io::Result<DeviceNames> {
    let label = volume.0[40..72].trim_ascii_end();
    let label = match joliet(file)? {
        Some(joliet) => Some(merged(joliet, label)),
        None => (!label.is_empty()).then(|| label.to_vec()),
    };
    // The time of the last change, or else of the making.
    Ok(DeviceNames {
        uuid: time(volume.array(830)).or_else(|| time(volume.array(813))),
        label,
    })
}

fn time(digits: [u8; 16]) -> Option<Vec<u8>> {
    let is_set = digits.iter().all(u8::is_ascii_digit) && digits != [b'0'; 16];
    let (year, rest) = digits.split_at(4);
    let parts: Vec<&[u8]> = std::iter::once(year).chain(rest.chunks(2)).collect();
    is_set.then(|| parts.join(&b'-'))
}

/// The label in the descriptor of Joliet, if there is one that is not empty.
fn joliet(file: &File) -> io::Result<Option<String>> {
    for sector in 17..=16 + SEARCHED {
        let descriptor = Block::read(file, sector * SECTOR, 128)?;
        if !descriptor.has(1, b"CD001") || descriptor.has(0, &[255]) {
            break;
        }
        let levels: [&[u8]; 3] = [b"%/@", b"%/C", b"%/E"];
        if descriptor.has(0, &[2]) && levels.iter().any(|level| descriptor.has(88, level)) {
            let units = descriptor.0[40..72].chunks_exact(2);
            let units: Vec<u16> = units.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            let label = String::from_utf16_lossy(&units);
            let label = label.trim_end_matches(['\0', ' ']);
            return Ok((!label.is_empty()).then(|| label.to_owned()));
        }
    }
    Ok(None)
}

/// The label of Joliet, with the rest of the other one if it is cut off there, as blkid(8) shows it.
fn merged(joliet: String, label: &[u8]) -> Vec<u8> {
    let same = |(one, other): (char, &u8)| *other == b'_' || one.eq_ignore_ascii_case(&char::from(*other));
    let is_cut = joliet.chars().count() == JOLIET && joliet.chars().zip(label).all(same);
    let mut merged = joliet.into_bytes();
    if is_cut {
        merged.extend(label.get(JOLIET..).unwrap_or_default());
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use super::*;

    /// The names of an image with these labels; `None` for no descriptor of Joliet.
    fn names(label: &str, joliet: Option<&str>) -> DeviceNames {
        let file = tempfile::tempfile().unwrap();
        let put = |at: u64, bytes: &[u8]| file.write_all_at(bytes, at).unwrap();
        put(0x8000, b"\x01CD001");
        put(0x8000 + 40, format!("{label:32}").as_bytes());
        put(0x8000 + 813, b"2024123123595900");
        if let Some(joliet) = joliet {
            let units: Vec<u8> = joliet.encode_utf16().flat_map(u16::to_be_bytes).collect();
            put(0x8800, b"\x02CD001");
            put(0x8800 + 40, &units);
            put(0x8800 + 88, b"%/E");
        }
        read(&file, &Block::read(&file, 0x8000, 2048).unwrap()).unwrap()
    }

    #[test]
    fn a_volume_has_a_time_for_a_uuid() {
        let found = names("DISC", None);
        assert_eq!(found.uuid.unwrap(), b"2024-12-31-23-59-59-00");
        assert_eq!(found.label.unwrap(), b"DISC");
        assert_eq!(names("", None).label, None);
    }

    /// As blkid(8) of util-linux 2.38 shows such images, except that it shows no label for the last one.
    #[test]
    fn the_label_of_joliet_is_written_out() {
        for (label, joliet, shown) in [
            ("DISC_LABEL", "Disc label", "Disc label"),
            ("DISC", "Other", "Other"),
            ("", "Joliet", "Joliet"),
            ("DISC", "D\u{e4}\u{20ac}", "D\u{e4}\u{20ac}"),
            (
                "DISC_LABEL_LONGER_THAN_16",
                "Disc label longe",
                "Disc label longeR_THAN_16",
            ),
            ("DISC LABEL", "   ", "DISC LABEL"),
        ] {
            assert_eq!(names(label, Some(joliet)).label.unwrap(), shown.as_bytes());
        }
    }
}
