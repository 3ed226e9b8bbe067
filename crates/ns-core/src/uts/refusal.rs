//! Why the kernel does not let the caller set a name: found by looking at who owns the namespace.

use nix::errno::Errno;
use rustix::thread::{CapabilitySet, capabilities};

use crate::{Error, Gathered, Kind, Namespace};

/// The error with its cause, where the cause is one of rights.
pub(super) fn explain(error: Error, namespace: &Namespace) -> Error {
    if error.errno() != Some(Errno::EPERM) {
        return error;
    }
    let Ok(own) = Namespace::own(Kind::User) else {
        return error;
    };
    match namespace.owner() {
        Gathered::Known(owner) if owner.identity() == own.identity() => {
            let able = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_ADMIN));
            if able {
                return error;
            }
            error.explained(
                Some(format!(
                    "{owner}, which owns {namespace}, is where CAP_SYS_ADMIN is needed, and this process lacks it"
                )),
                Some("run it as root, or give a program a host name of its own: ns-unshare --user --uts".into()),
            )
        }
        Gathered::Known(owner) => {
            let uid = match owner.owner_uid() {
                Gathered::Known(uid) => format!(", made by uid {uid}"),
                Gathered::Absent | Gathered::Unreadable(_) => String::new(),
            };
            error.explained(
                Some(format!(
                    "{namespace} is owned by {owner}{uid}, where this process has no rights"
                )),
                Some("run it as root, or as whoever made that user namespace".into()),
            )
        }
        Gathered::Absent | Gathered::Unreadable(_) => error.explained(
            Some(format!(
                "{namespace} is owned by a user namespace that is neither {own}, this process's, nor below it"
            )),
            Some("run it outside of this user namespace".into()),
        ),
    }
}
