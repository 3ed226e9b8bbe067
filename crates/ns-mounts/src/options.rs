//! Lists of mount options to search for.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use ns_core::mounts::{Mount, MountTable};

/// Options of Linux that start with "no" and are no negation of one that mountinfo shows.
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

/// Options that are all to be there, or not.
#[derive(Debug)]
pub struct OptionList<'a> {
    wanted: Vec<&'a [u8]>,
    unwanted: Vec<&'a [u8]>,
}

impl<'a> OptionList<'a> {
    /// Reads a list. A leading "+" is for an item as it stands, a leading "!" negates it, and so does "no", but where an
    /// option is called so: of Linux, or in this table.
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

    /// Whether a mount has what is wanted. A mount that is read-only has no `rw`, whatever its file system says.
    pub fn matches(&self, mount: &Mount<'_>) -> bool {
        let (vfs, fs) = (mount.vfs_options, mount.fs_options);
        let has = |option: &[u8]| match option {
            b"rw" => vfs.contains(b"rw") && !fs.contains(b"ro"),
            b"ro" => vfs.contains(b"ro") || fs.contains(b"ro"),
            option => vfs.contains(option) || fs.contains(option),
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
    fn all_are_to_be_there() {
        assert!(matches("rw,mode=755", "rw,relatime", "rw,mode=755"));
        assert!(matches("mode", "rw", "rw,mode=755"));
        assert!(!matches("rw,mode=700", "rw", "rw,mode=755"));
    }

    #[test]
    fn a_no_negates_but_where_it_is_a_name() {
        assert!(matches("nosize", "rw", "rw") && !matches("nosize", "rw", "rw,size=4k"));
        assert!(matches("nosuid", "rw,nosuid", "rw") && !matches("nosuid", "rw", "rw"));
        assert!(matches("nofoo", "rw,nofoo", "rw") && !matches("nofoo", "rw", "rw"));
        assert!(matches("+nobar", "rw,nobar", "rw") && matches("!nosuid", "rw", "rw"));
        assert!(!matches("!nosuid", "rw,nosuid", "rw"));
    }

    #[test]
    fn read_only_is_what_either_says() {
        assert!(matches("ro", "rw", "ro") && matches("ro", "ro", "rw"));
        assert!(!matches("rw", "rw", "ro") && !matches("rw", "ro", "rw"));
        assert!(matches("norw", "ro", "rw") && matches("noro", "rw", "rw"));
    }
}
