//! Kinds of options in fstab(5), which has options of the mount, of the file system and of mount(8) in one list.

use ns_core::mounts::{Escaped, MountOptions};

/// The part of the system that an option is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// The mount: every file system has the option.
    Mount,
    /// The type of the file system.
    FileSystem,
    /// mount(8), systemd(1) and others that read the table.
    Reader,
}

const OF_MOUNT: &[&str] = &[
    "async",
    "atime",
    "bind",
    "dev",
    "diratime",
    "dirsync",
    "exec",
    "iversion",
    "lazytime",
    "loud",
    "mand",
    "move",
    "noatime",
    "nodev",
    "nodiratime",
    "noexec",
    "noiversion",
    "nolazytime",
    "nomand",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "nosymfollow",
    "private",
    "rbind",
    "relatime",
    "remount",
    "ro",
    "rprivate",
    "rshared",
    "rslave",
    "runbindable",
    "rw",
    "shared",
    "silent",
    "slave",
    "strictatime",
    "suid",
    "symfollow",
    "sync",
    "unbindable",
];

const OF_READER: &[&str] = &[
    "_netdev",
    "auto",
    "comment",
    "defaults",
    "encryption",
    "group",
    "helper",
    "loop",
    "noauto",
    "nofail",
    "nogroup",
    "noowner",
    "nouser",
    "nousers",
    "offset",
    "owner",
    "sizelimit",
    "uhelper",
    "user",
    "users",
];

impl OptionKind {
    /// The kind of an option, by its name.
    pub fn of(option: &[u8]) -> Self {
        let name = option.split(|byte| *byte == b'=').next().unwrap_or_default();
        let among = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        if among(OF_MOUNT) {
            Self::Mount
        } else if among(OF_READER) || name.starts_with(b"x-") || name.starts_with(b"X-") {
            Self::Reader
        } else {
            Self::FileSystem
        }
    }
}

/// The options of one kind, as a list.
pub fn part(options: MountOptions<'_>, kind: OptionKind) -> Vec<u8> {
    let decoded = options.iter().map(Escaped::decoded);
    decoded
        .filter(|option| OptionKind::of(option) == kind)
        .collect::<Vec<_>>()
        .join(&b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_has_one_kind() {
        let options =
            MountOptions::new(b"defaults,ro,nofail,vers=4,x-systemd.automount,noatime,lowerdir=/a\\040b");
        assert_eq!(part(options, OptionKind::Mount), b"ro,noatime");
        assert_eq!(part(options, OptionKind::FileSystem), b"vers=4,lowerdir=/a b");
        assert_eq!(
            part(options, OptionKind::Reader),
            b"defaults,nofail,x-systemd.automount"
        );
    }
}
