//! Asking namespaces about themselves, and finding their parents and owners up to the top: user and PID namespaces that
//! only their children keep alive.

use crate::{Gathered, Kind, Namespace};

use super::holder::Holder;
use super::question::Places;
use super::search::Search;

/// Asks a namespace for its facts, and its ancestors too if they are searched.
pub(super) fn describe(search: &mut Search, namespace: &Namespace) {
    if search.question.places.contains(Places::KIN) {
        climb(search, namespace);
    } else {
        search.note(namespace);
    }
    search.number(namespace);
}

/// Asks a namespace for its owner and its parent, then asks these, and so on. At most three of them are open at a time.
fn climb(search: &mut Search, namespace: &Namespace) {
    if namespace.kind() == Kind::User {
        climb_users(search, namespace);
        return;
    }
    if let Gathered::Known(owner) = search.note(namespace) {
        climb_users(search, &owner);
    }
    let mut parent = namespace.parent();
    while let Gathered::Known(next) = parent {
        if search.is_described(next.identity().inode) {
            return;
        }
        if let Gathered::Known(owner) = search.note(&next) {
            climb_users(search, &owner);
        }
        parent = next.parent();
    }
}

/// Asks a user namespace and its ancestors. The owner of a user namespace is its parent.
fn climb_users(search: &mut Search, namespace: &Namespace) {
    if search.is_described(namespace.identity().inode) {
        return;
    }
    let mut parent = search.note(namespace);
    while let Gathered::Known(next) = parent {
        if search.is_described(next.identity().inode) {
            return;
        }
        parent = search.note(&next);
    }
}

/// Adds to every namespace the namespaces that it is the parent or the owner of.
pub(super) fn hold_parents(search: &mut Search) {
    let mut held = Vec::new();
    for entry in &search.entries {
        let (kind, inode) = (entry.kind, entry.identity.inode);
        if let Gathered::Known(parent) = entry.parent() {
            held.push((kind, parent.inode, Holder::Child { kind, inode }));
        }
        if let Gathered::Known(owner) = entry.owner()
            && kind != Kind::User
        {
            held.push((Kind::User, owner.inode, Holder::Owned { kind, inode }));
        }
    }
    for (kind, inode, holder) in held {
        // Namespaces of kinds that were not asked for are left out.
        if !search.is_new(inode) {
            search.hold(kind, inode, holder);
        }
    }
}
