//! Capabilities: the one that was missing, and the user namespace in which it would have to be held.

use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use crate::{Gathered, Kind, Namespace};

/// The capability is not held in the caller's user namespace.
pub(crate) fn missing(look: &Look, capability: CapabilitySet) -> Option<Finding> {
    let held = look.status()?.effective()?;
    if held & capability.bits() != 0 {
        return None;
    }
    let names: Vec<_> = capability
        .iter_names()
        .map(|(name, _)| format!("CAP_{name}"))
        .collect();
    Some(Finding::new(format!("{} is missing", names.join(", "))))
}

/// The namespace of this kind belongs to a user namespace that the caller has no power over.
pub(crate) fn not_owner(look: &Look, kind: Kind) -> Option<Finding> {
    let own = Namespace::own(kind).ok()?;
    let user = Namespace::own(Kind::User).ok()?;
    match own.owner() {
        Gathered::Known(owner) if owner.identity() == user.identity() => {
            missing(look, CapabilitySet::SYS_ADMIN)
        }
        // The kernel answers only where the owner is the caller's user namespace or one below it.
        Gathered::Known(_) | Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => None,
        Gathered::Unreadable(_) => Some(Finding::new(format!(
            "{own} belongs neither to this user namespace ({user}) nor to one below it"
        ))),
    }
}
