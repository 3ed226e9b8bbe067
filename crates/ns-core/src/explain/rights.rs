//! Rights to a namespace: its owner, and the capability that the caller lacks.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::capability;
use super::finding::Finding;
use super::look::Look;
use crate::process::remedy;
use crate::{Gathered, Kind, Namespace};

/// Why the caller may not enter the namespace or change its contents, which needs this capability.
pub(crate) fn lacking(look: &Look, namespace: &Namespace, capability: CapabilitySet) -> Option<Finding> {
    let own = Namespace::own(Kind::User).ok()?;
    let owner = match namespace.owner() {
        Gathered::Known(owner) => owner,
        // The kernel answers only if the owner is the caller's user namespace or one below it.
        Gathered::Unreadable(Errno::EPERM) => {
            let cause =
                format!("{namespace} belongs neither to this user namespace ({own}) nor to one below it");
            return Some(Finding::new(cause).help("run it outside this user namespace"));
        }
        Gathered::Unreadable(_) | Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => return None,
    };
    let is_own = owner.identity() == own.identity();
    match capability::missing(look, capability) {
        Some(finding) if is_own => Some(Finding {
            cause: format!("{} in {owner}, which owns {namespace}", finding.cause),
            ..finding
        }),
        Some(_) => {
            let maker = match owner.owner_uid() {
                Gathered::Known(uid) => format!(", which uid {uid} created"),
                _ => String::new(),
            };
            let cause = format!("{namespace} belongs to {owner}{maker}");
            Some(Finding::new(cause).help(remedy::as_other("run it as that user, or as root", capability)))
        }
        // A capability here is also a capability in all user namespaces below. Entering a mount namespace also
        // needs the right to change the root (setns(2)).
        None if namespace.kind() == Kind::Mnt => capability::missing(look, CapabilitySet::SYS_CHROOT),
        None => None,
    }
}
