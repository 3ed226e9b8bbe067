//! Why a namespace cannot be entered (`setns(2)`): its owner, and what would help.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{restrictions, rights};
use crate::process::{caller, remedy};
use crate::users::UserNames;
use crate::{Gathered, Kind, Namespace};

/// Why the caller may not enter this namespace.
pub(crate) fn refused(look: &Look, namespace: &Namespace) -> Option<Finding> {
    if namespace.kind() == Kind::User {
        return user(namespace);
    }
    let finding = rights::lacking(look, namespace, CapabilitySet::SYS_ADMIN)?;
    Some(match namespace.owner() {
        Gathered::Known(owner) if Some(owner.identity()) != own_user() && !has_privilege() => {
            let other = remedy::as_other("run ns-enter as that user or as root", CapabilitySet::SYS_ADMIN);
            finding.help(format!("{other}, or enter {owner} too: --user={owner}"))
        }
        _ => finding,
    })
}

/// Why the kernel calls this namespace an invalid one to enter.
pub(crate) fn invalid(look: &Look, namespace: &Namespace) -> Option<Finding> {
    let own = Namespace::own(namespace.kind()).ok()?;
    let is_own = own.identity() == namespace.identity();
    match namespace.kind() {
        Kind::User if is_own => Some(Finding::new(format!("the caller is already in {namespace}"))),
        Kind::User => restrictions::several_threads(look),
        Kind::Pid if !is_own && !is_below(namespace, own.identity()) => Some(
            Finding::new(format!(
                "{namespace} is not below {own}, the caller's PID namespace"
            ))
            .help("start ns-enter in that namespace or above it (pid_namespaces(7))"),
        ),
        _ => None,
    }
}

/// True if one of the parents of the namespace is the one with this identity.
fn is_below(namespace: &Namespace, above: crate::Identity) -> bool {
    let mut next = namespace.parent();
    while let Gathered::Known(parent) = next {
        if parent.identity() == above {
            return true;
        }
        next = parent.parent();
    }
    false
}

/// True if the caller has power over the namespaces of its user namespace, and of the user namespaces below. Also true if
/// the kernel does not tell the capabilities: they are not the cause then.
fn has_privilege() -> bool {
    caller::has(CapabilitySet::SYS_ADMIN).unwrap_or(true)
}

fn own_user() -> Option<crate::Identity> {
    Some(Namespace::own(Kind::User).ok()?.identity())
}

/// A user namespace can be entered by its creator, and by processes with privileges above it.
fn user(namespace: &Namespace) -> Option<Finding> {
    let parent = match namespace.parent() {
        Gathered::Known(parent) => parent,
        // The kernel tells of a parent that is the caller's user namespace, or below it. The first one has none.
        Gathered::Absent | Gathered::Unreadable(Errno::EPERM) => {
            return Some(Finding::new(format!(
                "{namespace} is not below the caller's user namespace"
            )));
        }
        Gathered::Unreadable(_) | Gathered::NotTold | Gathered::NotAsked => return None,
    };
    let Gathered::Known(uid) = namespace.owner_uid() else {
        return None;
    };
    let is_maker = uid == caller::ids().uid && Some(parent.identity()) == own_user();
    if is_maker || has_privilege() {
        // The caller may enter it, so something else is in the way.
        return None;
    }
    let maker = match UserNames::default().name(uid) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    };
    let or_root = if uid == 0 { "" } else { " or as root" };
    let help = remedy::as_other(
        format!("run ns-enter as {maker}{or_root}"),
        CapabilitySet::SYS_ADMIN,
    );
    Some(Finding::new(format!("{namespace} was made by {maker}")).help(help))
}
