//! Types of file systems: lists of them, and facts about each.

use std::collections::HashSet;
use std::str::FromStr;

use ns_core::mounts::{Mount, MountTable};

use crate::cli::takes_empty_values;

/// Types without a device or network. Their content comes from the kernel, memory or a program, or from other file
/// systems.
const PSEUDO: &[&str] = &[
    "anon_inodefs",
    "apparmorfs",
    "autofs",
    "bdev",
    "binder",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "dlmfs",
    "dmabuf",
    "drm",
    "efivarfs",
    "fuse",
    "fuse.archivemount",
    "fuse.avfsd",
    "fuse.dumpfs",
    "fuse.encfs",
    "fuse.gvfs-fuse-daemon",
    "fuse.gvfsd-fuse",
    "fuse.kio-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.rofiles-fuse",
    "fuse.vmware-vmblock",
    "fuse.xwmfs",
    "fusectl",
    "guest_memfd",
    "hugetlbfs",
    "ipathfs",
    "mqueue",
    "nfsd",
    "none",
    "nsfs",
    "overlay",
    "pidfs",
    "pipefs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "rootfs",
    "rpc_pipefs",
    "secretmem",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sockfs",
    "spufs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "vboxsf",
    "virtiofs",
    "xenfs",
];

/// Types with a device or network, which a kernel may support without having loaded them.
const REAL: &[&str] = &[
    "9p", "adfs", "affs", "afs", "apfs", "aufs", "bcachefs", "befs", "bfs", "btrfs", "ceph", "cifs", "coda",
    "cramfs", "dax", "ecryptfs", "efs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "gfs2",
    "hfs", "hfsplus", "hpfs", "iso9660", "jffs2", "jfs", "lustre", "minix", "msdos", "ncpfs", "nfs", "nfs4",
    "nilfs2", "ntfs", "ntfs3", "ocfs2", "omfs", "orangefs", "qnx4", "qnx6", "reiserfs", "romfs", "smb3",
    "smbfs", "squashfs", "sysv", "ubifs", "udf", "ufs", "umsdos", "vfat", "xfs", "zfs", "zonefs",
];

/// True if a type has no device or network. If a program in user space serves a type, it may be either; it counts as
/// real unless this list has it.
pub fn is_pseudo(fs_type: &[u8]) -> bool {
    PSEUDO.iter().any(|pseudo| pseudo.as_bytes() == fs_type)
}

/// The types that a leading "no" can negate: types of this kernel, of this table, and of Linux.
#[derive(Debug)]
pub struct KnownTypes(HashSet<Vec<u8>>);

impl KnownTypes {
    /// The types that are known to this kernel, to this table, or to this program.
    pub fn with(table: &MountTable<'_>) -> Self {
        let of_kernel = std::fs::read("/proc/filesystems").unwrap_or_default();
        let of_kernel = of_kernel
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.rsplit(|byte| *byte == b'\t').next())
            .map(<[u8]>::to_vec);
        let of_linux = PSEUDO.iter().chain(REAL).map(|name| name.as_bytes().to_vec());
        let of_table = table
            .mounts()
            .iter()
            .map(|mount| mount.fs_type.decoded().to_ascii_lowercase());
        Self(of_kernel.chain(of_linux).chain(of_table).collect())
    }

    fn contains(&self, fs_type: &[u8]) -> bool {
        let fs_type = &*fs_type.to_ascii_lowercase();
        let base = fs_type.split(|byte| *byte == b'.').next().unwrap_or_default();
        self.0.contains(fs_type) || (base == b"fuse" && base != fs_type)
    }
}

/// A list of types, as written. The meaning of a "no" in it depends on the known types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Types(Vec<String>);

impl FromStr for Types {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let items = list.split(',').filter(|item| !item.is_empty());
        let items: Vec<_> = items.map(str::to_owned).collect();
        // In findmnt(8), no mount is of no type.
        if items.is_empty() && !takes_empty_values() {
            return Err("it names no type".into());
        }
        Ok(Self(items))
    }
}

/// A list of types after negations are resolved.
#[derive(Debug, PartialEq, Eq)]
pub struct TypeList<'a> {
    wanted: Vec<&'a [u8]>,
    unwanted: Vec<&'a [u8]>,
}

