//! Help for a caller that lacks a right. It depends on who the caller is: root is never told to run a program as root.

use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::thread::CapabilitySet;

use super::caller;
use crate::idmap::IdKind;

/// Help where root would have the right. `None` if the caller is root. In a user namespace without root, nobody can
/// become root: sudo has no rights there.
pub(crate) fn as_root() -> Option<String> {
    (caller::ids().uid != 0).then(|| {
        if caller::id_map(IdKind::User).is_ok_and(|map| map.outer(0).is_none()) {
            "run it as root outside this user namespace".into()
        } else if rustix::thread::no_new_privs() == Ok(true) {
            // sudo gains no privileges either.
            "run it as root".into()
        } else {
            "run it as root (sudo)".into()
        }
    })
}

/// Help for a caller that lacks this capability.
pub(crate) fn for_missing(capability: CapabilitySet) -> String {
    as_root().unwrap_or_else(|| for_root(capability))
}

/// Help for root without this capability, or for a caller that has become another user meanwhile.
pub(crate) fn for_root(capability: CapabilitySet) -> String {
    let name = caller::name_of(capability);
    let short = name.trim_start_matches("CAP_");
    format!("give root {name}: --cap-add {short} (Docker, Podman), CapabilityBoundingSet={name} (systemd)")
}

/// Help for a caller that lacks this capability, with another way out.
pub(crate) fn for_missing_or(capability: CapabilitySet, instead: &str) -> String {
    format!("{}, or {instead}", for_missing(capability))
}

/// Help where another user has the right. Root has it too, unless root lacks this capability.
pub(crate) fn as_other(other: impl Into<String>, capability: CapabilitySet) -> String {
    as_root().map_or_else(|| for_missing(capability), |_| other.into())
}

/// This help, and that root would have the right.
pub(crate) fn or_as_root(first: &str) -> String {
    as_root().map_or_else(|| first.into(), |root| format!("{first}, or {root}"))
}

/// The command that sets a sysctl, and who can run it if the caller cannot (`proc(5)`, `namespaces(7)`).
pub(crate) fn sysctl(name: &str, value: i64) -> String {
    let command = format!("sysctl {name}={value}");
    let file = format!("/proc/sys/{}", name.replace('.', "/"));
    let answer = accessat(CWD, file, Access::WRITE_OK, AtFlags::EACCESS);
    let is_refused = |errno| matches!(errno, rustix::io::Errno::ACCESS | rustix::io::Errno::PERM);
    match answer {
        Err(errno) if is_refused(errno) && caller::ids().uid != 0 => format!("as root: {command}"),
        // Each user namespace has the limits of user.* for itself.
        Err(errno) if is_refused(errno) && name.starts_with("user.") => {
            format!("with CAP_SYS_RESOURCE: {command}")
        }
        Err(errno) if is_refused(errno) => format!("outside this user namespace: {command}"),
        Err(rustix::io::Errno::ROFS) => {
            format!("outside this container, as /proc is read-only here: {command}")
        }
        _ => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_not_told_to_be_root() {
        let help = for_missing(CapabilitySet::SYS_PTRACE);
        if caller::ids().uid == 0 {
            assert_eq!(as_root(), None);
            assert!(help.contains("--cap-add SYS_PTRACE "), "{help}");
            assert_eq!(or_as_root("add -r"), "add -r");
        } else {
            assert_eq!(help, "run it as root (sudo)");
            assert_eq!(or_as_root("add -r"), "add -r, or run it as root (sudo)");
        }
    }
}
