//! A child enters a UTS namespace: with the user namespace that owns it where the caller has no rights without.

use nix::errno::Errno;

use crate::{Gathered, Kind, Namespace};

/// Puts the calling process in a UTS namespace, through the user namespace that owns it where it has to be.
///
/// For a child that is to end: there is no way back from a user namespace.
pub(super) fn enter(namespace: &Namespace) -> nix::Result<()> {
    match namespace.enter() {
        Err(Errno::EPERM) => {
            // Whoever made a user namespace has every capability in it, and sees it as the owner (user_namespaces(7)).
            // One setns(2) with a pidfd would take both namespaces, but those of a process: the user namespace that it
            // is in need not be the owner, and a namespace that a bind mount holds has no process.
            let Gathered::Known(owner) = namespace.owner() else {
                return Err(Errno::EPERM);
            };
            enter_owner(&owner)?;
            namespace.enter()
        }
        answer => answer,
    }
}

fn enter_owner(owner: &Namespace) -> nix::Result<()> {
    let own = Namespace::own(Kind::User).map_err(|error| error.errno().unwrap_or(Errno::EPERM))?;
    if own.identity() == owner.identity() {
        return Err(Errno::EPERM);
    }
    owner.enter()
}
