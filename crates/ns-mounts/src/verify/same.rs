//! Types and options of fstab(5) that mean the same as others in the table of mounts.

use ns_core::mounts::{Mount, MountOptions};

/// Types by which mount(8) makes a mount of another type.
const TYPES: &[(&str, &[&str])] = &[
    ("nfs", &["nfs4"]),
    ("nfs4", &["nfs"]),
    ("cifs", &["smb3"]),
    ("smb3", &["cifs"]),
    ("smbfs", &["cifs", "smb3"]),
    ("ntfs", &["ntfs3", "fuseblk"]),
    ("ntfs-3g", &["fuseblk"]),
    ("lowntfs-3g", &["fuseblk"]),
    ("exfat", &["fuseblk"]),
    ("exfat-fuse", &["fuseblk"]),
    ("msdos", &["vfat"]),
    ("fuse", &["fuseblk"]),
];

/// Types that are always mounted read-only.
const READ_ONLY: &[&str] = &["cramfs", "erofs", "iso9660", "romfs", "squashfs"];

/// True if a line with one of these types, which commas separate, makes a mount of the other type.
pub(super) fn is_same_type(line: &[u8], is: &[u8]) -> bool {
    let known = |name: &[u8]| {
        let mut types = TYPES.iter().filter(|(known, _)| known.as_bytes() == name);
        types.any(|(_, others)| others.iter().any(|other| other.as_bytes() == is))
    };
    let subtype = |prefix: &[u8]| is.strip_prefix(prefix);
    line.split(|byte| *byte == b',').any(|name| {
        matches!(name, b"none" | b"auto")
            || name == is
            || subtype(b"fuse.") == Some(name)
            || (name == b"fuse" && subtype(b"fuse.").is_some())
            || known(name)
    })
}

/// The flags of a mount. Those in one row exclude each other.
const FLAGS: [&[&str]; 8] = [
    &["rw", "ro"],
    &["nosuid", "suid"],
    &["nodev", "dev"],
    &["noexec", "exec"],
    &["noatime", "atime", "relatime", "strictatime"],
    &["nodiratime"],
    &["sync"],
    &["nosymfollow"],
];

/// The flags that a line asks for, and a mount lacks. A mount may have more flags than the line names, except `ro`.
pub(super) fn missing_flags(line: MountOptions<'_>, mount: &Mount<'_>) -> Vec<&'static str> {
    let mut wanted = [None; FLAGS.len()];
    wanted[0] = Some("rw");
    for option in line.iter() {
        let implied: &[&str] = match option.raw() {
            b"defaults" => &["rw"],
            b"user" | b"users" => &["nosuid", "nodev", "noexec"],
            b"owner" | b"group" => &["nosuid", "nodev"],
            _ => &[],
        };
        // The last option about a flag counts.
        for (wanted, flags) in wanted.iter_mut().zip(FLAGS) {
            let asked = |flag: &&&str| flag.as_bytes() == option.raw() || implied.contains(*flag);
            if let Some(flag) = flags.iter().find(asked) {
                *wanted = Some(*flag);
            }
        }
    }
    let has = |name: &str| {
        mount.vfs_options.contains(name.as_bytes()) || mount.fs_options.contains(name.as_bytes())
    };
    let is_there = |flag: &str| match flag {
        "rw" => !has("ro"),
        "suid" => !has("nosuid"),
        "dev" => !has("nodev"),
        "exec" => !has("noexec"),
        "atime" => !has("noatime"),
        "strictatime" => !has("noatime") && !has("relatime"),
        // noatime leaves nothing for it to do.
        "nodiratime" => has("nodiratime") || has("noatime"),
        flag => has(flag),
    };
    let is_read_only = READ_ONLY
        .iter()
        .any(|name| name.as_bytes() == mount.fs_type.raw());
    let wanted = wanted.into_iter().flatten();
    wanted
        .filter(|flag| !(is_there(flag) || *flag == "rw" && is_read_only))
        .collect()
}

/// The option of a mount that has another value than the option of a line. `None` if the values cannot be compared: the
/// kernel writes many of them in another way, and leaves others out.
pub(super) fn differing_value(option: &[u8], mount: &Mount<'_>) -> Option<Vec<u8>> {
    let (name, wanted) = halves(option)?;
    let compared = comparable(name)?;
    let is = mount.fs_options.iter().find_map(|other| {
        let other = other.decoded();
        let (other_name, value) = halves(&other)?;
        (other_name == name).then(|| value.to_vec())
    })?;
    let (wanted, value) = (compared(wanted)?, compared(&is)?);
    (wanted != value).then(|| [name, b"=", &is].concat())
}

fn halves(option: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = option.iter().position(|byte| *byte == b'=')?;
    Some((&option[..equals], &option[equals + 1..]))
}

/// Turns a value into a form in which it can be compared.
type Comparable = fn(&[u8]) -> Option<Vec<u8>>;

