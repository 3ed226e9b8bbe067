//! Making namespaces (`unshare(2)`), and entering them (`setns(2)`).

use std::fmt;
use std::os::fd::{AsFd as _, BorrowedFd};

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};
use rustix::thread::CapabilitySet;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::error::Doing;
use crate::explain::{Finding, Look, capability, entering, filter, limits, maps, restrictions};
use crate::launch::facts::{Demands, StepFacts};
use crate::process::remedy;
use crate::sys::errno::{from_rustix, lacks_resources};
use crate::sys::ioctl;
use crate::target::{self, Destination};
use crate::{Identity, Kind, Kinds, Result};

/// A step that changes the namespaces of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceStep {
    /// Make new namespaces of these kinds.
    Unshare(Kinds),
    /// Make the mount namespace again until it can be bound to a file. Linux 6.18 refuses to bind a mount namespace
    /// inside one with a higher id.
    MakeBindable,
    /// Enter the new time namespace, which otherwise only later children would be in.
    EnterTime,
    /// Enter those of these namespaces that allow it, before a user namespace takes away the rights to do so.
    TryJoin(Vec<Destination>),
    /// Enter those of these namespaces that were not entered yet.
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
            Self::TryJoin(destinations) => joining("try-join", destinations),
            Self::Join(destinations) => joining("join", destinations),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::Unshare(kinds) => {
                if process.demands.contains(Demands::MOUNT_ID) {
                    process.mount_before = match own_mount_id() {
                        Err(errno) if lacks_resources(errno) => return Err(errno).doing(|| self.to_string()),
                        id => id.ok(),
                    };
                }
                if kinds.contains(Kind::User) {
                    process.without_root_map = maps::root_not_mappable();
                }
                nix::sched::unshare(kinds.flags())
            }
            // Without ids in the kernel there is nothing to compare, and the limit does not exist.
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
                Errno::EPERM => {
                    filter::refuses_unshare(look, *kinds, errno).or_else(|| not_created(look, *kinds))
                }
                Errno::ENOSYS => filter::refuses_unshare(look, *kinds, errno),
                Errno::EINVAL => restrictions::several_threads(look),
                _ => None,
            },
            // If there are several, the error of the failing one says which it was.
            Self::Join(destinations) => match (destinations.as_slice(), errno) {
                ([destination], Errno::EPERM) => entering::refused(look, &destination.namespace().ok()?)
                    .or_else(|| filter::refuses_setns(look, errno)),
                (_, Errno::ENOSYS) => filter::refuses_setns(look, errno),
                ([destination], Errno::EINVAL) => entering::invalid(look, &destination.namespace().ok()?),
                _ => None,
            },
            Self::EnterTime if errno == Errno::ENOENT => restrictions::no_proc(look),
            Self::MakeBindable | Self::EnterTime | Self::TryJoin(_) => None,
        }
    }

    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        match self {
            Self::Join(destinations) => destinations.iter().flat_map(Destination::descriptors).collect(),
            Self::Unshare(_) | Self::MakeBindable | Self::EnterTime | Self::TryJoin(_) => Vec::new(),
        }
    }
}

/// Why the kernel itself does not create namespaces of these kinds.
fn not_created(look: &Look, kinds: Kinds) -> Option<Finding> {
    if kinds.contains(Kind::User) {
        return restrictions::no_user_namespace(look);
    }
    let finding = capability::missing(look, CapabilitySet::SYS_ADMIN)?;
    // In a user namespace of its own, the caller has the capability.
    let has_another_way = restrictions::no_user_namespace(look).is_none() && maps::may_be_root(look);
    Some(if has_another_way {
        // These are the kinds of -a --share=user too, which rules out -r.
        let are_all_others = kinds.iter().count() == Kind::ALL.len() - 1;
        let instead = if are_all_others {
            "create a user namespace too: -r, without --share=user"
        } else {
            "add -r"
        };
        finding.help(remedy::for_missing_or(CapabilitySet::SYS_ADMIN, instead))
    } else {
        finding
    })
}

/// The facts of a step with this word that joins these namespaces.
fn joining(word: &'static str, destinations: &[Destination]) -> StepFacts {
    let facts = StepFacts::of(word);
    if destinations
        .iter()
        .any(|destination| destination.kind() == Kind::Mnt)
    {
        facts.demanding(Demands::OTHER_ROOT)
    } else {
        facts
    }
}

fn own_mount_id() -> nix::Result<u64> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open("/proc/self/ns/mnt", flags, Mode::empty()).map_err(from_rustix)?;
    ioctl::ns_get_id(&file)
}

/// Makes the mount namespace again until its id is higher than `before`, the id of the one to bind it in.
///
/// Linux 6.18 gives out ids in batches, one batch for each CPU, and treats a lower id as an older namespace. So this
/// tries each CPU. If none has a higher batch, it uses a batch up.
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

/// Joins the namespaces that allow it. The user namespace may change what is allowed for the others.
fn try_join(destinations: &[Destination], process: &mut InsideProcess) {
    for destination in destinations {
        if !process.joined.contains(&key(destination)) && destination.enter().is_ok() {
            process.has_entered(destination.kind(), destination.identity());
        }
    }
}

/// Joins the namespaces that were not joined yet.
fn join(destinations: &[Destination], process: &mut InsideProcess) -> Result<()> {
    for destination in destinations {
        if process.joined.contains(&key(destination)) {
            continue;
        }
        if let Err(error) = destination.enter() {
            let alone = NamespaceStep::Join(vec![destination.clone()]);
            let descriptors = alone.descriptors();
            return Err(process.explain_with(error, &descriptors, |look, errno| alone.cause(look, errno)));
        }
        process.has_entered(destination.kind(), destination.identity());
    }
    Ok(())
}

fn key(destination: &Destination) -> (Kind, Identity) {
    (destination.kind(), destination.identity())
}
