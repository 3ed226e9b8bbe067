//! Who can make a cgroup in another one, or put processes into it, as the files of the cgroup file system tell.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::mounts::{MountTable, cgroup_directory};
use crate::process::Cgroup;

/// The files of a cgroup that take processes and threads; cgroup v1 has `tasks`, and v2 `cgroup.threads`.
const JOINED_BY: [&str; 3] = ["cgroup.procs", "tasks", "cgroup.threads"];

/// The users who can write to a file, or who can change its mode so that they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writers {
    /// Only root.
    Root,
    /// This user and root.
    User(u32),
    /// Several users, or the file cannot be read.
    Several,
}

impl Writers {
    /// The users who can make a cgroup in this one.
    pub fn inside(table: &MountTable<'_>, cgroup: Cgroup<'_>) -> Self {
        match directory(table, cgroup) {
            Some((_, metadata)) => Self::of(&metadata),
            None => Self::Several,
        }
    }

    /// The users who can move processes into this cgroup from outside `whole`, the cgroup itself or one above it
    /// (`cgroups(7)`, "Cgroup delegation: delegation containment"). In cgroup v2, this also takes the right to write to
    /// `cgroup.procs` of a cgroup that both places have in common.
    pub fn into_cgroup(table: &MountTable<'_>, cgroup: Cgroup<'_>, whole: Cgroup<'_>) -> Self {
        let into = Self::of_files(table, cgroup, &JOINED_BY);
        if into == Self::Root || !cgroup.hierarchy.is_empty() {
            return into;
        }
        let common = whole.down().filter(|above| *above != whole);
        let from = common
            .map(|above| Self::of_files(table, above, &JOINED_BY[..1]))
            .fold(Self::Root, Self::or);
        into.and(from)
    }

    /// The users who can write to one of these files of a cgroup.
    fn of_files(table: &MountTable<'_>, cgroup: Cgroup<'_>, names: &[&str]) -> Self {
        let Some((directory, _)) = directory(table, cgroup) else {
            return Self::Several;
        };
        let of_file = |name: &&str| match std::fs::symlink_metadata(directory.join(name)) {
            Ok(metadata) => Self::of(&metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::Root,
            Err(_) => Self::Several,
        };
        names.iter().map(of_file).fold(Self::Root, Self::or)
    }

    fn of(metadata: &Metadata) -> Self {
        let of_group = metadata.mode() & 0o020 != 0 && metadata.gid() != 0;
        let of_all = metadata.mode() & 0o002 != 0;
        match metadata.uid() {
            _ if of_group || of_all => Self::Several,
            0 => Self::Root,
            uid => Self::User(uid),
        }
    }

    /// The users who can write to one file or to the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Root, one) | (one, Self::Root) => one,
            (one, other) if one == other => one,
            _ => Self::Several,
        }
    }

    /// The users who can write to both files.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Several, one) | (one, Self::Several) => one,
            (one, other) if one == other => one,
            _ => Self::Root,
        }
    }
}

/// The directory of a cgroup in the first mount that shows it.
fn directory(table: &MountTable<'_>, cgroup: Cgroup<'_>) -> Option<(PathBuf, Metadata)> {
    let mut directories = table
        .mounts()
        .iter()
        .filter_map(|mount| cgroup_directory(mount, cgroup));
    directories
        .find_map(|path| std::fs::metadata(&path).ok().map(|metadata| (path, metadata)))
        .filter(|(_, metadata)| metadata.is_dir())
}

#[cfg(test)]
mod tests {
    use super::Writers::{self, Root, Several, User};

    #[test]
    fn either_file_or_both_decide() {
        for (one, other, either, both) in [
            (Root, Root, Root, Root),
            (Root, User(7), User(7), Root),
            (Root, Several, Several, Root),
            (User(7), User(7), User(7), User(7)),
            (User(7), User(8), Several, Root),
            (User(7), Several, Several, User(7)),
            (Several, Several, Several, Several),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                assert_eq!(Writers::or(one, other), either, "{one:?} {other:?}");
                assert_eq!(Writers::and(one, other), both, "{one:?} {other:?}");
            }
        }
    }
}
