//! The facts about mounts that only statmount(2) has: unique ids, and maps of user ids.

use std::collections::HashMap;
use std::fmt::Write as _;

use nix::errno::Errno;

use super::{Escaped, MountId, View};
use crate::error::Doing;
use crate::sys::statmount::{listmount, statmount};
use crate::{Gathered, Result};

/// The facts that statmount(2) gives about one mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountStatus {
    /// The 64-bit id, which is never reused.
    pub unique: u64,
    /// The map of ids: lines as in `uid_map`, each after `uid` or `gid`; empty if ids are not mapped.
    pub id_map: Vec<Vec<u8>>,
}

/// The mounts of a namespace by the ids of its table.
pub type Statuses = HashMap<MountId, MountStatus>;

/// The requested facts: bits of `STATMOUNT_*` in `linux/mount.h`.
mod mask {
    pub const MOUNT: u64 = 0x2;
    pub const ID_MAPS: u64 = 0x2000 | 0x4000;
    /// All facts that a line of mountinfo has.
    pub const LINE: u64 = 0x1 | MOUNT | 0x4 | 0x8 | 0x10 | 0x20 | 0x80 | 0x100 | 0x200;
    pub const SOURCE: u64 = 0x200;
}

impl View {
    /// Looks up the mounts of the view's namespace. In the caller's own namespace, these are the mounts below the
    /// caller's root directory.
    ///
    /// [`Gathered::Absent`] if the kernel is too old.
    pub fn statuses(&self) -> Gathered<Statuses> {
        self.each(mask::MOUNT | mask::ID_MAPS, |buffer| {
            let status = MountStatus {
                unique: buffer.u64(40),
                id_map: buffer.id_map(),
            };
            (MountId::new(buffer.u32(56).into()), status)
        })
        .map(|all| all.into_iter().collect())
    }

    /// The table in the form of mountinfo, built from listmount(2) and statmount(2).
    ///
    /// `ENOSYS` if the kernel is too old.
    pub fn read_by_id(&self) -> Result<Vec<u8>> {
        let doing = || format!("list the mounts of {}", self.name());
        match self.each(mask::LINE, Buffer::line) {
            // As in mountinfo, mounts without a path from the root directory have no line.
            Gathered::Known(lines) => Ok(lines.into_iter().flatten().flatten().collect()),
            Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => Err(Errno::ENOSYS).doing(doing),
            Gathered::Unreadable(errno) => Err(errno).doing(doing),
        }
    }

    fn each<T>(&self, wanted: u64, mut make: impl FnMut(&Buffer) -> T) -> Gathered<Vec<T>> {
        self.id()
            .and_then(|namespace| Self::each_in(namespace, wanted, &mut make))
    }

    fn each_in<T>(namespace: u64, wanted: u64, make: &mut impl FnMut(&Buffer) -> T) -> Gathered<Vec<T>> {
        let mut all = Vec::new();
        let mut ids = [0; 512];
        let mut buffer = Buffer(vec![0; 4096]);
        let mut last = 0;
        loop {
            let count = match listmount(namespace, last, &mut ids) {
                Ok(count) => count,
                Err(Errno::ENOSYS) => return Gathered::NotTold,
                Err(errno) => return Gathered::Unreadable(errno),
            };
            for id in &ids[..count] {
                match buffer.fill(namespace, *id, wanted) {
                    Ok(()) => all.push(make(&buffer)),
                    // The mount was unmounted meanwhile.
                    Err(Errno::ENOENT) => {}
                    Err(errno) => return Gathered::Unreadable(errno),
                }
            }
            match ids[..count].last() {
                Some(id) if count == ids.len() => last = *id,
                _ => return Gathered::Known(all),
            }
        }
    }
}

/// A `struct statmount`: 512 bytes of fields, then strings.
struct Buffer(Vec<u8>);

/// The offset of the strings.
const STRINGS: usize = 512;

impl Buffer {
    fn fill(&mut self, namespace: u64, id: u64, wanted: u64) -> nix::Result<()> {
        loop {
            match statmount(namespace, id, wanted, &mut self.0) {
                Err(Errno::EOVERFLOW) if self.0.len() < 1 << 24 => {
                    let size = self.0.len() * 2;
                    self.0.resize(size, 0);
                }
                answer => return answer,
            }
        }
    }

