//! Where the cause of a failed step is looked for.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::settings::MOST_SECONDS;
use super::step::Step;
use super::veth::{Veth, VethEnd};
use crate::explain::{self, Finding, Look};
use crate::explain::{
    capability, credentials, entering, limits, links, maps, mounts, names, program, restrictions,
};
use crate::idmap::MapWriter;
use crate::target::Destination;
use crate::{Error, Kind, Namespace};

/// The error of this step with its cause, if a look around finds it.
pub(super) fn explain(step: &Step, error: Error) -> Error {
    explain::explain(error, |look, errno| find(look, step, errno))
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
        (Step::Join(destinations), EPERM) => entering::refused(look, &only(destinations)?.namespace().ok()?),
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
            let kinds = namespaces.iter().map(Destination::kind).collect();
            names::read_only(kinds).map(names::in_own_run)
        }
        (Step::Unpin(_, kinds), EROFS) => names::read_only(*kinds),
        (Step::PinExisting(_, namespaces), EINVAL) => {
            let mut mounts = namespaces.iter().filter(|one| one.kind() == Kind::Mnt);
            names::no_younger(&mounts.next()?.namespace().ok()?)
        }
        _ => None,
    }
}

/// Ids that are mapped and taken.
fn of_ids(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
    use Errno::{EACCES, EAGAIN, EINVAL, ENOENT, EPERM};
    match (step, errno) {
        (Step::Map { ids, map, writer }, EPERM | EINVAL) => match writer {
            MapWriter::Helper => None,
            MapWriter::Inside => restrictions::apparmor(look),
            MapWriter::Outside => maps::refused(look, *ids, map),
        },
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
        (Step::CreateVeth(veth), EPERM) => links::refused(look, &peer_namespace(veth)?),
        (Step::CreateVeth(veth), EEXIST) => {
            let is_own = veth.peer_namespace.is_none();
            links::taken(veth.peer.as_ref()?.as_str(), &peer_namespace(veth)?, is_own)
        }
        // The settings that show are those of the caller's network namespace.
        (Step::SetUpVeth(veth, VethEnd::Peer), EACCES) if veth.peer_namespace.is_none() => {
            links::no_ipv6(look)
        }
        (Step::SetClock(..), ENOENT) => restrictions::no_proc(look),
        (Step::SetClock(clock, offset), ERANGE) => {
            limits::clock(look, clock.word(), offset.behind, MOST_SECONDS)
        }
        (Step::WritePidFile(_) | Step::WriteInfo(_), EFBIG) => limits::file_size(),
        (Step::Execute(program), ENOENT | EACCES) => {
            program::not_run(&program.places(), program.is_looked_for(), errno)
        }
        _ => None,
    }
}

/// Who forbids what the rest of the system would allow: last, where nothing else speaks.
fn of_policy(look: &Look, step: &Step, errno: Errno) -> Option<Finding> {
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
    takes_capabilities
        .then(|| restrictions::in_user_namespace(look, errno))
        .flatten()
}

fn only(destinations: &[Destination]) -> Option<&Destination> {
    match destinations {
        [destination] => Some(destination),
        _ => None,
    }
}

fn peer_namespace(veth: &Veth) -> Option<Namespace> {
    match &veth.peer_namespace {
        Some(namespace) => namespace.namespace().ok(),
        None => Namespace::own(Kind::Net).ok(),
    }
}
