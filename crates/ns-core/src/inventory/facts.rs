//! The facts about a namespace, beyond its existence and its holders, and the source of each fact. The reads and the
//! files to open follow from them. A new fact does not compile until something reads it.

use std::ops::{BitOr, BitOrAssign};

use crate::linked::Linked;
use crate::net::NsIds;
use crate::{Gathered, Namespace, Result};

/// Defines an enumeration of facts and the type of their sets.
macro_rules! facts {
    (
        $(#[$of_one:meta])* $one:ident, $(#[$of_set:meta])* $set:ident:
        $($(#[$of_fact:meta])* $fact:ident,)*
    ) => {
        $(#[$of_one])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $one {
            $($(#[$of_fact])* $fact,)*
        }

        $(#[$of_set])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct $set(u8);

        impl $set {
            const ALL: &[$one] = &[$($one::$fact),*];

            /// The empty set.
            pub const NONE: Self = Self(0);

            /// The set of this fact.
            pub const fn of(fact: $one) -> Self {
                Self(1 << fact as u8)
            }

            /// The union of both sets.
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// True if the set has this fact.
            pub const fn has(self, fact: $one) -> bool {
                self.0 & Self::of(fact).0 != 0
            }

            /// Each fact of the set.
            pub fn iter(self) -> impl Iterator<Item = $one> {
                Self::ALL.iter().copied().filter(move |fact| self.has(*fact))
            }
        }
    };
}

facts! {
    /// A fact about a process that stands for a namespace.
    OfProcess,
    /// Facts about a process.
    OfProcesses:
    /// The effective uid.
    Uid,
    /// Its parent.
    Parent,
    /// Its command line in one line, or its name.
    Command,
    /// The cgroups that it is in.
    Cgroups,
    /// The PIDs in the PID namespaces that it is in.
    Pids,
}

facts! {
    /// A fact about a namespace itself.
    OfNamespace,
    /// Facts about a namespace.
    OfNamespaces:
    /// Its owner, its parent, the uid of its owner and its 64-bit id.
    Relationships,
    /// The number of a network namespace in the caller's.
    NetnsId,
    /// The host name and the NIS domain name of a UTS namespace.
    UtsNames,
    /// The uid map of a user namespace.
    UidMap,
    /// The mark for the namespace that the caller is in.
    Own,
}

impl OfNamespace {
    /// True if the fact needs the open namespace, together with the other such facts.
    pub fn opens(self) -> bool {
        match self {
            Self::Relationships | Self::NetnsId => true,
            // These facts are read after the search, for one kind only or without opening anything.
            Self::UtsNames | Self::UidMap | Self::Own => false,
        }
    }
}

/// Looks up the number of a network namespace in the caller's.
pub(super) type NetnsIds = dyn FnMut(&Namespace) -> Gathered<Option<u32>> + Send + Sync;

/// Opens [`NetnsIds`]. The fact carries this function, so a program that never asks for the fact does not link
/// rtnetlink(7).
type OpenNetnsIds = Linked<fn() -> Result<Box<NetnsIds>>>;

fn open_netns_ids() -> Result<Box<NetnsIds>> {
    let mut ids = NsIds::open()?;
    Ok(Box::new(move |namespace| ids.of(namespace)))
}

/// The facts that are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Facts about the process with the lowest PID.
    pub(super) lowest: OfProcesses,
    /// Facts about the leader.
    pub(super) leader: OfProcesses,
    /// True if leaders are searched.
    pub(super) leaders: bool,
    /// Facts about the namespace.
    pub(super) namespace: OfNamespaces,
    /// The function that reads the numbers of network namespaces, if they are among the facts.
    pub(super) netns_ids: Option<OpenNetnsIds>,
}

impl Facts {
    /// The leader: the oldest process at the top of the namespace's tree.
    pub const LEADER: Self = Self {
        leaders: true,
        ..Self::empty()
    };
    /// The cgroups of the leader.
    pub const CGROUP: Self = Self::of_leader(OfProcess::Cgroups);
    /// The PIDs of the process with the lowest PID in the PID namespaces that it is in.
    pub const PIDS: Self = Self::of_lowest(OfProcess::Pids);
    /// The command line of the process with the lowest PID.
    pub const COMMAND: Self = Self::of_lowest(OfProcess::Command);
    /// The uid of that process.
    pub const UID: Self = Self::of_lowest(OfProcess::Uid);
    /// The parent of that process.
    pub const PARENT: Self = Self::of_lowest(OfProcess::Parent);
    /// Its owner, its parent, the uid of its owner and its 64-bit id: these need the open namespace.
    pub const RELATIONSHIPS: Self = Self::of_namespace(OfNamespace::Relationships);
    /// The number of a network namespace in the caller's.
    pub const NETNSID: Self = Self {
        netns_ids: Some(Linked(open_netns_ids)),
        ..Self::of_namespace(OfNamespace::NetnsId)
    };
    /// The host name and the NIS domain name of a UTS namespace.
    pub const UTS_NAMES: Self = Self::of_namespace(OfNamespace::UtsNames);
    /// The uid map of a user namespace.
    pub const UIDMAP: Self = Self::of_namespace(OfNamespace::UidMap);
    /// The mark for the namespace that the caller is in.
    pub const OWN: Self = Self::of_namespace(OfNamespace::Own);

    /// The empty set.
    pub const fn empty() -> Self {
        Self {
            lowest: OfProcesses::NONE,
            leader: OfProcesses::NONE,
            leaders: false,
            namespace: OfNamespaces::NONE,
            netns_ids: None,
        }
    }

    const fn of_lowest(fact: OfProcess) -> Self {
        Self {
            lowest: OfProcesses::of(fact),
            ..Self::empty()
        }
    }

    const fn of_leader(fact: OfProcess) -> Self {
        Self {
            leader: OfProcesses::of(fact),
            ..Self::LEADER
        }
    }

    const fn of_namespace(fact: OfNamespace) -> Self {
        Self {
            namespace: OfNamespaces::of(fact),
            ..Self::empty()
        }
    }

    /// The union of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            lowest: self.lowest.and(other.lowest),
            leader: self.leader.and(other.leader),
            leaders: self.leaders || other.leaders,
            namespace: self.namespace.and(other.namespace),
            netns_ids: match self.netns_ids {
                Some(open) => Some(open),
                None => other.netns_ids,
            },
        }
    }

    /// True if any of these facts needs open namespaces.
    pub(super) fn open(self) -> bool {
        // For a namespace without processes, the uid of its creator is used.
        self.lowest.has(OfProcess::Uid) || self.namespace.iter().any(OfNamespace::opens)
    }
}

impl BitOr for Facts {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.and(other)
    }
}

impl BitOrAssign for Facts {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.and(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_the_leader_finds_the_leader() {
        let facts = Facts::CGROUP | Facts::COMMAND;
        assert!(
            facts.leaders && facts.leader.has(OfProcess::Cgroups) && !facts.leader.has(OfProcess::Command)
        );
        assert_eq!(facts.lowest, OfProcesses::of(OfProcess::Command));
        assert!(!facts.open() && Facts::UID.open() && Facts::NETNSID.open() && !Facts::UTS_NAMES.open());
    }
}
