//! Ids and capabilities in new user namespaces, and in an entered one (`credentials(7)`, `capabilities(7)`).

use std::fmt;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid};
use rustix::thread::CapabilitySet;

use super::entered_ids;
use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::error::Doing;
use crate::explain::{Finding, Look, capability, credentials};
use crate::idmap::IdKind;
use crate::launch::facts::{Demands, StepFacts};
use crate::process::{Pid, Process};
use crate::sys::errno::from_rustix;
use crate::target::Destination;
use crate::{Kind, Result};

/// A step that changes the ids or the capabilities of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialStep {
    /// Take the ids that will own the new user namespace, and drop all supplementary groups.
    BecomeOwner {
        /// The owner's uid.
        uid: u32,
        /// The owner's gid.
        gid: u32,
    },
    /// Drop all supplementary groups, if that is allowed.
    TryDropGroups,
    /// Take this uid, or this gid and no other groups, in the entered user namespace.
    Take(IdKind, WantedId),
    /// Take these supplementary groups in place of all others.
    SetGroups(Vec<u32>),
    /// Drop all supplementary groups, and take this gid.
    SetGid(u32),
    /// Take this uid.
    SetUid(u32),
    /// Keep all capabilities for the program, as ambient ones.
    KeepCapabilities,
}

/// An id to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedId {
    /// This id.
    Is(u32),
    /// 0, or the first mapped id if 0 is not mapped.
    Root,
    /// The id of the process with this PID, which is this id in the user namespace.
    Of(Pid, u32),
}

impl WantedId {
    /// The id of a process, as the last of these user namespaces has it. They are entered in this order, by the plan
    /// that takes the id.
    ///
    /// [`Error::Unfit`](crate::Error::Unfit) if the id is not mapped there.
    pub fn of_process(ids: IdKind, process: &Process, entered: &[&Destination]) -> Result<Self> {
        Ok(Self::Of(
            process.pid(),
            entered_ids::id_of(ids, process, entered)?,
        ))
    }
}

impl fmt::Display for CredentialStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BecomeOwner { uid, gid } => write!(f, "become uid {uid} and gid {gid}"),
            Self::TryDropGroups => f.write_str("drop all groups, if that is allowed"),
            Self::Take(ids, wanted) => match wanted {
                WantedId::Is(id) => write!(f, "set the {} to {id}", ids.name()),
                WantedId::Root => write!(
                    f,
                    "set the {0} to 0, or to the first {0} that is mapped",
                    ids.name()
                ),
                WantedId::Of(pid, id) => {
                    write!(f, "set the {0} to {id}, the {0} of process {pid}", ids.name())
                }
            },
            Self::SetGroups(gids) => {
                let gids: Vec<_> = gids.iter().map(u32::to_string).collect();
                write!(f, "set the supplementary groups to {}", gids.join(", "))
            }
            Self::SetGid(gid) => write!(f, "set the gid to {gid} and drop all other groups"),
            Self::SetUid(uid) => write!(f, "set the uid to {uid}"),
            Self::KeepCapabilities => f.write_str("keep the capabilities for the program"),
        }
    }
}

impl InsideFamily for CredentialStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::BecomeOwner { .. } => StepFacts::of("become-owner"),
            Self::TryDropGroups => StepFacts::of("try-drop-groups").demanding(Demands::PROC),
            Self::Take(IdKind::User, _) => StepFacts::of("take-uid").demanding(Demands::PROC),
            Self::Take(IdKind::Group, _) => StepFacts::of("take-gid").demanding(Demands::PROC),
            Self::SetGroups(_) => StepFacts::of("setgroups"),
            Self::SetGid(_) => StepFacts::of("setgid"),
            Self::SetUid(_) => StepFacts::of("setuid"),
            Self::KeepCapabilities => StepFacts::of("keep-capabilities"),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::BecomeOwner { uid, gid } => return self.become_owner(*uid, *gid, process),
            Self::TryDropGroups => {
                process.groups_dropped = nix::unistd::setgroups(&[]).is_ok();
                Ok(())
            }
            Self::Take(ids, wanted) => return take(*ids, wanted, process),
            Self::SetGroups(gids) => {
                let gids: Vec<_> = gids.iter().copied().map(Gid::from_raw).collect();
                nix::unistd::setgroups(&gids)
            }
            Self::SetGid(gid) => nix::unistd::setgroups(&[]).and_then(|()| set_gid(*gid)),
            Self::SetUid(uid) => set_uid(*uid),
            Self::KeepCapabilities => keep_capabilities(),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::SetGid(gid) if matches!(errno, Errno::EPERM | Errno::EINVAL) => {
                credentials::gid(look, *gid, errno)
            }
            Self::SetUid(uid) if matches!(errno, Errno::EPERM | Errno::EINVAL) => {
                credentials::uid(look, *uid, errno)
            }
            Self::SetGroups(gids) if matches!(errno, Errno::EPERM | Errno::EINVAL) => {
                credentials::groups(look, gids, errno)
            }
            Self::Take(IdKind::Group, _) => capability::lacking(look, errno, CapabilitySet::SETGID),
            Self::Take(IdKind::User, _) => capability::lacking(look, errno, CapabilitySet::SETUID),
            Self::TryDropGroups
            | Self::KeepCapabilities
            | Self::BecomeOwner { .. }
            | Self::SetGroups(_)
            | Self::SetGid(_)
            | Self::SetUid(_) => None,
        }
    }
}

