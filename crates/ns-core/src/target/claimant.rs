//! Who could choose a name. For a cgroup, this is whoever can create its directory. For a host name, it is the creator
//! of the user namespace.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use nix::errno::Errno;

use crate::inventory::Entry;
use crate::mounts::{MountTable, View, cgroup_directory};
use crate::output::escape_for_terminal;
use crate::process::{Cgroup, caller};
use crate::users::UserNames;
use crate::{Gathered, Result};

/// The number of digits of a container's id that runtimes show.
pub(super) const SHORT: usize = 12;

/// Who could choose a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claimant {
    /// Only root: the name belongs to the system.
    System,
    /// This user, who can create cgroups there.
    User(u32),
    /// Any process in the container with this id, because the cgroup is below the container's.
    Container(Vec<u8>),
    /// Unknown: the directory cannot be read, or a group of users can write to it.
    Unknown,
}

/// The cgroup file systems that the caller sees.
pub(super) struct Hierarchies(Vec<u8>);

impl Hierarchies {
    /// The file systems in the caller's mount namespace.
    pub fn of_caller() -> Result<Self> {
        Ok(Self(View::own()?.read()?))
    }

    /// Who could choose the name of a container's cgroup. A cgroup in the slice of a user belongs to that user, even if
    /// another user created the directory.
    pub fn of_container(&self, cgroup: Cgroup<'_>) -> Claimant {
        self.claimant(cgroup, |above| {
            let container = above.containers().pop().filter(|inner| inner.cgroup == above);
            match (user_of_slice(above.path), container) {
                (Some(uid), _) if uid != 0 => Some(Claimant::User(uid)),
                (_, Some(container)) => Some(Claimant::Container(container.id.to_vec())),
                _ => None,
            }
        })
    }

    /// Who could choose the name of a unit's cgroup. systemd creates the units in the slices of users.
    pub fn of_unit(&self, cgroup: Cgroup<'_>) -> Claimant {
        self.claimant(cgroup, |_| None)
    }

    /// Goes down to the parent directory of the cgroup. `known` gives the owner that a path above shows by itself.
    fn claimant(&self, cgroup: Cgroup<'_>, known: impl Fn(Cgroup<'_>) -> Option<Claimant>) -> Claimant {
        let table = MountTable::parse(&self.0);
        cgroup
            .down()
            .filter(|above| *above != cgroup)
            .find_map(|above| known(above).or_else(|| owner(&table, above)))
            .unwrap_or(Claimant::System)
    }
}

/// Who can create a cgroup in this one, if others than root can.
fn owner(table: &MountTable<'_>, cgroup: Cgroup<'_>) -> Option<Claimant> {
    let directories = table
        .mounts()
        .iter()
        .filter_map(|mount| cgroup_directory(mount, cgroup));
    let found = directories
        .map(|path: PathBuf| std::fs::metadata(path))
        .find_map(std::result::Result::ok);
    let Some(directory) = found.filter(std::fs::Metadata::is_dir) else {
        return Some(Claimant::Unknown);
    };
    let of_group = directory.mode() & 0o020 != 0 && directory.gid() != 0;
    let of_all = directory.mode() & 0o002 != 0;
    match directory.uid() {
        0 if of_group || of_all => Some(Claimant::Unknown),
        0 => None,
        uid => Some(Claimant::User(uid)),
    }
}

/// The user whose slice a cgroup is in: `/user.slice/user-1000.slice`.
fn user_of_slice(path: &[u8]) -> Option<u32> {
    let rest = path.strip_prefix(b"/user.slice/user-")?;
    let end = rest.windows(6).position(|bytes| bytes == b".slice")?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

impl Claimant {
    /// Who could choose the names in a namespace: the creator of the user namespace that owns it.
    pub fn of_namespace(entry: &Entry) -> Self {
        Self::of_creator(entry.owner(), entry.owner_uid())
    }

    /// The claimant from the user namespace that owns a namespace, and the uid that created that user namespace. The kernel
    /// refuses (`EPERM`) to show an owner above the caller's user namespace, and nobody below can have created that one.
    /// With any other answer, anybody can have created it.
    fn of_creator<T>(owner: Gathered<T>, creator: Gathered<u32>) -> Self {
        match (owner, creator) {
            (_, Gathered::Known(0)) | (Gathered::Unreadable(Errno::EPERM), _) => Self::System,
            (_, Gathered::Known(uid)) => Self::User(uid),
            _ => Self::Unknown,
        }
    }

    /// True if a name without an owner can mean this one: it belongs to the system or to the caller.
    pub fn is_meant(&self) -> bool {
        match self {
            Self::System => true,
            Self::User(uid) => *uid == caller::ids().uid,
            Self::Container(_) | Self::Unknown => false,
        }
    }

    /// True if a person names it so: a user by name or number, a container by the start of its id.
    pub fn is_called(&self, owner: &str) -> bool {
        match self {
            Self::System => owner == "root" || owner == "0",
            Self::User(uid) => owner.parse() == Ok(*uid) || UserNames::default().name(*uid) == Some(owner),
            Self::Container(id) => id.starts_with(owner.as_bytes()),
            Self::Unknown => false,
        }
    }

    /// The owner before the slash in a target; `None` if only the path can name it.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::System => Some("root".into()),
            Self::User(uid) => Some(UserNames::default().name_or_number(*uid)),
            Self::Container(id) => Some(escape_for_terminal(&id[..id.len().min(SHORT)]).into_owned()),
            Self::Unknown => None,
        }
    }
}

/// `user alice`, in a sentence.
impl std::fmt::Display for Claimant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::System => f.write_str("root"),
            Self::User(uid) => write!(f, "user {}", UserNames::default().name_or_number(*uid)),
            Self::Container(_) => write!(f, "container {}", self.name().unwrap_or_default()),
            Self::Unknown => f.write_str("an unknown owner"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_owner_out_of_sight_is_the_system_without_a_uid() {
        let of = |errno| {
            let unread = Gathered::Unreadable(errno);
            Claimant::of_creator(
                unread.and_then(|()| Gathered::Known(())),
                Gathered::Unreadable(errno),
            )
        };
        assert_eq!(of(Errno::EPERM), Claimant::System);
        for errno in [
            Errno::ENOMEM,
            Errno::EIO,
            Errno::EMFILE,
            Errno::EACCES,
            Errno::ENOTTY,
        ] {
            assert_eq!(of(errno), Claimant::Unknown, "{errno}");
            assert!(!of(errno).is_meant(), "{errno}");
        }
    }

    #[test]
    fn a_creator_that_cannot_be_read_is_unknown() {
        let owner = Gathered::Known(());
        for unknown in [
            Gathered::Unreadable(Errno::EPERM),
            Gathered::Unreadable(Errno::EIO),
            Gathered::NotTold,
            Gathered::NotAsked,
            Gathered::Absent,
        ] {
            assert_eq!(Claimant::of_creator(owner, unknown), Claimant::Unknown);
        }
        assert_eq!(Claimant::of_creator(owner, Gathered::Known(0)), Claimant::System);
        assert_eq!(Claimant::of_creator(owner, Gathered::Known(7)), Claimant::User(7));
    }
}
