//! Why the kernel refused a step, and what to do about it: found by looking, after the failure, in the process in which it
//! happened. Where nothing is found nothing is said: a guess is never printed as a cause.

mod capability;
mod credentials;
mod entering;
mod limits;
mod links;
mod look;
mod maps;
mod mounts;
mod names;
mod program;
mod restrictions;
mod rights;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use crate::idmap::MapWriter;
use crate::launch::Step;
use crate::{Error, Kind, Namespace};
use look::Look;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    /// The fact that stands in the way.
    cause: String,
    /// What would take it away, or go around it.
    help: Option<String>,
}

impl Finding {
    fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            help: None,
        }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

/// The error with its cause and what would help, where a look around finds them.
pub fn explain(step: &Step, error: Error) -> Error {
    let looked = match error.errno() {
        Some(errno) => find(&Look::around(), step, errno),
        None => maps::refused_by_helper(&Look::around(), step),
    };
    match looked {
        // What was known of the error already came from closer by.
        Some(_) if error.cause().is_some() => error,
        Some(Finding { cause, help }) => error.explained(Some(cause), help),
        None => error,
    }
}

/// The error of something that was done in a namespace, with its cause where that is one of rights.
pub fn explain_in(namespace: &Namespace, error: Error) -> Error {
    if error.errno() != Some(Errno::EPERM) || error.cause().is_some() {
        return error;
    }
    let look = Look::around();
    let lacking = rights::lacking(&look, namespace, CapabilitySet::SYS_ADMIN);
    match lacking.or_else(|| restrictions::seccomp(&look)) {
        Some(Finding { cause, help }) => error.explained(Some(cause), help),
        None => error,
    }
}

/// Looks for the cause, the likeliest places first.
fn find(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    of_namespaces(look, step, errno)
        .or_else(|| of_ids(look, step, errno))
        .or_else(|| of_mounts(look, step, errno))
        .or_else(|| of_what_is_set(look, step, errno))
        .or_else(|| of_policy(look, step, errno))
}

/// Namespaces that are made, entered and kept, and the processes that are born in them.
fn of_namespaces(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, EAGAIN, EINVAL, ENOMEM, ENOSPC, EPERM, EROFS, EUSERS};
    match (step, errno) {
        (Step::Unshare(kinds), ENOSPC | EUSERS) => limits::reached(look, *kinds),
        (Step::Unshare(kinds), EPERM) if kinds.contains(Kind::User) => restrictions::in_chroot(look)
            .or_else(|| restrictions::user_namespaces_off(look))
            .or_else(|| restrictions::unmapped_caller(look)),
        (Step::Unshare(_), EPERM) => capability::missing(look, CapabilitySet::SYS_ADMIN)
            .map(|finding| finding.help("run it as root, or add --user --map-root-user")),
        (Step::Unshare(_), EINVAL) => restrictions::several_threads(look),
        (Step::Join(destinations), EPERM) => entering::refused(look, destinations),
        (Step::ForkFirst | Step::ForkInto | Step::StayAsInit, ENOMEM) => {
            restrictions::first_process_gone(look)
        }
        (Step::ForkFirst | Step::ForkInto | Step::StayAsInit, EAGAIN) => limits::processes(look),
        (Step::Pin(kind, file), EINVAL | EPERM | EACCES) => mounts::pin(look, *kind, file, errno),
        (Step::PinNew(..) | Step::PinExisting(..) | Step::Unpin(..), EPERM | EACCES) => {
            names::refused(look, errno)
        }
        (Step::PinNew(_, kinds), EROFS) => names::read_only(*kinds).map(names::in_own_run),
        (Step::PinExisting(_, namespaces), EROFS) => {
            names::read_only(namespaces.kinds()).map(names::in_own_run)
        }
        (Step::Unpin(_, kinds), EROFS) => names::read_only(*kinds),
        (Step::PinExisting(_, namespaces), EINVAL) => names::no_younger(namespaces),
        _ => None,
    }
}

