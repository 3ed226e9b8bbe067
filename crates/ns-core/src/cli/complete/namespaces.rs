//! Namespaces as values: by pinned name, host name, inode and id.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::choice::{Choice, Word};
use crate::inventory::{Entry, Facts, Inventory, Places, Question, gather};
use crate::pins::{self, State};
use crate::{Gathered, Kind, Kinds, Namespace, Result, Target};

/// The namespaces of these kinds: names first, and then numbers.
pub(super) fn choices(kinds: Kinds, word: Word<'_>) -> Result<Vec<Choice>> {
    let mut choices = named(kinds, word)?;
    let links = Kind::ALL
        .into_iter()
        .filter(|kind| kinds.contains(*kind) && word.may_begin(&format!("{kind}:[")));
    let links: Kinds = links.collect();
    let hosts = kinds.contains(Kind::Uts) && word.may_begin("host:");
    let ids = word.may_begin(":") && !word.0.is_empty();
    // Bare inodes are offered only after a digit. Before, the same namespaces are offered as `net:[INODE]`.
    let inodes = word.is_digits();
    let mut looked_at = if ids || inodes { kinds } else { links };
    let mut facts = Facts::COMMAND;
    if hosts {
        looked_at.insert(Kind::Uts);
        facts |= Facts::UTS_NAMES;
    }
    if ids {
        facts |= Facts::RELATIONSHIPS;
    }
    if looked_at.is_empty() {
        return Ok(choices);
    }
    // Other places are not searched, because that takes longer than a person waits after Tab.
    let inventory = gather(&Question {
        kinds: looked_at,
        places: Places::PROCESSES,
        facts,
        ..Question::default()
    })?;
    let mut pinned = pinned(looked_at)?;
    if hosts {
        choices.extend(host_names(&inventory));
    }
    let spelling = |kind: Kind, inode: u64, id: Option<u64>| {
        if ids {
            id.map(Target::Id)
        } else if inodes {
            word.may_be_of(&inode.to_string())
                .then_some(Target::Inode(None, inode))
        } else {
            links.contains(kind).then_some(Target::Inode(Some(kind), inode))
        }
    };
    for entry in inventory
        .entries()
        .iter()
        .filter(|entry| looked_at.contains(entry.kind))
    {
        let (kind, inode) = (entry.kind, entry.identity.inode);
        let pinned = pinned.remove(&(kind, inode));
        let names = pinned.map_or_else(Vec::new, |pinned| pinned.names);
        if let Some(target) = spelling(kind, inode, entry.id().known()) {
            choices.push(choice(&target, &about(&inventory, entry, &names)));
        }
    }
    // Namespaces without processes.
    for ((kind, inode), PinNames { namespace, names }) in pinned {
        if let Some(target) = spelling(kind, inode, namespace.id().known()) {
            choices.push(choice(&target, &[kind.noun().as_bytes(), &names].concat()));
        }
    }
    Ok(choices)
}

/// A namespace that has names, with a blank before each.
struct PinNames {
    namespace: Namespace,
    names: Vec<u8>,
}

/// The namespaces of these kinds that have a name, by kind and inode.
fn pinned(kinds: Kinds) -> Result<BTreeMap<(Kind, u64), PinNames>> {
    let mut pinned = BTreeMap::new();
    for (name, of) in pins::names()? {
        if of.iter().all(|kind| !kinds.contains(kind)) {
            continue;
        }
        for pin in pins::find(&name)? {
            if let Ok(namespace) = pin.namespace
                && kinds.contains(pin.kind)
            {
                let identity = namespace.identity();
                let names = Vec::new();
                let pinned = pinned
                    .entry((pin.kind, identity.inode))
                    .or_insert(PinNames { namespace, names });
                pinned.names.push(b' ');
                pinned.names.extend_from_slice(name.as_bytes());
            }
        }
    }
    Ok(pinned)
}

/// The pinned names of these kinds, in the form of a target: with `name:` if they need it, or if it is already typed.
pub(super) fn named(kinds: Kinds, word: Word<'_>) -> Result<Vec<Choice>> {
    // A word with a slash is a path, which the shell completes better, or a host name.
    if word.0.contains(&b'/') {
        return Ok(Vec::new());
    }
    let spelt_out = word.0.starts_with(b"name:");
    let known = pins::names()?.into_iter().filter_map(|(name, _)| {
        let wanted: Kinds = kinds_in(State::Alive, &name)
            .iter()
            .filter(|kind| kinds.contains(*kind))
            .collect();
        let target = if spelt_out {
            [b"name:", &*name.into_vec()].concat()
        } else {
            Target::Name(name).to_os_string().into_vec()
        };
        (!wanted.is_empty()).then(|| Choice::new(target, format!("pinned: {wanted}")))
    });
    Ok(known.collect())
}

/// The kinds whose file of this name is in this state.
fn kinds_in(state: State, name: &OsStr) -> Kinds {
    let pins = pins::find(name).unwrap_or_default();
    let pins = pins.iter().filter(|pin| pin.state == state);
    pins.map(|pin| pin.kind).collect()
}

/// The names of pinned namespaces, and stale names, which can be removed too. After a kind is begun, the names with that
/// kind: `net:blue`.
pub(super) fn pins(word: Word<'_>) -> Result<Vec<Choice>> {
    let mut choices = Vec::new();
    for (name, _) in pins::names()? {
        let [alive, stale] = [State::Alive, State::Stale].map(|state| kinds_in(state, &name));
        let about = match (alive, stale) {
            (Kinds::NONE, Kinds::NONE) => continue,
            (Kinds::NONE, stale) => format!("stale: {stale}"),
            (alive, _) => format!("pinned: {alive}"),
        };
        let name = name.as_bytes();
        choices.push(Choice::new(name, about));
        let begun = |kind: &Kind| !word.0.is_empty() && word.may_begin(&format!("{kind}:"));
        choices.extend(alive.iter().chain(stale.iter()).filter(begun).map(|kind| {
            let value = [kind.name().as_bytes(), b":", name].concat();
            Choice::new(value, format!("the {} namespace", kind.noun()))
        }));
    }
    Ok(choices)
}

/// The host names that only one UTS namespace has.
fn host_names(inventory: &Inventory) -> Vec<Choice> {
    let mut known: Vec<(&[u8], &Entry)> = inventory
        .entries()
        .iter()
        .filter_map(|entry| match &entry.uts_names {
            Gathered::Known(names) if !names.host.is_empty() => Some((&*names.host, entry)),
            _ => None,
        })
        .collect();
    known.sort_unstable_by_key(|(name, _)| *name);
    let one_of_a_name = |same: &&[(&[u8], &Entry)]| same.len() == 1;
    known
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter(one_of_a_name)
        .map(|same| {
            let (name, entry) = same[0];
            let target = Target::Host(OsString::from_vec(name.to_vec()));
            choice(&target, &about(inventory, entry, b""))
        })
        .collect()
}

fn choice(target: &Target, about: &[u8]) -> Choice {
    Choice::new(target.to_os_string().into_vec(), about)
}

/// Its kind, its names, and the process with the lowest PID in it.
fn about(inventory: &Inventory, entry: &Entry, names: &[u8]) -> Vec<u8> {
    let mut about = [entry.kind.noun().as_bytes(), names].concat();
    let process = entry.lowest.and_then(|pid| inventory.representative(pid));
    if let Some(process) = process
        && let Gathered::Known(command) = &process.command
    {
        about.extend_from_slice(format!(": {} ", process.pid).as_bytes());
        about.extend_from_slice(command);
    }
    about
}
