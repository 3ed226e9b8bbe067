//! The eight kinds of namespace (`namespaces(7)`), and one table with a row of facts for each kind.

use std::fmt;
use std::str::FromStr;

use nix::sched::CloneFlags;

use crate::Error;

/// A kind of namespace. The order is that of the names, as `/proc/PID/ns` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Cgroup root directory: `cgroup_namespaces(7)`.
    Cgroup,
    /// System V IPC and POSIX message queues: `ipc_namespaces(7)`.
    Ipc,
    /// Mount points: `mount_namespaces(7)`.
    Mnt,
    /// Network devices, addresses, ports: `network_namespaces(7)`.
    Net,
    /// Process ids: `pid_namespaces(7)`.
    Pid,
    /// Boot and monotonic clocks: `time_namespaces(7)`.
    Time,
    /// User and group ids, and capabilities: `user_namespaces(7)`.
    User,
    /// Host name and NIS domain name: `uts_namespaces(7)`.
    Uts,
}

/// The facts about one kind.
struct KindFacts {
    /// The link in `/proc/PID/ns`, and the name in a listing.
    name: &'static str,
    /// The link for the namespace of a process's next children, for kinds that allow it to differ from the process's
    /// own.
    for_children: Option<&'static str>,
    /// The long option that unshare(1) and nsenter(1) gave it, and the adjective before "namespace" in a sentence.
    option: &'static str,
    /// The short option.
    letter: char,
    /// How the kind is called in a sentence, before "namespace".
    noun: &'static str,
    /// The `CLONE_NEW*` flag of `clone(2)`, `unshare(2)` and `setns(2)`.
    flag: libc::c_int,
    /// The inode of the namespace the system started with, fixed by the kernel (`include/uapi/linux/nsfs.h`). The
    /// inodes of `mnt` and `net` are fixed since Linux 6.17. Before, no namespace had them.
    initial: u64,
}

/// In the order of [`Kind`], which indexes it.
#[rustfmt::skip] // a table is read by its columns
const FACTS: [KindFacts; 8] = [
    KindFacts { name: "cgroup", for_children: None, option: "cgroup", letter: 'C', noun: "cgroup", flag: libc::CLONE_NEWCGROUP, initial: 0xEFFF_FFFB },
    KindFacts { name: "ipc", for_children: None, option: "ipc", letter: 'i', noun: "IPC", flag: libc::CLONE_NEWIPC, initial: 0xEFFF_FFFF },
    KindFacts { name: "mnt", for_children: None, option: "mount", letter: 'm', noun: "mount", flag: libc::CLONE_NEWNS, initial: 0xEFFF_FFF8 },
    KindFacts { name: "net", for_children: None, option: "net", letter: 'n', noun: "network", flag: libc::CLONE_NEWNET, initial: 0xEFFF_FFF9 },
    KindFacts { name: "pid", for_children: Some("pid_for_children"), option: "pid", letter: 'p', noun: "PID", flag: libc::CLONE_NEWPID, initial: 0xEFFF_FFFC },
    KindFacts { name: "time", for_children: Some("time_for_children"), option: "time", letter: 'T', noun: "time", flag: libc::CLONE_NEWTIME, initial: 0xEFFF_FFFA },
    KindFacts { name: "user", for_children: None, option: "user", letter: 'U', noun: "user", flag: libc::CLONE_NEWUSER, initial: 0xEFFF_FFFD },
    KindFacts { name: "uts", for_children: None, option: "uts", letter: 'u', noun: "UTS", flag: libc::CLONE_NEWUTS, initial: 0xEFFF_FFFE },
];

impl Kind {
    /// All eight kinds.
    pub const ALL: [Self; 8] = [
        Self::Cgroup,
        Self::Ipc,
        Self::Mnt,
        Self::Net,
        Self::Pid,
        Self::Time,
        Self::User,
        Self::Uts,
    ];

