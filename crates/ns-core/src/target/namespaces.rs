//! Finding a namespace by its inode, its 64-bit id, or its host name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use nix::errno::Errno;

use super::choices::list;
use super::claimant::Claimant;
use crate::error::Doing;
use crate::escape::quoted;
use crate::inventory::{Entry, Facts, Inventory, Places, Question, gather, open_by_id};
use crate::sys::errno::lacks_resources;
use crate::{Error, Gathered, Kind, Kinds, Namespace, Result};

/// The namespace with this inode, of this kind if one is given.
pub(super) fn by_inode(kind: Option<Kind>, inode: u64) -> Result<Namespace> {
    let wanted = |entry: &Entry| entry.identity.inode == inode && kind.is_none_or(|kind| entry.kind == kind);
    let kinds = kind.map_or(Kinds::ALL, |kind| [kind].into_iter().collect());
    let inventory = match find(kinds, Facts::empty(), wanted)? {
        Ok(namespace) => return Ok(namespace),
        Err(inventory) => inventory,
    };
    let named = format!("the inode {inode}");
    let Some(kind) = kind else {
        return Err(not_among_all(&inventory, None, &named));
    };
    // Meanwhile, a new namespace of this kind can have got the inode.
    let other = |entry: &Entry| entry.identity.inode == inode && entry.kind != kind;
    if let Ok(namespace) = find(Kinds::ALL.without(kind), Facts::empty(), other)? {
        let (found, wanted) = (namespace.kind().a_namespace(), kind.a_namespace());
        return Err(Error::Unfit(format!("{namespace} is {found}, not {wanted}")));
    }
    Err(not_among_all(&inventory, Some(kind), &named))
}

/// The namespace with this 64-bit id.
pub(super) fn by_id(id: u64) -> Result<Namespace> {
    if let Some(namespace) = open_by_id(id) {
        return Ok(namespace);
    }
    let wanted = |entry: &Entry| entry.id() == Gathered::Known(id);
    find(Kinds::ALL, Facts::RELATIONSHIPS, wanted)?.map_err(|inventory| without_id(&inventory, id))
}

/// The error that no namespace has this id. Older kernels give ids to mount namespaces, or to none.
fn without_id(inventory: &Inventory, id: u64) -> Error {
    let mut untold = Kinds::NONE;
    for entry in inventory.entries() {
        if entry.id() == Gathered::NotTold {
            untold.insert(entry.kind);
        }
    }
    let doing = format!("find a namespace by its id {id}");
    match (untold.contains(Kind::Mnt), untold == Kinds::NONE) {
        (true, _) => Error::needs_linux(&doing, "6.18, or 6.12 for a mount namespace"),
        (false, true) => not_among_all(inventory, None, &format!("the id {id}")),
        (false, false) => {
            let error = missing(inventory, format!("no mount namespace has the id {id}"));
            let cause = "this kernel has ids for mount namespaces only; all have ids since Linux 6.18";
            error.explained(Some(cause.into()), None)
        }
    }
}

