//! A `struct statmount` of `linux/mount.h` as statmount(2) fills it in, and the line of mountinfo that it makes.

use nix::errno::Errno;

use super::{Escaped, MountId};
use crate::Gathered;
use crate::sys::statmount::statmount;

/// The requested facts: bits of `STATMOUNT_*`.
pub(super) mod mask {
    pub const SUPERBLOCK: u64 = 0x1;
    pub const MOUNT: u64 = 0x2;
    /// Since Linux 6.13.
    pub const SUBTYPE: u64 = 0x100;
    /// Since Linux 6.13.
    pub const SOURCE: u64 = 0x200;
    /// The facts that this kernel can tell, since Linux 6.15.
    pub const SUPPORTED: u64 = 0x1000;
    /// Since Linux 6.15.
    pub const ID_MAPS: u64 = 0x2000 | 0x4000;
    /// All facts that a line of mountinfo has.
    pub const LINE: u64 = SUPERBLOCK | MOUNT | 0x4 | 0x8 | 0x10 | 0x20 | 0x80 | SUBTYPE | SOURCE;
}

/// The mark of a mount with mapped ids.
const MOUNT_ATTR_IDMAP: u64 = 0x10_0000;

/// A line of mountinfo in parts.
pub(super) struct Line {
    pub id: MountId,
    /// From the ids to the options of the mount.
    start: Vec<u8>,
    /// The optional fields, with a blank between them.
    pub optional: Vec<u8>,
    /// The type with the subtype.
    pub fs_type: Vec<u8>,
    pub source: Vec<u8>,
    /// The options of the file system.
    options: Vec<u8>,
}

impl Line {
    /// The whole line, with its line break.
    pub fn bytes(&self) -> Vec<u8> {
        let mut line = self.start.clone();
        if !self.optional.is_empty() {
            line.push(b' ');
            line.extend_from_slice(&self.optional);
        }
        for part in [&b"-"[..], &self.fs_type, &self.source, &self.options] {
            line.push(b' ');
            line.extend_from_slice(part);
        }
        line.push(b'\n');
        line
    }
}

/// A `struct statmount`: 512 bytes of fields, then strings.
pub(super) struct Buffer(Vec<u8>);

/// The offset of the strings.
const STRINGS: usize = 512;

impl Buffer {
    /// An empty one, which grows if it has to.
    pub fn new() -> Self {
        Self(vec![0; 4096])
    }

