//! Who could choose a name. For a cgroup, this is whoever can create its directory, or put processes into it. For a host
//! name, it is the creator of the user namespace.

use nix::errno::Errno;

use super::writers::Writers;
use crate::inventory::Entry;
use crate::mounts::{MountTable, View};
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
    /// This user, who can create cgroups there, or put processes into the cgroup.
    User(u32),
    /// Any process in the container with this id, because the cgroup is below the container's.
    Container(Vec<u8>),
    /// Unknown: a directory or file cannot be read, or several users can write to it.
    Unknown,
}

/// The cgroup file systems that the caller sees: the lines of `/proc/PID/mountinfo` for them.
pub(super) struct Hierarchies(Vec<u8>);

impl Hierarchies {
    /// The file systems in the caller's mount namespace.
    pub fn of_caller() -> Result<Self> {
        let mounts = View::own()?.read()?;
        let is_cgroup = |line: &&[u8]| line.windows(9).any(|bytes| bytes == b" - cgroup");
        let lines: Vec<_> = mounts
            .split_inclusive(|byte| *byte == b'\n')
            .filter(is_cgroup)
            .collect();
        Ok(Self(lines.concat()))
    }

    /// Who could choose the name of a container's cgroup, or put processes into `part`, which is that cgroup or one below. A
    /// cgroup in the slice of a user belongs to that user, even if another user created the directory.
    pub fn of_container(&self, cgroup: Cgroup<'_>, part: Cgroup<'_>) -> Claimant {
        self.claimant(cgroup, part, |above| {
            if let Some(uid) = user_of_slice(above.path).filter(|uid| *uid != 0) {
                return Some(Claimant::User(uid));
            }
            let container = above.containers().pop().filter(|inner| inner.cgroup == above);
            let id = container.map(|container| container.id).or_else(|| machine(above));
            id.map(|id| Claimant::Container(id.to_vec()))
        })
    }

    /// Who could choose the name of a unit's cgroup, or put processes into `part`. systemd creates the units in the slices
    /// of users.
    pub fn of_unit(&self, cgroup: Cgroup<'_>, part: Cgroup<'_>) -> Claimant {
        self.claimant(cgroup, part, |_| None)
    }

    /// Goes down to the parent directory of the cgroup. `known` gives the owner that a path above shows by itself.
    fn claimant(
        &self,
        cgroup: Cgroup<'_>,
        part: Cgroup<'_>,
        known: impl Fn(Cgroup<'_>) -> Option<Claimant>,
    ) -> Claimant {
        let table = MountTable::parse(&self.0);
        let maker = cgroup
            .down()
            .filter(|above| *above != cgroup)
            .find_map(|above| known(above).or_else(|| Writers::inside(&table, above).claimant()));
        let joiner = Writers::into_cgroup(&table, part, cgroup).claimant();
        match (maker, joiner) {
            (None, None) => Claimant::System,
            (Some(one), None) | (None, Some(one)) => one,
            // The outer container gives its cgroups to whom it likes.
            (Some(Claimant::Container(id)), _) => Claimant::Container(id),
            (Some(maker), Some(joiner)) if maker == joiner => maker,
            _ => Claimant::Unknown,
        }
    }
}

impl Writers {
    /// The owner of what these users can write to, if others than root can.
    fn claimant(self) -> Option<Claimant> {
        match self {
            Self::Root => None,
            Self::User(uid) => Some(Claimant::User(uid)),
            Self::Several => Some(Claimant::Unknown),
        }
    }
}

/// The user whose slice this is: `user.slice/user-1000.slice`.
fn user_of_slice(path: &[u8]) -> Option<u32> {
    let (above, name) = last_two(path);
    let uid = name.strip_prefix(b"user-")?.strip_suffix(b".slice")?;
    (above == b"user.slice").then(|| std::str::from_utf8(uid).ok()?.parse().ok())?
}

/// The name of the container that has this cgroup, for containers that have no id: those of systemd-nspawn(1) and of others
/// that systemd-machined(8) knows, of Garden, and of `BuildKit`. What is below, their processes could have made.
fn machine(cgroup: Cgroup<'_>) -> Option<&[u8]> {
    let (above, name) = last_two(cgroup.path);
    let between = |start: &[u8], end: &[u8]| name.strip_prefix(start)?.strip_suffix(end);
    between(b"machine-", b".scope")
        .or_else(|| between(b"systemd-nspawn@", b".service"))
        .or_else(|| matches!(above, b"garden" | b"buildkit").then_some(name))
}

/// The last two parts of a path.
fn last_two(path: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = path.rsplit(|byte| *byte == b'/');
    let name = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), name)
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
    fn the_slice_of_a_user_and_a_machine_are_known_by_their_names() {
        for (path, uid) in [
            ("/user.slice/user-1000.slice", Some(1000)),
            ("/a/user.slice/user-0.slice", Some(0)),
            ("/user.slice/user-1000.slice/user@1000.service", None),
            ("/user-1000.slice", None),
            ("/user.slice/user-.slice", None),
        ] {
            assert_eq!(user_of_slice(path.as_bytes()), uid, "{path}");
        }
        for (path, name) in [
            ("/machine.slice/machine-c1.scope", Some("c1")),
            ("/a.slice/systemd-nspawn@c1.service", Some("c1")),
            ("/garden/1f0c", Some("1f0c")),
            ("/system.slice/machine.service", None),
            ("/garden", None),
        ] {
            let (hierarchy, path) = (&b""[..], path.as_bytes());
            assert_eq!(machine(Cgroup { hierarchy, path }), name.map(str::as_bytes));
        }
    }

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