/// The UTS namespace with this host name, if it belongs to the system or the caller. The creator of a user namespace
/// can give the UTS namespaces in it any name.
pub(super) fn by_host_name(name: &OsStr) -> Result<Namespace> {
    // One that no process is in counts as well.
    let uts = [Kind::Uts].into_iter().collect();
    let inventory = search(uts, Places::all(), Facts::UTS_NAMES | Facts::RELATIONSHIPS)?;
    if let Some(errno) = inventory.entries().iter().find_map(lacked) {
        return Err(errno).doing(|| "read the host name of every UTS namespace");
    }
    let known: Vec<_> = inventory
        .entries()
        .iter()
        .filter_map(|entry| Some((entry, &entry.uts_names.as_ref().known()?.host)))
        .collect();
    let same: Vec<&Entry> = known
        .iter()
        .filter(|(_, host)| *host == name.as_bytes())
        .map(|(entry, _)| *entry)
        .collect();
    let is_meant = |entry: &Entry| Claimant::of_namespace(entry).is_meant();
    let meant: Vec<&Entry> = same.iter().copied().filter(|entry| is_meant(entry)).collect();
    match meant[..] {
        [entry] => inventory.open(entry),
        [] => {
            let what = format!("no UTS namespace has the host name {}", quoted(name.as_bytes()));
            let error = missing(&inventory, what);
            if let [first, ..] = same[..] {
                let cause = format!(
                    "{} could choose the host name of uts:[{}]",
                    Claimant::of_namespace(first),
                    first.identity.inode
                );
                let help = format!(
                    "name it by its inode: {}",
                    list(same.iter().map(|entry| with_owner(entry)))
                );
                return Err(error.explained(Some(cause), Some(help)));
            }
            let meant = known.iter().filter(|(entry, _)| is_meant(entry));
            let mut hosts: Vec<_> = meant.map(|(_, host)| quoted(host)).collect();
            hosts.sort_unstable();
            hosts.dedup();
            Err(error.with_help(format!("the host names are {}", list(hosts))))
        }
        _ => {
            let several = meant.iter().map(|entry| {
                let process = entry
                    .lowest
                    .map_or(String::new(), |pid| format!(" (process {pid})"));
                format!("uts:[{}]{process}", entry.identity.inode)
            });
            Err(Error::Ambiguous(format!(
                "{} UTS namespaces have the host name {}: {}",
                meant.len(),
                quoted(name.as_bytes()),
                list(several)
            )))
        }
    }
}

/// The shortage that kept the host name of a namespace from being read. It may be the same name.
fn lacked(entry: &Entry) -> Option<Errno> {
    match entry.uts_names {
        Gathered::Unreadable(errno) if lacks_resources(errno) => Some(errno),
        _ => None,
    }
}

/// `uts:[4026532281] of user alice`.
fn with_owner(entry: &Entry) -> String {
    format!(
        "uts:[{}] of {}",
        entry.identity.inode,
        Claimant::of_namespace(entry)
    )
}

/// The wanted namespace, searched first among the namespaces of processes, and then in all places. If there is none,
/// the inventory of the whole search.
fn find(
    kinds: Kinds,
    facts: Facts,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<std::result::Result<Namespace, Inventory>> {
    let quick = search(kinds, Places::PROCESSES, facts)?;
    if let Some(entry) = quick.entries().iter().find(|entry| wanted(entry)) {
        return quick.open(entry).map(Ok);
    }
    let whole = search(kinds, Places::all(), facts)?;
    match whole.entries().iter().find(|entry| wanted(entry)) {
        Some(entry) => whole.open(entry).map(Ok),
        None => Ok(Err(whole)),
    }
}

fn search(kinds: Kinds, places: Places, facts: Facts) -> Result<Inventory> {
    gather(&Question {
        kinds,
        places,
        facts,
        ..Question::default()
    })
}

/// The error that no namespace has this inode or id. If the kernel does not list its namespaces, there may be one: the note
/// says what can hide it.
fn not_among_all(inventory: &Inventory, kind: Option<Kind>, named: &str) -> Error {
    let told = inventory.looked() - inventory.untold();
    if told.contains(Places::KERNEL) {
        let noun = kind.map_or(String::new(), |kind| format!("{} ", kind.noun()));
        return missing(inventory, format!("no {noun}namespace has {named}"));
    }
    let a_namespace = kind.map_or("a namespace".into(), Kind::a_namespace);
    let holder = match kind {
        Some(Kind::Ipc) => "a mount of an mqueue file system",
        Some(Kind::Pid) => "a mount of a proc file system",
        Some(Kind::Net) => "an open file below /proc/PID/net",
        Some(_) => "a descriptor on its way through a socket",
        None => "a mount of mqueue or proc, or an open file below /proc/PID/net,",
    };
    let note = format!(
        "without the kernel's list of namespaces, one that only {holder} keeps alive cannot be found"
    );
    let error = missing(inventory, format!("cannot find {a_namespace} with {named}"));
    match error.note().map(str::to_owned) {
        Some(unread) => error.with_note(format!("{unread}; {note}")),
        None => error.with_note(note),
    }
}

/// The error that something was not found. Its note says what could not be searched.
fn missing(inventory: &Inventory, what: String) -> Error {
    let error = Error::NotFound(what);
    match inventory.incomplete(inventory.looked()).sentence() {
        Some(unread) => error.with_note(unread),
        None => error,
    }
}