    /// Asks for the `wanted` facts about a mount of a namespace.
    pub fn fill(&mut self, namespace: u64, id: u64, wanted: u64) -> nix::Result<()> {
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

    /// True if the kernel filled in the facts of all these bits.
    fn has(&self, bits: u64) -> bool {
        self.u64(8) & bits == bits
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

    /// The id of the mount in the table of its namespace.
    pub fn id(&self) -> MountId {
        MountId::new(self.u32(56).into())
    }

    /// The id that the kernel never reuses.
    pub fn unique(&self) -> u64 {
        self.u64(40)
    }

    /// The unique id of the mount that it is on.
    pub fn parent(&self) -> u64 {
        self.u64(48)
    }

    /// True if it is a mount of the file of a namespace.
    pub fn is_of_namespace(&self) -> bool {
        i64::try_from(self.u64(24)) == Ok(libc::NSFS_MAGIC)
    }

    /// The bits of the facts that this kernel can tell, as far as this mount shows.
    pub fn told(&self) -> u64 {
        let supported = if self.has(mask::SUPPORTED) {
            self.u64(144)
        } else {
            0
        };
        self.u64(8) | supported
    }

    /// The map of ids, see [`super::MountStatus`].
    pub fn id_map(&self) -> Gathered<Vec<Vec<u8>>> {
        if self.u64(64) & MOUNT_ATTR_IDMAP == 0 {
            return Gathered::Absent;
        }
        if !self.has(mask::ID_MAPS) {
            return Gathered::NotTold;
        }
        let maps = [(152, "uid"), (160, "gid")];
        let lines = maps.into_iter().flat_map(|(field, kind)| {
            let count = usize::try_from(self.u32(field)).unwrap_or(usize::MAX);
            let lines = self.strings(field + 4).split(|byte| *byte == 0).take(count);
            lines.map(move |line| [kind.as_bytes(), b" ", line].concat())
        });
        Gathered::Known(lines.collect())
    }

    /// The line of mountinfo; `None` if mountinfo has no line for the mount.
    pub fn line(&self) -> Option<Line> {
        let target = self.string(0x10, 108);
        if target.is_empty() {
            return None;
        }
        let id = self.id();
        let (parent, major, minor) = (self.u32(60), self.u32(16), self.u32(20));
        let mut start = format!("{id} {parent} {major}:{minor} ").into_bytes();
        start.extend_from_slice(&Escaped::encode_path(self.string(0x8, 104)));
        start.push(b' ');
        start.extend_from_slice(&Escaped::encode_path(target));
        start.push(b' ');
        start.extend_from_slice(self.vfs_options().as_bytes());
        let mut fs_type = Escaped::encode(self.string(0x20, 36));
        let subtype = self.string(mask::SUBTYPE, 120);
        if !subtype.is_empty() {
            fs_type.push(b'.');
            fs_type.extend_from_slice(&Escaped::encode(subtype));
        }
        let source = if self.has(mask::SOURCE) {
            self.string(mask::SOURCE, 124)
        } else {
            b"none"
        };
        let mut options = self.super_options().into_bytes();
        let of_file_system = self.string(0x80, 4);
        if !of_file_system.is_empty() {
            options.push(b',');
            options.extend_from_slice(of_file_system);
        }
        Some(Line {
            id,
            start,
            optional: self.optional_fields().into_bytes(),
            fs_type,
            source: Escaped::encode(source),
            options,
        })
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
            (MOUNT_ATTR_IDMAP, "idmapped"),
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

    /// The optional fields, with a blank between them.
    fn optional_fields(&self) -> String {
        let propagation = self.u64(72);
        let mut fields = Vec::new();
        let mut group = |name: &str, offset: usize| {
            let number = self.u64(offset);
            if number != 0 {
                fields.push(format!("{name}:{number}"));
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
            fields.push("unbindable".to_owned());
        }
        fields.join(" ")
    }
}

/// Checks what holds for any buffer: it has a line or none, and the table reads a line as it was written.
#[cfg(any(test, fuzzing))]
pub fn check_buffer(bytes: &[u8]) {
    let mut buffer = Buffer(bytes.to_vec());
    // The kernel fills in the fields of a whole structure.
    buffer.0.resize(bytes.len().max(STRINGS), 0);
    let most = bytes.len() + STRINGS;
    for line in buffer.id_map().known().unwrap_or_default() {
        assert!(line.len() <= most && (line.starts_with(b"uid ") || line.starts_with(b"gid ")));
    }
    let Some(line) = buffer.line() else { return };
    let line = line.bytes();
    // The kernel escapes the options, and gives every mount a root and a type.
    let is_escaped = !buffer.string(0x80, 4).iter().any(u8::is_ascii_whitespace);
    if !is_escaped || buffer.string(0x8, 104).is_empty() || buffer.string(0x20, 36).is_empty() {
        return;
    }
    let table = super::MountTable::parse(&line);
    let [mount] = table.mounts() else {
        panic!("it is not one line: {:?}", table.flaws())
    };
    assert_eq!(mount.id, buffer.id());
    assert_eq!(&*mount.target.decoded(), buffer.string(0x10, 108));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_kernel_does_not_tell_is_not_known() {
        let mut bytes = vec![0; STRINGS];
        bytes[64..72].copy_from_slice(&MOUNT_ATTR_IDMAP.to_ne_bytes());
        let buffer = Buffer(bytes);
        assert_eq!(buffer.id_map(), Gathered::NotTold);
        assert_eq!(buffer.told(), 0);
        assert_eq!(Buffer(vec![0; STRINGS]).id_map(), Gathered::Absent);
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