    fn u32(&self, offset: usize) -> u32 {
        let bytes = self.0[offset..offset + 4].try_into();
        u32::from_ne_bytes(bytes.expect("four bytes"))
    }

    fn u64(&self, offset: usize) -> u64 {
        let bytes = self.0[offset..offset + 8].try_into();
        u64::from_ne_bytes(bytes.expect("eight bytes"))
    }

    /// True if the kernel filled in the facts of this bit.
    fn has(&self, bit: u64) -> bool {
        self.u64(8) & bit != 0
    }

    /// From the string whose offset stands at `field` to the end of the buffer.
    fn strings(&self, field: usize) -> &[u8] {
        let offset = usize::try_from(self.u32(field)).unwrap_or(usize::MAX);
        self.0.get(STRINGS.saturating_add(offset)..).unwrap_or_default()
    }

    /// The string whose offset stands at `field`; empty if the kernel did not fill it in.
    fn string(&self, bit: u64, field: usize) -> &[u8] {
        let found = if self.has(bit) { self.strings(field) } else { b"" };
        found.split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn id_map(&self) -> Vec<Vec<u8>> {
        let maps = [(0x2000, 152, "uid"), (0x4000, 160, "gid")];
        let present = maps.into_iter().filter(|(bit, ..)| self.has(*bit));
        present
            .flat_map(|(_, field, kind)| {
                let count = usize::try_from(self.u32(field)).unwrap_or(usize::MAX);
                let lines = self.strings(field + 4).split(|byte| *byte == 0).take(count);
                lines.map(move |line| [kind.as_bytes(), b" ", line].concat())
            })
            .collect()
    }

    /// The line of mountinfo, with the line break; `None` if mountinfo has no line for the mount.
    fn line(&self) -> Option<Vec<u8>> {
        let target = self.string(0x10, 108);
        if target.is_empty() {
            return None;
        }
        let mut line = format!(
            "{} {} {}:{} ",
            self.u32(56),
            self.u32(60),
            self.u32(16),
            self.u32(20)
        )
        .into_bytes();
        let mut add = |bytes: &[u8]| line.extend_from_slice(bytes);
        add(&Escaped::encode_path(self.string(0x8, 104)));
        add(b" ");
        add(&Escaped::encode_path(target));
        add(b" ");
        add(self.vfs_options().as_bytes());
        add(self.optional_fields().as_bytes());
        add(b" - ");
        add(&Escaped::encode(self.string(0x20, 36)));
        let subtype = self.string(0x100, 120);
        if !subtype.is_empty() {
            add(b".");
            add(&Escaped::encode(subtype));
        }
        add(b" ");
        let source = if self.has(mask::SOURCE) {
            self.string(mask::SOURCE, 124)
        } else {
            b"none"
        };
        add(&Escaped::encode(source));
        add(b" ");
        add(self.super_options().as_bytes());
        let options = self.string(0x80, 4);
        if !options.is_empty() {
            add(b",");
            add(options);
        }
        add(b"\n");
        Some(line)
    }

    /// The options of the mount: bits of `MOUNT_ATTR_*`, in the order of mountinfo.
    fn vfs_options(&self) -> String {
        let bits = self.u64(64);
        let names = [
            (0x2, "nosuid"),
            (0x4, "nodev"),
            (0x8, "noexec"),
            (0x10, "noatime"),
            (0x80, "nodiratime"),
            (0x20_0000, "nosymfollow"),
            (0x10_0000, "idmapped"),
        ];
        let mut options = String::from(if bits & 1 == 0 { "rw" } else { "ro" });
        for (bit, name) in names {
            if bit == 0x20_0000 && bits & 0x70 == 0 {
                options.push_str(",relatime");
            }
            if bits & bit != 0 {
                options.push(',');
                options.push_str(name);
            }
        }
        options
    }

    /// The flags of the file system: bits of `SB_*`.
    fn super_options(&self) -> String {
        let bits = self.u32(32);
        let mut options = String::from(if bits & 1 == 0 { "rw" } else { "ro" });
        let names = [
            (1 << 4, ",sync"),
            (1 << 7, ",dirsync"),
            (1 << 6, ",mand"),
            (1 << 25, ",lazytime"),
        ];
        options.extend(
            names
                .into_iter()
                .filter(|(bit, _)| bits & bit != 0)
                .map(|(_, name)| name),
        );
        options
    }

    /// The optional fields, each after a blank.
    fn optional_fields(&self) -> String {
        let propagation = self.u64(72);
        let mut fields = String::new();
        let mut group = |name: &str, offset: usize| {
            let number = self.u64(offset);
            if number != 0 {
                let _ = write!(fields, " {name}:{number}");
            }
        };
        if propagation & (1 << 20) != 0 {
            group("shared", 80);
        }
        if propagation & (1 << 19) != 0 {
            group("master", 88);
            if self.has(0x4) && self.u64(96) != self.u64(88) {
                group("propagate_from", 96);
            }
        }
        if propagation & (1 << 17) != 0 {
            fields.push_str(" unbindable");
        }
        fields
    }
}

/// Checks what holds for any buffer: it has a line or none, and the table reads a line as it was written.
#[cfg(any(test, fuzzing))]
pub fn check_buffer(bytes: &[u8]) {
    let mut buffer = Buffer(bytes.to_vec());
    // The kernel fills in the fields of a whole structure.
    buffer.0.resize(bytes.len().max(STRINGS), 0);
    let most = bytes.len() + STRINGS;
    for line in buffer.id_map() {
        assert!(line.len() <= most && (line.starts_with(b"uid ") || line.starts_with(b"gid ")));
    }
    let Some(line) = buffer.line() else { return };
    // The kernel escapes the options, and gives every mount a root and a type.
    let is_escaped = !buffer.string(0x80, 4).iter().any(u8::is_ascii_whitespace);
    if !is_escaped || buffer.string(0x8, 104).is_empty() || buffer.string(0x20, 36).is_empty() {
        return;
    }
    let table = super::MountTable::parse(&line);
    let [mount] = table.mounts() else {
        panic!("it is not one line: {:?}", table.flaws())
    };
    assert_eq!(mount.id, MountId::new(buffer.u32(56).into()));
    assert_eq!(&*mount.target.decoded(), buffer.string(0x10, 108));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::MountTable;
    use super::*;

    #[test]
    fn the_ids_of_the_table_lead_to_unique_ones() {
        let own = View::own().unwrap();
        let Gathered::Known(statuses) = own.statuses() else {
            return; // before Linux 6.8
        };
        let bytes = own.read().unwrap();
        let mounts = MountTable::parse(&bytes);
        let unique: std::collections::HashSet<_> = mounts
            .mounts()
            .iter()
            .filter_map(|mount| statuses.get(&mount.id))
            .map(|status| status.unique)
            .collect();
        assert_eq!(unique.len(), mounts.mounts().len());
    }

    #[test]
    fn both_ways_give_the_same_table() {
        let own = View::own().unwrap();
        let lines = |bytes: Vec<u8>| {
            let mut lines: Vec<_> = String::from_utf8_lossy(&bytes)
                .lines()
                .map(str::to_owned)
                .collect();
            lines.sort();
            lines
        };
        if let Ok(bytes) = own.read_by_id() {
            assert_eq!(lines(bytes), lines(own.read().unwrap()));
        }
    }

    proptest! {
        #[test]
        fn any_buffer_has_a_line_or_none(
            fields in proptest::collection::vec(prop_oneof![4 => Just(0), 1 => any::<u8>()], STRINGS),
            strings in "[a-z /\\\\\n\0]{0,60}",
        ) {
            let mut bytes = [fields, strings.into_bytes()].concat();
            // Offsets that lead to the strings.
            for (index, field) in [4, 36, 104, 108, 120, 124, 156, 164].into_iter().enumerate() {
                bytes[field..field + 4].copy_from_slice(&(5 * u32::try_from(index).expect("few")).to_ne_bytes());
            }
            bytes[8..10].copy_from_slice(&[0xff, 0xff]);
            check_buffer(&bytes);
        }
    }
}
