//! The calling process: its ids, its capabilities, its environment, its place.

use std::ffi::CString;

use nix::unistd::{getegid, geteuid, getuid};
pub use rustix::thread::CapabilitySet;

use crate::error::Doing;
use crate::idmap::{IdKind, IdMap};
use crate::sys::environment;
use crate::sys::fd::read_text_at_once;
use crate::{Error, Result};

/// The ids of the caller, as its own user namespace has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The effective uid, which owns files that the process creates.
    pub uid: u32,
    /// The effective gid.
    pub gid: u32,
    /// The uid of the user who started the process.
    pub real_uid: u32,
}

/// The caller's ids.
pub fn ids() -> Credentials {
    Credentials {
        uid: geteuid().as_raw(),
        gid: getegid().as_raw(),
        real_uid: getuid().as_raw(),
    }
}

/// The caller's environment: every entry unchanged and in order, including entries that set no variable (`environ(7)`).
pub fn environment() -> Vec<CString> {
    environment::entries()
}

/// True if the caller has the capability to write any map of these ids.
pub fn may_map(ids: IdKind) -> Result<bool> {
    has(match ids {
        IdKind::User => CapabilitySet::SETUID,
        IdKind::Group => CapabilitySet::SETGID,
    })
}

/// True if the caller has this capability in its user namespace.
pub fn has(capability: CapabilitySet) -> Result<bool> {
    let sets = rustix::thread::capabilities(None).doing(|| "read the capabilities of this process")?;
    Ok(sets.effective.contains(capability))
}

/// The name of a capability, such as `CAP_SYS_ADMIN` (`capabilities(7)`).
pub(crate) fn name_of(capability: CapabilitySet) -> String {
    let names: Vec<_> = capability
        .iter_names()
        .map(|(name, _)| format!("CAP_{name}"))
        .collect();
    names.join(", ")
}

/// The map of the caller's own user namespace.
pub fn id_map(ids: IdKind) -> Result<IdMap> {
    let file = format!("/proc/self/{}", ids.map_file());
    let text = read_text_at_once(&file)
        .doing(|| format!("read {file}"))
        .map_err(Error::or_without_proc)?;
    IdMap::parse(&text)
}

/// True if this uid stands for the uids that are not mapped in the caller's user namespace
/// (`/proc/sys/kernel/overflowuid`), and for no other.
pub(crate) fn sees_as_unmapped(uid: u32) -> bool {
    let text = read_text_at_once("/proc/sys/kernel/overflowuid").unwrap_or_default();
    text.trim().parse() == Ok(uid) && id_map(IdKind::User).is_ok_and(|map| map.outer(uid).is_none())
}
