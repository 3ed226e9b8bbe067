//! Who may have chosen a name: that of a cgroup whoever can make a directory where it stands, that of a host whoever made the
//! user namespace it is in.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::inventory::Entry;
use crate::mounts::{MountTable, View, cgroup_directory};
use crate::output::escape_for_terminal;
use crate::process::{Cgroup, caller};
use crate::users::UserNames;
use crate::{Gathered, Result};

/// The digits that tell the ids of containers apart, as their runtimes show them.
pub(super) const SHORT: usize = 12;

/// Who may have chosen a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claimant {
    /// Root alone, for whom the names are those of the system.
    System,
    /// This user, who can make cgroups there.
    User(u32),
    /// Whatever is in the container with this id, in whose cgroup it stands.
    Container(Vec<u8>),
    /// Nobody knows: the directory cannot be looked at, or a group of users can write to it.
    Unknown,
}

/// The file systems of cgroups that the caller has.
pub(super) struct Hierarchies(Vec<u8>);

impl Hierarchies {
    /// Those that are mounted where the caller is.
    pub fn of_caller() -> Result<Self> {
        Ok(Self(View::own()?.read()?))
    }

    /// Who may have chosen the name of a container's cgroup. What stands in the slice of a user is that user's, whoever
    /// made the directory.
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

    /// Who may have chosen the name of a unit's cgroup. Those that stand in the slices of users are made by systemd.
    pub fn of_unit(&self, cgroup: Cgroup<'_>) -> Claimant {
        self.claimant(cgroup, |_| None)
    }

    /// Goes down to the directory that the cgroup stands in; `known` says what a path above tells by itself.
    fn claimant(&self, cgroup: Cgroup<'_>, known: impl Fn(Cgroup<'_>) -> Option<Claimant>) -> Claimant {
        let table = MountTable::parse(&self.0);
        cgroup
            .down()
            .filter(|above| *above != cgroup)
            .find_map(|above| known(above).or_else(|| owner(&table, above)))
            .unwrap_or(Claimant::System)
    }
}

/// Who can make a cgroup in this one, if that is not root alone.
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

/// The user in whose slice a cgroup stands: `/user.slice/user-1000.slice`.
fn user_of_slice(path: &[u8]) -> Option<u32> {
    let rest = path.strip_prefix(b"/user.slice/user-")?;
    let end = rest.windows(6).position(|bytes| bytes == b".slice")?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

impl Claimant {
    /// Who may have chosen what a namespace says: whoever made the user namespace that owns it. One above the caller's is not
    /// known, and nobody below can have made it.
    pub fn of_namespace(entry: &Entry) -> Self {
        match entry.owner_uid() {
            Gathered::Known(uid) if uid != 0 => Self::User(uid),
            _ => Self::System,
        }
    }

    /// Whether the caller means what is named so without saying whose it is: what is the system's, and one's own.
    pub fn is_meant(&self) -> bool {
        match self {
            Self::System => true,
            Self::User(uid) => *uid == caller::ids().uid,
            Self::Container(_) | Self::Unknown => false,
        }
    }

    /// Whether it is the one whom a person calls so: a user by name or number, a container by the start of its id.
    pub fn is_called(&self, owner: &str) -> bool {
        match self {
            Self::System => owner == "root" || owner == "0",
            Self::User(uid) => owner.parse() == Ok(*uid) || UserNames::default().name(*uid) == Some(owner),
            Self::Container(id) => id.starts_with(owner.as_bytes()),
            Self::Unknown => false,
        }
    }

    /// What stands before a slash in a target that says whose it is; `None` if it can be named by its path alone.
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
