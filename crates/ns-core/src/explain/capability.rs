//! Capabilities: the missing one, and the user namespace in which the caller would need it.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use crate::{Gathered, Kind, Namespace};

/// The caller lacks this capability in its user namespace.
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

/// The caller has no power over the user namespace that owns the namespace of this kind.
pub(crate) fn not_owner(look: &Look, kind: Kind) -> Option<Finding> {
    let own = Namespace::own(kind).ok()?;
    let user = Namespace::own(Kind::User).ok()?;
    match own.owner() {
        Gathered::Known(owner) if owner.identity() == user.identity() => {
            missing(look, CapabilitySet::SYS_ADMIN)
        }
        // The kernel answers only if the owner is the caller's user namespace or one below it.
        Gathered::Unreadable(Errno::EPERM) => Some(Finding::new(format!(
            "{own} belongs neither to this user namespace ({user}) nor to one below it"
        ))),
        Gathered::Known(_)
        | Gathered::Unreadable(_)
        | Gathered::Absent
        | Gathered::NotTold
        | Gathered::NotAsked => None,
    }
}
