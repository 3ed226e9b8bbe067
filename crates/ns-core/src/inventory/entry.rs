//! One namespace of the inventory.

use nix::errno::Errno;

use crate::process::Pid;
use crate::uts::Names;
use crate::{Gathered, Identity, Kind, Namespace};

use super::facts::{Facts, OfNamespace};
use super::holder::Holder;

/// A namespace that was found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The kind.
    pub kind: Kind,
    /// The identity.
    pub identity: Identity,
    /// The number of processes in it.
    pub processes: u32,
    /// The number of threads in it, including the threads of its processes; 0 if threads were not searched.
    pub threads: u32,
    /// The lowest PID of a process in it.
    pub lowest: Option<Pid>,
    /// The number in `/proc` of the first thread of that process that has not exited.
    pub(super) number: Option<Pid>,
    /// The oldest process at the top of its tree. Unreadable if the parent or the age of a process in it is.
    pub leader: Gathered<Pid>,
    /// Its other holders, ordered by their kind.
    pub holders: Vec<Holder>,
    /// True if the kernel lists it. It can then be opened through that list, even if its holders have gone meanwhile.
    pub(super) listed: bool,
    /// True if only the kernel's list has it: the caller sees no holder.
    pub(super) only_listed: bool,
    /// The names of a UTS namespace.
    pub uts_names: Gathered<Names>,
    /// The number of a network namespace in the caller's own, if it has one.
    pub netnsid: Gathered<Option<u32>>,
    /// The text of the uid map of a user namespace.
    pub uid_map: Gathered<Vec<u8>>,
    /// True for the namespace that the caller is in.
    pub own: Gathered<bool>,
    /// True if a fact needed the namespace open, and opening it failed.
    pub(super) closed: bool,
    /// The facts from the open namespace; `None` if they were not asked for, or it could not be opened.
    pub relationships: Option<Relationships>,
}

impl Entry {
    /// A namespace of which nothing is known yet. Facts that are asked for and that its kind does not have are absent.
    pub(super) fn new(kind: Kind, identity: Identity, facts: Facts) -> Self {
        let of_namespace = facts.namespace;
        Self {
            kind,
            identity,
            processes: 0,
            threads: 0,
            lowest: None,
            number: None,
            leader: at_first(facts.leaders),
            holders: Vec::new(),
            listed: false,
            only_listed: false,
            uts_names: at_first(of_namespace.has(OfNamespace::UtsNames) && kind != Kind::Uts),
            netnsid: at_first(of_namespace.has(OfNamespace::NetnsId) && kind != Kind::Net),
            uid_map: at_first(of_namespace.has(OfNamespace::UidMap) && kind != Kind::User),
            own: Gathered::NotAsked,
            closed: false,
            relationships: None,
        }
    }

    /// True if something was found that holds it: a process, another holder, or the kernel.
    pub(super) fn is_held(&self) -> bool {
        self.processes > 0 || !self.holders.is_empty() || self.only_listed
    }

    /// True if a mount, or something only the kernel knows, keeps the namespace alive without a process. A namespace that
    /// cannot be opened then still exists.
    pub(super) fn lives_out_of_reach(&self) -> bool {
        let mut holders = self.holders.iter();
        let pinned = holders.any(|holder| matches!(holder, Holder::Pin { .. }));
        self.lowest.is_none() && (pinned || self.only_listed)
    }

    /// A thread in it whose process is in another namespace, if there is one.
    pub(super) fn a_thread(&self) -> Option<Pid> {
        self.holders.iter().find_map(|holder| match holder {
            Holder::Thread { tid, .. } => Some(*tid),
            _ => None,
        })
    }

    /// The paths where its file is mounted in this mount namespace.
    pub fn pins(&self, mount_namespace: u64) -> Vec<&[u8]> {
        self.holders
            .iter()
            .filter_map(|holder| match holder {
                Holder::Pin {
                    path,
                    mount_namespace: place,
                    ..
                } if *place == mount_namespace => Some(&**path),
                _ => None,
            })
            .collect()
    }