impl CredentialStep {
    /// Takes the ids. Each call needs a capability, which is gone when the uid has changed.
    fn become_owner(&self, uid: u32, gid: u32, process: &InsideProcess) -> Result<()> {
        let with = |capability: CapabilitySet, answer: nix::Result<()>| {
            answer.doing(|| self.to_string()).map_err(|error| {
                process.explain(error, |look, errno| capability::lacking(look, errno, capability))
            })
        };
        let own = Uid::from_raw(uid);
        with(CapabilitySet::SETGID, nix::unistd::setgroups(&[]))?;
        with(CapabilitySet::SETGID, set_gid(gid))?;
        with(CapabilitySet::SETUID, nix::unistd::setresuid(own, own, own))?;
        // With the old ids, the kernel has also reset this flag, and with it the access to the own files in /proc, such
        // as the id maps.
        nix::sys::prctl::set_dumpable(true).doing(|| self.to_string())
    }
}

fn set_gid(gid: u32) -> nix::Result<()> {
    let gid = Gid::from_raw(gid);
    nix::unistd::setresgid(gid, gid, gid)
}

fn set_uid(uid: u32) -> nix::Result<()> {
    let uid = Uid::from_raw(uid);
    // Without this, the capabilities that a later step keeps would be lost with uid 0. If no step keeps them, execve(2)
    // drops them.
    rustix::thread::set_keep_capabilities(true).map_err(from_rustix)?;
    nix::unistd::setresuid(uid, uid, uid)?;
    // execve(2) clears the flag too.
    let _ = rustix::thread::set_keep_capabilities(false);
    Ok(())
}

/// Takes an id. With a gid, all other groups are dropped, if that is allowed. If another id is used instead of 0, a
/// note says so.
fn take(ids: IdKind, wanted: &WantedId, process: &InsideProcess) -> Result<()> {
    let id = match wanted {
        WantedId::Is(id) | WantedId::Of(_, id) => *id,
        WantedId::Root => entered_ids::first_mapped(ids, process)?,
    };
    let done = match ids {
        IdKind::User => set_uid(id),
        IdKind::Group => drop_groups(process).and_then(|()| set_gid(id)),
    };
    match done {
        Err(Errno::EINVAL) => Err(entered_ids::unmapped(ids, id, process)),
        done => done.doing(|| format!("set the {} to {id}", ids.name())),
    }
}

/// Drops all groups. If setgroups(2) is denied, for a good reason (`user_namespaces(7)`), they stay: that is not the
/// caller's fault.
fn drop_groups(process: &InsideProcess) -> nix::Result<()> {
    match nix::unistd::setgroups(&[]) {
        Err(Errno::EPERM) if process.groups_dropped || process.has_joined(Kind::User) => Ok(()),
        answer => answer,
    }
}

fn keep_capabilities() -> nix::Result<()> {
    let mut sets = rustix::thread::capabilities(None).map_err(from_rustix)?;
    sets.effective = sets.permitted;
    sets.inheritable = sets.permitted;
    rustix::thread::set_capabilities(None, sets).map_err(from_rustix)?;
    for capability in sets.permitted.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true).map_err(from_rustix)?;
    }
    Ok(())
}
