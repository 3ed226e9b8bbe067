//! One namespace of the inventory.

use nix::errno::Errno;

use crate::process::Pid;
use crate::{Gathered, Identity, Kind, Namespace};

/// A namespace that was found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its kind.
    pub kind: Kind,
    /// Which it is.
    pub identity: Identity,
    /// How many processes are in it.
    pub processes: u32,
    /// The lowest PID of a process in it.
    pub lowest: Option<Pid>,
    /// What it says itself once it is open; `None` where nobody asked for it, or it could not be opened.
    pub relatives: Option<Relatives>,
}

impl Entry {
    pub(super) fn new(kind: Kind, identity: Identity) -> Self {
        Self {
            kind,
            identity,
            processes: 0,
            lowest: None,
            relatives: None,
        }
    }

    /// Whether the system started with it.
    pub fn is_initial(&self) -> bool {
        self.identity.inode == self.kind.initial_inode()
    }

    /// The user namespace that owns it: that of a user namespace is its parent.
    pub fn owner(&self) -> Gathered<Identity> {
        self.ask(|relatives| relatives.owner)
    }

    /// Its parent: PID and user namespaces have one.
    pub fn parent(&self) -> Gathered<Identity> {
        self.ask(|relatives| relatives.parent)
    }

    /// The uid, as the caller sees it, of whoever made its user namespace.
    pub fn owner_uid(&self) -> Gathered<u32> {
        self.ask(|relatives| relatives.owner_uid)
    }

    /// Its 64-bit id.
    pub fn id(&self) -> Gathered<u64> {
        self.ask(|relatives| relatives.id)
    }

    fn ask<T>(&self, question: impl FnOnce(&Relatives) -> Gathered<T>) -> Gathered<T> {
        self.relatives
            .as_ref()
            .map_or(Gathered::Unreadable(Errno::EACCES), question)
    }
}

/// What a namespace says of itself and its relatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relatives {
    /// The user namespace that owns it.
    pub owner: Gathered<Identity>,
    /// Its parent.
    pub parent: Gathered<Identity>,
    /// The uid of whoever made its user namespace.
    pub owner_uid: Gathered<u32>,
    /// Its 64-bit id.
    pub id: Gathered<u64>,
}

impl Relatives {
    pub(super) fn of(namespace: &Namespace) -> Self {
        let owner = namespace.owner();
        let owner_uid = match (&owner, namespace.kind()) {
            (_, Kind::User) => namespace.owner_uid(),
            (Gathered::Known(owner), _) => owner.owner_uid(),
            (Gathered::Absent, _) => Gathered::Absent,
            (Gathered::Unreadable(errno), _) => Gathered::Unreadable(*errno),
        };
        Self {
            owner_uid,
            owner: owner.map(|owner| owner.identity()),
            parent: namespace.parent().map(|parent| parent.identity()),
            id: namespace.id(),
        }
    }
}
