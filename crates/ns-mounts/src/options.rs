//! Lists of mount options to search for.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use ns_core::mounts::{Mount, MountTable};

/// Options of Linux that start with "no" and do not negate an option that mountinfo shows.
const NO: &[&str] = &[
    "noacl",
    "noatime",
    "nobarrier",
    "nodev",
    "nodiratime",
    "noexec",
    "norecovery",
    "nosuid",
    "nosymfollow",
    "nouser_xattr",
];

/// Options that a mount must have, and options that it must not have.
#[derive(Debug)]
pub struct OptionList<'a> {
    wanted: Vec<&'a [u8]>,
    unwanted: Vec<&'a [u8]>,
}

impl<'a> OptionList<'a> {
    /// Parses a list. A leading "+" means that the item is taken as written. A leading "!" negates it. A leading "no"
    /// negates it too, unless Linux or this table has an option with that full name.
    pub fn of(list: &'a OsStr, table: &MountTable<'_>) -> Self {
        let names: HashSet<Vec<u8>> = table
            .mounts()
            .iter()
            .flat_map(|mount| mount.vfs_options.iter().chain(mount.fs_options.iter()))
            .filter(|option| option.raw().starts_with(b"no"))
            .map(|option| option.decoded().into_owned())
            .collect();
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        let items = list.as_bytes().split(|byte| *byte == b',');
        for item in items.filter(|item| !item.is_empty()) {
            match (item, item.strip_prefix(b"no")) {
                ([b'+', item @ ..], _) => wanted.push(item),
                ([b'!', item @ ..], _) => unwanted.push(item),
                (_, Some(rest)) if !names.contains(item) && !NO.iter().any(|no| no.as_bytes() == item) => {
                    unwanted.push(rest);
                }
                _ => wanted.push(item),
            }
        }
        Self { wanted, unwanted }
    }

    /// True if a mount has the wanted options, and none of the unwanted. A read-only mount has no `rw`, whatever its
    /// file system says.
    pub fn matches(&self, mount: &Mount<'_>) -> bool {
        let (vfs, fs, user) = (mount.vfs_options, mount.fs_options, mount.user_options);
        let has = |option: &[u8]| match option {
            b"rw" => vfs.contains(b"rw") && !fs.contains(b"ro"),
            b"ro" => vfs.contains(b"ro") || fs.contains(b"ro"),
            option => [vfs, fs, user].iter().any(|options| options.contains(option)),
        };
        self.wanted.iter().all(|option| has(option)) && !self.unwanted.iter().any(|option| has(option))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(list: &str, vfs: &str, fs: &str) -> bool {
        let line = format!("1 0 0:1 / / {vfs} - t none {fs}\n2 1 0:2 / /a rw,nofoo - t none rw\n");
        let table = MountTable::parse(line.as_bytes());
        OptionList::of(OsStr::new(list), &table).matches(&table.mounts()[0])
    }

    #[test]
    fn a_mount_must_have_all_options() {
        assert!(matches("rw,mode=755", "rw,relatime", "rw,mode=755"));
        assert!(matches("mode", "rw", "rw,mode=755"));
        assert!(!matches("rw,mode=700", "rw", "rw,mode=755"));
    }

    #[test]
    fn a_no_negates_unless_it_is_part_of_a_name() {
        assert!(matches("nosize", "rw", "rw") && !matches("nosize", "rw", "rw,size=4k"));
        assert!(matches("nosuid", "rw,nosuid", "rw") && !matches("nosuid", "rw", "rw"));
        assert!(matches("nofoo", "rw,nofoo", "rw") && !matches("nofoo", "rw", "rw"));
        assert!(matches("+nobar", "rw,nobar", "rw") && matches("!nosuid", "rw", "rw"));
        assert!(!matches("!nosuid", "rw,nosuid", "rw"));
    }

    #[test]
    fn a_mount_is_read_only_if_it_or_its_file_system_is() {
        assert!(matches("ro", "rw", "ro") && matches("ro", "ro", "rw"));
        assert!(!matches("rw", "rw", "ro") && !matches("rw", "ro", "rw"));
        assert!(matches("norw", "ro", "rw") && matches("noro", "rw", "rw"));
    }
}