    /// Its names: the pins in this mount namespace in the directory for its kind. For the kind `net` this is
    /// `/run/netns`, which ip-netns(8) uses too.
    pub fn names(&self, mount_namespace: u64) -> Vec<&[u8]> {
        let directory = format!("/run/{}ns/", self.kind);
        self.pins(mount_namespace)
            .into_iter()
            .filter_map(|path| path.strip_prefix(directory.as_bytes()))
            .filter(|name| !name.is_empty() && !name.contains(&b'/'))
            .collect()
    }

    /// The user namespace that owns it. The owner of a user namespace is its parent.
    pub fn owner(&self) -> Gathered<Identity> {
        self.ask(|relationships| relationships.owner)
    }

    /// Its parent: PID and user namespaces have one.
    pub fn parent(&self) -> Gathered<Identity> {
        self.ask(|relationships| relationships.parent)
    }

    /// The uid, as seen by the caller, that created its user namespace.
    pub fn owner_uid(&self) -> Gathered<u32> {
        self.ask(|relationships| relationships.owner_uid)
    }

    /// Its 64-bit id.
    pub fn id(&self) -> Gathered<u64> {
        self.ask(|relationships| relationships.id)
    }

    /// The state of a fact that only the open namespace could have told.
    pub(super) fn unknown<T>(&self) -> Gathered<T> {
        if self.closed {
            Gathered::Unreadable(Errno::EACCES)
        } else {
            Gathered::NotAsked
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&Relationships) -> Gathered<T>) -> Gathered<T> {
        self.relationships.as_ref().map_or(self.unknown(), question)
    }
}

/// The state of a value before anything is read.
fn at_first<T>(there_is_none: bool) -> Gathered<T> {
    if there_is_none {
        Gathered::Absent
    } else {
        Gathered::NotAsked
    }
}

/// The facts that an open namespace tells about itself and its relationships (`ioctl_nsfs(2)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relationships {
    /// The user namespace that owns it.
    pub owner: Gathered<Identity>,
    /// Its parent.
    pub parent: Gathered<Identity>,
    /// The uid that created its user namespace.
    pub owner_uid: Gathered<u32>,
    /// Its 64-bit id.
    pub id: Gathered<u64>,
}

impl Relationships {
    /// The facts of the namespace, and its owner, still open. Without `all`, namespaces other than user namespaces tell
    /// only their relationships.
    pub(super) fn of(namespace: &Namespace, all: bool) -> (Self, Gathered<Namespace>) {
        let owner = namespace.owner();
        let is_user = namespace.kind() == Kind::User;
        // The kernel refuses to tell a relative out of the caller's sight, and one that does not exist, in the same way.
        // The initial namespaces are those that have no parent, and every namespace but the initial user namespace has an owner.
        let has_none = namespace.is_initial();
        let owner_uid = match &owner {
            _ if is_user => namespace.owner_uid(),
            _ if !all => Gathered::NotAsked,
            owner => owner.as_ref().and_then(Namespace::owner_uid),
        };
        let above = owner.as_ref().map(Namespace::identity);
        let above = if is_user && has_none {
            Gathered::Absent
        } else {
            above
        };
        let relationships = Self {
            owner_uid,
            owner: above,
            // The parent of a user namespace is its owner.
            parent: if is_user {
                above
            } else if has_none {
                Gathered::Absent
            } else {
                namespace.parent().map(|parent| parent.identity())
            },
            id: if all { namespace.id() } else { Gathered::NotAsked },
        };
        (relationships, owner)
    }

    /// True if the owner or the parent could not be read, although the kernel tells it: for lack of descriptors or memory,
    /// say. `EPERM` means that it is out of the caller's sight, so that no list has it.
    pub(super) fn lack_a_relative(&self) -> bool {
        [self.owner, self.parent]
            .iter()
            .any(|relative| matches!(relative, Gathered::Unreadable(errno) if ![Errno::EPERM, Errno::ENOTTY].contains(errno)))
    }
}