/// Ids that are mapped and taken.
fn of_ids(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, EAGAIN, EINVAL, ENOENT, EPERM};
    match (step, errno) {
        (Step::Map { ids, map, writer }, EPERM | EINVAL) => maps::refused(look, *ids, map, *writer),
        (Step::Map { ids, writer, .. }, _) if *writer == MapWriter::Helper => match errno {
            ENOENT | EACCES => Some(maps::no_helper(*ids)),
            EAGAIN => limits::processes(look),
            _ => None,
        },
        (Step::Map { writer, .. }, ENOENT) if *writer == MapWriter::Inside => restrictions::no_proc(look),
        (Step::Setgroups(_), ENOENT) => restrictions::no_proc(look),
        (Step::Setgroups(_), EPERM) => credentials::setgroups_fixed(look),
        (Step::SetGid(gid), EPERM | EINVAL) => credentials::gid(look, *gid, errno),
        (Step::SetUid(uid), EPERM | EINVAL) => credentials::uid(look, *uid, errno),
        (Step::BecomeOwner { .. }, EPERM) => capability::missing(look, CapabilitySet::SETGID)
            .or_else(|| capability::missing(look, CapabilitySet::SETUID)),
        _ => None,
    }
}

/// Mounts, and what is the root among them.
fn of_mounts(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, EINVAL, ENOENT, EPERM};
    match (step, errno) {
        (Step::MountSys, EPERM) => capability::not_owner(look, Kind::Net),
        (Step::Bind(_, on), ENOENT) => mounts::nothing_there(on),
        (Step::MountProc(_) | Step::MountProcBelow(..), EPERM) => mounts::proc(look),
        (Step::PrepareRoot(_) | Step::PivotRoot(_) | Step::Propagate(_), EINVAL) => {
            mounts::root_is_no_mount(look)
        }
        (Step::Chroot(_) | Step::EnterRoot(_), EPERM) => capability::missing(look, CapabilitySet::SYS_CHROOT),
        (Step::RegisterInterpreter(..), EACCES) => mounts::registered_by_root(),
        _ => None,
    }
}

/// Links, clocks, what is written for others, and the program.
fn of_what_is_set(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, EEXIST, EFBIG, ENOENT, EPERM, ERANGE};
    match (step, errno) {
        (Step::CreateVeth(veth), EPERM) => links::refused(look, veth),
        (Step::CreateVeth(veth), EEXIST) => links::taken(veth),
        (Step::SetUpVeth(veth, end), EACCES) => links::no_ipv6(look, veth, *end),
        (Step::SetClock(..), ENOENT) => restrictions::no_proc(look),
        (Step::SetClock(clock, offset), ERANGE) => limits::clock(look, *clock, offset.behind),
        (Step::WritePidFile(_) | Step::WriteInfo(_), EFBIG) => limits::file_size(),
        (Step::Execute(program), ENOENT | EACCES) => program::not_run(program, errno),
        _ => None,
    }
}

/// Who forbids what the rest of the system would allow: last, where nothing else speaks.
fn of_policy(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, ENOSYS, EPERM};
    // A filter answers with whatever it was told to, most often one of these.
    let may_be_filter = matches!(errno, EPERM | ENOSYS);
    // What takes the capabilities that one has in a user namespace of one's own.
    let takes_capabilities = matches!(
        step,
        Step::LoopbackUp
            | Step::MountSys
            | Step::HostName(_)
            | Step::DomainName(_)
            | Step::Propagate(_)
            | Step::PrepareRoot(_)
            | Step::PivotRoot(_)
            | Step::MountProc(_)
            | Step::MountProcBelow(..)
    );
    (takes_capabilities && matches!(errno, EPERM | EACCES))
        .then(|| restrictions::apparmor_inside(look))
        .flatten()
        .or_else(|| may_be_filter.then(|| restrictions::seccomp(look)).flatten())
}
