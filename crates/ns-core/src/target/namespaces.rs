//! Finding a namespace by what is known of it: its inode, its 64-bit id, its host name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::choices::list;
use crate::error::quoted;
use crate::inventory::{Entry, Facts, Inventory, Question, gather};
use crate::process::Process;
use crate::uts::read_each;
use crate::{Error, Gathered, Kind, Kinds, Namespace, Result};

/// The namespace with this inode, of this kind where one is given.
pub(super) fn by_inode(kind: Option<Kind>, inode: u64) -> Result<Namespace> {
    let inventory = search(
        kind.map_or(Kinds::ALL, |kind| [kind].into_iter().collect()),
        Facts::empty(),
    )?;
    if let Some(entry) = inventory
        .entry(inode)
        .filter(|entry| kind.is_none_or(|kind| entry.kind == kind))
    {
        return open(&inventory, entry);
    }
    let Some(kind) = kind else {
        return Err(missing(
            &inventory,
            &format!("no namespace has the inode {inode}"),
        ));
    };
    let others = search(Kinds::ALL.without(kind), Facts::empty())?;
    if let Some(entry) = others.entry(inode) {
        let (found, wanted) = (entry.kind.a_namespace(), kind.a_namespace());
        return Err(Error::Unfit(format!(
            "the namespace with the inode {inode} is {found}, not {wanted}"
        )));
    }
    Err(missing(
        &inventory,
        &format!("no {} namespace has the inode {inode}", kind.noun()),
    ))
}

/// The namespace with this 64-bit id.
pub(super) fn by_id(id: u64) -> Result<Namespace> {
    let inventory = search(Kinds::ALL, Facts::RELATIVES)?;
    match inventory
        .entries()
        .iter()
        .find(|entry| entry.id() == Gathered::Known(id))
    {
        Some(entry) => open(&inventory, entry),
        None => Err(missing(&inventory, &format!("no namespace has the id {id}"))),
    }
}

/// The UTS namespace with this host name.
pub(super) fn by_host_name(name: &OsStr) -> Result<Namespace> {
    let inventory = search([Kind::Uts].into_iter().collect(), Facts::empty())?;
    let names = read_each(inventory.entries(), |entry| open(&inventory, entry))?;
    let known: Vec<_> = inventory
        .entries()
        .iter()
        .zip(&names)
        .filter_map(|(entry, names)| Some((entry, &*names.as_ref().known()?.host)))
        .collect();
    let same: Vec<_> = known
        .iter()
        .filter(|(_, host)| *host == name.as_bytes())
        .collect();
    match *same {
        [(entry, _)] => open(&inventory, entry),
        [] => {
            let mut hosts: Vec<_> = known.iter().map(|(_, host)| quoted(host)).collect();
            hosts.sort_unstable();
            hosts.dedup();
            let error = missing(
                &inventory,
                &format!("no UTS namespace has the host name {}", quoted(name.as_bytes())),
            );
            let cause = error.cause().map(str::to_owned);
            Err(error.explained(cause, Some(format!("the host names are {}", list(hosts)))))
        }
        _ => {
            let several = same.iter().map(|(entry, _)| {
                let process = entry
                    .lowest
                    .map_or(String::new(), |pid| format!(" (process {pid})"));
                format!("uts:[{}]{process}", entry.identity.inode)
            });
            Err(Error::Ambiguous(format!(
                "{} UTS namespaces have the host name {}: {}",
                same.len(),
                quoted(name.as_bytes()),
                list(several)
            )))
        }
    }
}

fn search(kinds: Kinds, facts: Facts) -> Result<Inventory> {
    gather(&Question {
        kinds,
        facts,
        ..Question::default()
    })
}

/// Opens it through the first process that is still in it.
fn open(inventory: &Inventory, entry: &Entry) -> Result<Namespace> {
    for member in inventory.members_of(entry.kind, entry.identity.inode) {
        match Process::open(member.pid).and_then(|process| process.namespace(entry.kind)) {
            Ok(namespace) if namespace.identity() == entry.identity => return Ok(namespace),
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::NotFound(format!(
        "{}:[{}] has gone",
        entry.kind, entry.identity.inode
    )))
}

/// That something was not found, and that there may be more than could be looked at.
fn missing(inventory: &Inventory, what: &str) -> Error {
    let unread = inventory.unread();
    let error = Error::NotFound(what.into());
    if unread.is_nothing() {
        return error;
    }
    let cause = format!(
        "{} of {} processes could not be looked at",
        unread.processes, unread.of_processes
    );
    error.explained(Some(cause), unread.help())
}
