//! Capabilities: the missing one, and the user namespace in which the caller would need it.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use crate::process::{caller, remedy};
use crate::{Gathered, Kind, Namespace};

/// The caller lacks this capability in its user namespace. The help depends on who the caller is.
pub(crate) fn missing(look: &Look, capability: CapabilitySet) -> Option<Finding> {
    let of_call = || {
        let sets = rustix::thread::capabilities(None).ok()?;
        look.lacks_proc().then(|| sets.effective.bits())
    };
    let held = look
        .status()
        .and_then(|status| status.effective())
        .or_else(of_call)?;
    if held & capability.bits() != 0 {
        return None;
    }
    let finding = Finding::new(format!("{} is missing", caller::name_of(capability)));
    Some(finding.help(remedy::for_missing(capability)))
}

/// The kernel refused for want of rights, and the caller lacks this capability.
pub(crate) fn lacking(look: &Look, errno: Errno, capability: CapabilitySet) -> Option<Finding> {
    let refused = matches!(errno, Errno::EPERM | Errno::EACCES);
    refused.then(|| missing(look, capability)).flatten()
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
        Gathered::Unreadable(Errno::EPERM) => Some(
            Finding::new(format!(
                "{own} belongs neither to this user namespace ({user}) nor to one below it"
            ))
            .help("run it outside this user namespace"),
        ),
        Gathered::Known(_)
        | Gathered::Unreadable(_)
        | Gathered::Absent
        | Gathered::NotTold
        | Gathered::NotAsked => None,
    }
}