fn comparable(name: &[u8]) -> Option<Comparable> {
    Some(match name {
        b"size" | b"nr_inodes" => |value| Some(bytes(value)?.to_be_bytes().to_vec()),
        b"mode" => |value| {
            let mode = u32::from_str_radix(std::str::from_utf8(value).ok()?, 8).ok()?;
            Some(mode.to_be_bytes().to_vec())
        },
        b"uid" | b"gid" | b"subvolid" => |value| {
            let number: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
            Some(number.to_be_bytes().to_vec())
        },
        b"subvol" => |value| Some(value.strip_prefix(b"/").unwrap_or(value).to_vec()),
        b"errors" | b"lowerdir" | b"upperdir" | b"workdir" => |value| Some(value.to_vec()),
        _ => return None,
    })
}

/// A number with a letter for a power of 1024. `None` for a share of the memory.
fn bytes(value: &[u8]) -> Option<u64> {
    let (digits, shift) = match value.split_last()? {
        (b'k' | b'K', digits) => (digits, 10),
        (b'm' | b'M', digits) => (digits, 20),
        (b'g' | b'G', digits) => (digits, 30),
        _ => (value, 0),
    };
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    // The kernel rounds a size up to whole pages.
    let rounded = if shift == 0 && number > 4096 {
        number.next_multiple_of(4096)
    } else {
        number
    };
    rounded.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use ns_core::mounts::MountTable;

    use super::*;

    #[test]
    fn a_type_can_make_a_mount_of_another_type() {
        for (line, is) in [
            ("ext4", "ext4"),
            ("auto", "xfs"),
            ("none", "ext4"),
            ("udf,iso9660", "iso9660"),
            ("nfs", "nfs4"),
            ("ntfs-3g", "fuseblk"),
            ("sshfs", "fuse.sshfs"),
            ("fuse", "fuse.sshfs"),
        ] {
            assert!(is_same_type(line.as_bytes(), is.as_bytes()), "{line} {is}");
        }
        for (line, is) in [("ext4", "xfs"), ("tmpfs", "ramfs"), ("sshfs", "fuse.s3fs")] {
            assert!(!is_same_type(line.as_bytes(), is.as_bytes()), "{line} {is}");
        }
    }

    #[test]
    fn some_types_are_always_read_only() {
        assert_eq!(of_type("iso9660", "defaults", "ro", "ro"), "");
        assert_eq!(of_type("udf", "defaults", "ro", "ro"), "rw");
    }

    /// The flags that are missing, and the options with other values.
    fn differences(line: &str, vfs: &str, fs: &str) -> String {
        of_type("t", line, vfs, fs)
    }

    fn of_type(fs_type: &str, line: &str, vfs: &str, fs: &str) -> String {
        let table = format!("1 0 0:1 / /a {vfs} - {fs_type} none {fs}\n");
        let table = MountTable::parse(table.as_bytes());
        let mount = &table.mounts()[0];
        let options = MountOptions::new(line.as_bytes());
        let flags = missing_flags(options, mount).into_iter().map(str::to_owned);
        let values = options
            .iter()
            .filter_map(|option| differing_value(option.raw(), mount));
        let values = values.map(|value| String::from_utf8(value).unwrap());
        flags.chain(values).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_mount_lacks_what_the_line_asks_for() {
        for (line, vfs, fs, lacks) in [
            ("defaults", "rw,nosuid,relatime", "rw", ""),
            ("", "ro", "rw", "rw"),
            ("defaults", "rw", "ro", "rw"),
            ("ro", "rw", "rw", "ro"),
            ("nosuid,nodev,noexec", "rw,nodev", "rw", "nosuid noexec"),
            ("nosuid,suid", "rw,nosuid", "rw", "suid"),
            ("user,exec", "rw,nosuid,nodev", "rw", ""),
            ("user,exec", "rw,nosuid,noexec", "rw", "nodev exec"),
            ("noatime,nodiratime", "rw,relatime", "rw", "noatime nodiratime"),
            ("noatime,nodiratime", "rw,noatime", "rw", ""),
            ("strictatime", "rw", "rw", ""),
            ("sync", "rw,relatime", "rw,sync", ""),
        ] {
            assert_eq!(differences(line, vfs, fs), lacks, "{line}");
        }
    }

    #[test]
    fn only_values_that_mean_something_else_differ() {
        for (line, fs, differs) in [
            ("size=16m", "rw,size=16384k", ""),
            ("size=16m", "rw,size=1024k", "size=1024k"),
            ("size=50%", "rw,size=1024k", ""),
            ("mode=0755", "rw,mode=755", ""),
            ("mode=1777", "rw,mode=755", "mode=755"),
            ("subvol=@", "rw,subvol=/@", ""),
            ("subvol=@home", "rw,subvol=/@", "subvol=/@"),
            ("uid=alice", "rw,uid=1000", ""),
            ("vers=4", "rw,vers=4.2", ""),
            ("commit=5", "rw", ""),
        ] {
            assert_eq!(differences(line, "rw", fs), differs, "{line}");
        }
    }
}