    const fn facts(self) -> &'static KindFacts {
        &FACTS[self as usize]
    }

    /// The name in `/proc/PID/ns`, in listings and in JSON: `mnt`.
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name in `/proc/PID/ns` of the namespace that the process's next children are born in: `pid_for_children`.
    /// `None` for the kinds in which children are always born where their parent is.
    pub const fn for_children(self) -> Option<&'static str> {
        self.facts().for_children
    }

    /// The long option that chooses this kind: `mount`.
    pub const fn option(self) -> &'static str {
        self.facts().option
    }

    /// The short option that chooses this kind: `m`.
    pub const fn letter(self) -> char {
        self.facts().letter
    }

    /// The kind in a sentence, before "namespace": `UTS`.
    pub const fn noun(self) -> &'static str {
        self.facts().noun
    }

    /// The kind with its article, in a sentence: `a UTS namespace`, `an IPC namespace`.
    pub fn a_namespace(self) -> String {
        let article = if self == Self::Ipc { "an" } else { "a" };
        format!("{article} {} namespace", self.noun())
    }

    /// The `CLONE_NEW*` flag. nix has no name for the flag of time namespaces, but keeps its bit.
    pub const fn flag(self) -> CloneFlags {
        CloneFlags::from_bits_retain(self.facts().flag)
    }

    /// The kind with this `CLONE_NEW*` flag.
    pub fn from_flag(flag: CloneFlags) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.flag() == flag)
    }

    /// The inode of the namespace of this kind that the system started with.
    pub const fn initial_inode(self) -> u64 {
        self.facts().initial
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// Reads the name in `/proc/PID/ns` (`mnt`) or the name of the option (`mount`).
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text || kind.option() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                Error::invalid("kind of namespace", text, format!("expected one of {names}"))
            })
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// All eight kinds.
    pub const ALL: Self = Self(u8::MAX);

    /// True if the set has this kind.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }

    /// True if the set has all these kinds.
    pub const fn includes(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// This kind alone.
    pub const fn of(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    /// All in either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds this kind.
    pub const fn insert(&mut self, kind: Kind) {
        self.0 |= 1 << kind as u8;
    }

    /// Removes this kind.
    pub const fn remove(&mut self, kind: Kind) {
        self.0 &= !(1 << kind as u8);
    }

    /// The set without this kind.
    #[must_use]
    pub const fn without(mut self, kind: Kind) -> Self {
        self.remove(kind);
        self
    }

    /// In the order of the names.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.contains(*kind))
    }

    /// The kinds in a sentence: `user namespace`, `mount, PID and user namespaces`.
    pub fn in_words(self) -> String {
        let plural = if self.iter().count() == 1 { "" } else { "s" };
        format!("{} namespace{plural}", nouns(self.iter()))
    }

    /// New namespaces of these kinds in a sentence: `a user namespace`, `mount, PID and user namespaces`.
    pub fn new_in_words(self) -> String {
        let mut one = self.iter();
        match (one.next(), one.next()) {
            (None, _) => "no namespaces".into(),
            (Some(kind), None) => kind.a_namespace(),
            _ => self.in_words(),
        }
    }

    /// The `CLONE_NEW*` flags of all of them.
    pub fn flags(self) -> CloneFlags {
        self.iter().map(Kind::flag).collect()
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |mut set, kind| {
            set.insert(kind);
            set
        })
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The names with commas between: `mnt, pid, user`.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}")?;
        }
        Ok(())
    }
}

/// The kinds in a sentence, in the order given, before "namespaces": `mount, PID and user`.
pub(crate) fn nouns(kinds: impl Iterator<Item = Kind>) -> String {
    let nouns: Vec<_> = kinds.map(Kind::noun).collect();
    match nouns.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => nouns.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_as_a_sentence() {
        let ipc = Kinds::from_iter([Kind::Ipc]);
        assert_eq!(ipc.new_in_words(), "an IPC namespace");
        let three = Kinds::from_iter([Kind::User, Kind::Mnt, Kind::Pid]);
        assert_eq!(three.new_in_words(), "mount, PID and user namespaces");
    }

    #[test]
    fn the_table_stands_in_the_order_of_the_kinds_and_of_their_names() {
        for kind in Kind::ALL {
            assert_eq!(kind.name(), format!("{kind:?}").to_lowercase());
        }
        assert!(Kind::ALL.is_sorted_by_key(|kind| kind.name()));
    }

    #[test]
    fn a_kind_is_found_by_its_flag_and_by_either_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_flag(kind.flag()), Some(kind));
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(kind.option().parse(), Ok(kind));
        }
        assert_eq!(
            "moount".parse::<Kind>().unwrap_err().to_string(),
            "invalid kind of namespace \"moount\": expected one of cgroup, ipc, mnt, net, pid, time, user, uts"
        );
    }

    #[test]
    fn a_set_keeps_the_flag_that_nix_does_not_know() {
        let set: Kinds = [Kind::Uts, Kind::Time].into_iter().collect();
        assert_eq!(set.flags().bits(), libc::CLONE_NEWUTS | libc::CLONE_NEWTIME);
        assert_eq!(set.to_string(), "time, uts");
        assert_eq!(Kinds::ALL.iter().count(), 8);
        assert!(!Kinds::ALL.without(Kind::Net).contains(Kind::Net));
    }
}
