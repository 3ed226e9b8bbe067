//! The cells of a namespace, made from its facts.

use std::borrow::Cow;

use super::{Subject, holders};
use crate::inventory::{Capabilities, Places, Representative, capabilities_in};
use crate::output::Cell;
use crate::process::{Cgroups, Pid};
use crate::{Gathered, Identity};

impl<'a> Subject<'a> {
    /// A fact about the process that represents the namespace; absent if there is none.
    pub(super) fn of_process(self, cell: impl FnOnce(&'a Representative) -> Cell<'a>) -> Cell<'a> {
        match (self.pid, self.process) {
            (_, Some(process)) => cell(process),
            (Some(_), None) => Cell::NotAsked,
            (None, None) => Cell::Absent,
        }
    }

    /// The uid of that process; if there is none, the uid that created the namespace.
    pub(super) fn uid(self) -> Gathered<u32> {
        match (self.pid, self.process) {
            (_, Some(process)) => process.uid,
            (Some(_), None) => Gathered::NotAsked,
            (None, None) => self.entry.owner_uid(),
        }
    }

    fn leader(self) -> Gathered<&'a Representative> {
        self.entry.leader.and_then(|leader| {
            let process = self.context.inventory.representative(leader);
            process.map_or(Gathered::NotAsked, Gathered::Known)
        })
    }

    /// A fact from the cgroups of the leader.
    pub(super) fn of_cgroups(self, text: impl FnOnce(&'a Cgroups) -> Option<&'a [u8]>) -> Cell<'a> {
        let cgroups = self.leader().and_then(|process| process.cgroups.as_ref());
        Cell::gathered(cgroups, |cgroups| text(cgroups).map_or(Cell::Absent, Cell::text))
    }

    fn own_mount_namespace(self) -> u64 {
        self.context.inventory.own_mount_namespace()
    }
}

/// A parent or owner.
pub(super) fn above(namespace: Gathered<Identity>) -> Cell<'static> {
    Cell::gathered(namespace, |above| above.inode.into())
}

pub(super) fn pid(pid: Pid) -> Cell<'static> {
    Cell::Number(pid.into())
}

pub(super) fn path(it: Subject<'_>) -> Cell<'_> {
    let kind = it.entry.kind;
    let member = it.pid.and_then(|pid| it.context.inventory.member(pid));
    member.map_or(Cell::Absent, |member| Cell::string(&member.path(kind)))
}

pub(super) fn netnsid(it: Subject<'_>) -> Cell<'_> {
    Cell::gathered(it.entry.netnsid, |id| match id {
        Some(id) => Cell::string(&id),
        None => Cell::string("unassigned"),
    })
}

pub(super) fn nsfs(it: Subject<'_>) -> Cell<'_> {
    list(it.entry.pins(it.own_mount_namespace()))
}

pub(super) fn names(it: Subject<'_>) -> Cell<'_> {
    list(it.entry.names(it.own_mount_namespace()))
}

pub(super) fn holders(it: Subject<'_>) -> Cell<'_> {
    (u64::from(it.entry.processes) + it.entry.holders.len() as u64).into()
}

pub(super) fn held_by(it: Subject<'_>) -> Cell<'_> {
    let words = holders::words(it.entry, it.own_mount_namespace());
    Cell::List(words.into_iter().map(Cow::Owned).collect())
}

pub(super) fn threads(it: Subject<'_>) -> Cell<'_> {
    if it.context.inventory.looked().contains(Places::THREADS) {
        u64::from(it.entry.threads).into()
    } else {
        Cell::NotAsked
    }
}

/// The PIDs of a process, from the caller's PID namespace to its own.
pub(super) fn pids(process: &Representative) -> Cell<'_> {
    Cell::gathered(process.pids.as_ref(), |pids| {
        let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
        Cell::string(&pids.join("/"))
    })
}

/// A domain that was never set is the kernel's text in a table, and null in JSON.
pub(super) fn domain(it: Subject<'_>) -> Cell<'_> {
    Cell::gathered(it.entry.uts_names.as_ref(), |names| match names.domain_if_set() {
        None if it.context.json => Cell::Absent,
        _ => Cell::text(&*names.domain),
    })
}

/// The other namespaces with this host name.
pub(super) fn same(it: Subject<'_>) -> Cell<'_> {
    Cell::gathered(it.entry.uts_names.as_ref(), |names| {
        let inodes = it.context.by_host().get(&names.host);
        let inodes = inodes.map_or(&[][..], Vec::as_slice).iter().copied();
        Cell::Numbers(inodes.filter(|inode| *inode != it.entry.identity.inode).collect())
    })
}

pub(super) fn uid_map(it: Subject<'_>) -> Cell<'_> {
    Cell::gathered(it.entry.uid_map.as_ref(), |map| {
        let lines = map.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        Cell::List(lines.map(|line| Cow::Owned(spaced(line))).collect())
    })
}

/// The fields of a line with one blank between.
fn spaced(line: &[u8]) -> Vec<u8> {
    let fields: Vec<_> = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty())
        .collect();
    fields.join(&b' ')
}

/// How many parents a user or PID namespace has. It is not known if the caller does not see all of them.
pub(super) fn depth(it: Subject<'_>) -> Cell<'_> {
    let mut depth = 0;
    let mut current = it.entry;
    loop {
        match current.parent() {
            Gathered::Known(parent) => {
                // The kernel nests at most 33 of them.
                depth += 1;
                current = match it.context.inventory.entry(parent.inode) {
                    Some(parent) => parent,
                    // The parents of namespaces are a place that was not searched.
                    None => return Cell::NotAsked,
                };
            }
            Gathered::Absent => return Cell::Number(depth),
            unknown => return Cell::gathered(unknown, |_| Cell::Absent),
        }
    }
}

/// The inode of the initial namespace may be unknown, but a fixed one belongs to no other.
pub(super) fn initial(it: Subject<'_>) -> Cell<'_> {
    let (kind, inode) = (it.entry.kind, it.entry.identity.inode);
    if inode == kind.initial_inode() {
        return Cell::Flag(true);
    }
    Cell::gathered(it.context.initial(kind), |initial| Cell::Flag(inode == initial))
}

pub(super) fn capabilities(it: Subject<'_>) -> Cell<'_> {
    let Some(pid) = it.context.caps else {
        return Cell::Absent;
    };
    Cell::gathered(
        capabilities_in(it.context.inventory, pid, it.entry),
        |capabilities| {
            let names = match capabilities {
                Capabilities::All => vec!["all".to_owned()],
                Capabilities::AllBut(names) => std::iter::once("all".to_owned())
                    .chain(names.into_iter().map(|name| format!("-{name}")))
                    .collect(),
                Capabilities::Some(names) if names.is_empty() => vec!["none".to_owned()],
                Capabilities::Some(names) => names,
            };
            let names = names.into_iter().map(|name| Cow::Owned(name.into_bytes()));
            Cell::List(names.collect())
        },
    )
}

/// Several texts; absent if there are none.
fn list(items: Vec<&[u8]>) -> Cell<'_> {
    if items.is_empty() {
        return Cell::Absent;
    }
    Cell::List(items.into_iter().map(Cow::Borrowed).collect())
}
