//! Why a namespace cannot be entered (`setns(2)`): whose it is, and what would help.

use rustix::thread::CapabilitySet;

use super::look::Look;
use super::{Finding, rights};
use crate::launch::Destinations;
use crate::users::UserNames;
use crate::{Gathered, Kind, Namespace};

/// The namespace that was refused: steps that failed name one only.
pub(super) fn refused(look: &Look, destinations: &Destinations) -> Option<Finding> {
    let mut all = destinations.iter();
    let (Some(destination), None) = (all.next(), all.next()) else {
        return None;
    };
    let namespace = &*destination.open().ok()?;
    if namespace.kind() == Kind::User {
        return Some(user(namespace));
    }
    let finding = rights::lacking(look, namespace, CapabilitySet::SYS_ADMIN)?;
    Some(match namespace.owner() {
        Gathered::Known(owner) if Some(owner.identity()) != own_user() => finding.help(format!(
            "run ns-enter as that user or as root, or enter {owner} too: --user={owner}"
        )),
        _ => finding,
    })
}

fn own_user() -> Option<crate::Identity> {
    Some(Namespace::own(Kind::User).ok()?.identity())
}

/// Into a user namespace come those who made it and those with privilege above it.
fn user(namespace: &Namespace) -> Finding {
    let Gathered::Known(uid) = namespace.owner_uid() else {
        return Finding::new(format!("{namespace} is not below our user namespace"));
    };
    let maker = match UserNames::default().name(uid) {
        Some(name) => format!("{name} (uid {uid})"),
        None => format!("uid {uid}"),
    };
    Finding::new(format!("{namespace} was made by {maker}"))
        .help(format!("run ns-enter as {maker} or as root"))
}