impl Types {
    /// Resolves negations. A leading "!" negates, and so does a leading "no" before a known type. Before the first
    /// item, it negates all items, as in mount(8).
    pub fn resolved(&self, known: &KnownTypes) -> TypeList<'_> {
        let items = self.0.iter().map(|item| negated(item.as_bytes(), known));
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        let mut all = false;
        for (index, (negated, item)) in items.enumerate() {
            all |= index == 0 && negated;
            if all || negated {
                &mut unwanted
            } else {
                &mut wanted
            }
            .push(item);
        }
        TypeList { wanted, unwanted }
    }
}

fn negated<'a>(item: &'a [u8], known: &KnownTypes) -> (bool, &'a [u8]) {
    if let Some(rest) = item.strip_prefix(b"!") {
        return (true, rest);
    }
    let rest = item
        .split_at_checked(2)
        .filter(|(no, _)| no.eq_ignore_ascii_case(b"no"));
    match rest.map(|(_, rest)| rest) {
        Some(rest) if known.contains(rest) && !known.contains(item) => (true, rest),
        _ => (false, item),
    }
}

impl TypeList<'_> {
    /// True if a mount's type is in the list. Upper and lower case are the same, as for libmount(3).
    pub fn matches(&self, mount: &Mount<'_>) -> bool {
        let fs_type = mount.fs_type.decoded();
        let among = |list: &[&[u8]]| list.iter().any(|listed| listed.eq_ignore_ascii_case(&fs_type));
        let names_only_unwanted = self.wanted.is_empty() && !self.unwanted.is_empty();
        (names_only_unwanted || among(&self.wanted)) && !among(&self.unwanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(list: &str, fs_type: &str) -> bool {
        let line = format!("1 0 0:1 / / rw - {fs_type} none rw\n2 1 0:2 / /a rw - novelfs none rw\n");
        let table = MountTable::parse(line.as_bytes());
        let types: Types = list.parse().unwrap();
        types
            .resolved(&KnownTypes::with(&table))
            .matches(&table.mounts()[0])
    }

    #[test]
    fn a_leading_no_negates_only_known_types() {
        assert!(matches("ext4,proc", "proc") && !matches("ext4,proc", "sysfs"));
        assert!(!matches("noext4", "ext4") && matches("noext4", "proc"));
        assert!(!matches("noext4,proc", "proc") && matches("noext4,proc", "sysfs"));
        assert!(!matches("nofuse.sshfs", "fuse.sshfs"));
        // "such" is no known type, so this is the name of a type.
        assert!(matches("nosuch", "nosuch") && !matches("nosuch", "proc"));
        assert!(matches("novelfs", "novelfs") && !matches("novelfs", "velfs"));
        assert!(!matches("!such", "such") && matches("!such", "nosuch"));
    }

    #[test]
    fn upper_and_lower_case_are_the_same() {
        assert!(matches("EXT4,Proc", "proc") && matches("ext4", "EXT4"));
        assert!(!matches("noTMPFS", "tmpfs") && matches("NOtmpfs", "proc"));
        assert!(!matches("NoVelFS", "proc") && matches("NoVelFS", "novelfs"));
    }

    #[test]
    fn a_no_after_the_first_item_negates_only_its_item() {
        assert!(matches("ext4,noproc", "ext4") && !matches("ext4,noproc", "proc"));
        assert!(!matches("ext4,noproc", "sysfs"));
    }

    #[test]
    fn types_without_a_device_are_known() {
        for fs_type in [
            "tmpfs",
            "fuse.portal",
            "fuse.gvfs-fuse-daemon",
            "fuse.encfs",
            "none",
            "overlay",
        ] {
            assert!(is_pseudo(fs_type.as_bytes()), "{fs_type}");
        }
        for fs_type in [
            "ext4",
            "nfs4",
            "fuseblk",
            "fuse.sshfs",
            "btrfs",
            "aufs",
            "unheard-of",
        ] {
            assert!(!is_pseudo(fs_type.as_bytes()), "{fs_type}");
        }
    }
}
