//! Namespaces: made (`unshare(2)`) and entered (`setns(2)`).

use std::fmt;
use std::os::fd::AsFd as _;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};
use rustix::thread::CapabilitySet;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::error::Doing;
use crate::explain::{Finding, Look, capability, entering, limits, restrictions};
use crate::launch::facts::{Demands, StepFacts};
use crate::sys::errno::from_rustix;
use crate::sys::ioctl;
use crate::target::{self, Destination};
use crate::{Identity, Kind, Kinds, Result};

/// A step that changes which namespaces the process is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceStep {
    /// Make new namespaces of these kinds.
    Unshare(Kinds),
    /// Make the mount namespace anew until it can be bound to a file: Linux 6.18 refuses that to one whose id is lower
    /// than that of the mount namespace it is bound in.
    MakeBindable,
    /// Enter the new time namespace, in which so far only children would be born.
    EnterTime,
    /// Enter those of these namespaces that let us in, before a user namespace takes away what we may.
    TryJoin(Vec<Destination>),
    /// Enter these namespaces, those that were not entered yet.
    Join(Vec<Destination>),
}

impl fmt::Display for NamespaceStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unshare(kinds) => write!(f, "create {}", kinds.new_in_words()),
            Self::MakeBindable => f.write_str("create a mount namespace that can be bound to a file"),
            Self::EnterTime => f.write_str("enter the new time namespace"),
            Self::TryJoin(destinations) => {
                let destinations = target::in_words(destinations);
                write!(f, "join, if that is allowed, {destinations}")
            }
            Self::Join(destinations) => write!(f, "join {}", target::in_words(destinations)),
        }
    }
}

impl InsideFamily for NamespaceStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::Unshare(_) => StepFacts::of("unshare"),
            Self::MakeBindable => StepFacts::of("make-bindable").demanding(Demands::MOUNT_ID),
            Self::EnterTime => StepFacts::of("enter-time"),
            Self::TryJoin(_) => StepFacts::of("try-join"),
            Self::Join(_) => StepFacts::of("join"),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::Unshare(kinds) => {
                if process.demands.contains(Demands::MOUNT_ID) {
                    process.mount_before = own_mount_id().ok();
                }
                nix::sched::unshare(kinds.flags())
            }
            // Without ids in the kernel there is nothing to compare, and no need to.
            Self::MakeBindable => process.mount_before.map_or(Ok(()), make_bindable),
            Self::EnterTime => enter_time(),
            Self::TryJoin(destinations) => {
                try_join(destinations, process);
                Ok(())
            }
            Self::Join(destinations) => return join(destinations, process),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::Unshare(kinds) => match errno {
                Errno::ENOSPC | Errno::EUSERS => limits::reached(look, *kinds),
                Errno::EPERM if kinds.contains(Kind::User) => restrictions::in_chroot(look)
                    .or_else(|| restrictions::user_namespaces_off(look))
                    .or_else(|| restrictions::unmapped_caller(look)),
                Errno::EPERM => capability::missing(look, CapabilitySet::SYS_ADMIN)
                    .map(|finding| finding.help("run it as root, or add -r")),
                Errno::EINVAL => restrictions::several_threads(look),
                _ => None,
            },
            // Which of several it was is said by the error of that one alone.
            Self::Join(destinations) => match (destinations.as_slice(), errno) {
                ([destination], Errno::EPERM) => entering::refused(look, &destination.namespace().ok()?),
                _ => None,
            },
            Self::MakeBindable | Self::EnterTime | Self::TryJoin(_) => None,
        }
    }
}

fn own_mount_id() -> nix::Result<u64> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open("/proc/self/ns/mnt", flags, Mode::empty()).map_err(from_rustix)?;
    ioctl::ns_get_id(&file)
}

/// Makes the mount namespace anew until its id is higher than `before`, that of the one it is to be bound in.
///
/// Linux 6.18 hands the ids out in batches, one batch a CPU, and takes a lower id for an older namespace. So this goes
/// from CPU to CPU, and, where none has a higher batch, uses a batch up.
fn make_bindable(before: u64) -> nix::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let anew = || nix::sched::unshare(Kinds::from_iter([Kind::Mnt]).flags());
    if own_mount_id()? > before {
        return Ok(());
    }
    let affinity = sched_getaffinity(None).map_err(from_rustix)?;
    let attempt = || -> nix::Result<()> {
        for cpu in 0..CpuSet::MAX_CPU {
            let mut only = CpuSet::new();
            only.set(cpu);
            if sched_setaffinity(None, &only).is_ok() {
                anew()?;
                if own_mount_id()? > before {
                    return Ok(());
                }
            }
        }
        while own_mount_id()? <= before {
            anew()?;
        }
        Ok(())
    };
    let outcome = attempt();
    sched_setaffinity(None, &affinity).map_err(from_rustix)?;
    outcome
}

fn enter_time() -> nix::Result<()> {
    let link = "/proc/self/ns/time_for_children";
    let file =
        rustix::fs::open(link, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(from_rustix)?;
    nix::sched::setns(file.as_fd(), Kind::Time.flag())
}

/// Joins those that let us in. What keeps us out of the others may change with the user namespace.
fn try_join(destinations: &[Destination], process: &mut InsideProcess) {
    for destination in destinations {
        if !process.joined.contains(&key(destination)) && destination.enter().is_ok() {
            process.joined.push(key(destination));
        }
    }
}

/// Joins those that were not joined yet.
fn join(destinations: &[Destination], process: &mut InsideProcess) -> Result<()> {
    for destination in destinations {
        if process.joined.contains(&key(destination)) {
            continue;
        }
        if let Err(error) = destination.enter() {
            let alone = NamespaceStep::Join(vec![destination.clone()]);
            return Err(process.explain(error, |look, errno| alone.cause(look, errno)));
        }
        process.joined.push(key(destination));
    }
    Ok(())
}

fn key(destination: &Destination) -> (Kind, Identity) {
    (destination.kind(), destination.identity())
}
