//! Work done inside a namespace, in a child, so that the caller stays where it is.

use std::io::{IoSlice, IoSliceMut, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::setns;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

use super::{Pid, Process, in_child};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::{Gathered, Kind, Namespace, Result};

/// Runs `work` in a child that has entered the namespace, and returns its result. `doing` reads after "cannot".
///
/// If the caller has no rights to the namespace, but created the user namespace that owns it or one above that, the
/// child enters that user namespace too.
pub fn in_namespace(
    namespace: &Namespace,
    doing: &str,
    work: impl FnOnce() -> nix::Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    in_namespace_of(None, namespace, doing, work)
}

/// As [`in_namespace`], with a process that is or recently was in the namespace. If that process is in the owning user
/// namespace too, the child enters both at once.
pub fn in_namespace_of(
    process: Option<Pid>,
    namespace: &Namespace,
    doing: &str,
    work: impl FnOnce() -> nix::Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let answer = in_child(|pipe| {
        let (step, result) = match enter_for_good(process, namespace) {
            Ok(()) => (Progress::Work, work()),
            Err(errno) => (Progress::Enter, Err(errno)),
        };
        match result {
            Ok(bytes) => {
                pipe.write_all(&[Progress::Done as u8])?;
                pipe.write_all(&bytes)
            }
            // The kernel has no number above 133.
            Err(errno) => pipe.write_all(&[step as u8, u8::try_from(errno as i32).unwrap_or(u8::MAX)]),
        }
    })?;
    let refused = |errno: u8| Errno::from_raw(errno.into());
    match *answer {
        [step, ref bytes @ ..] if step == Progress::Done as u8 => Ok(bytes.to_vec()),
        [step, errno] if step == Progress::Work as u8 => {
            Err(refused(errno)).doing(|| format!("{doing} in {namespace}"))
        }
        [_, errno] => Err(refused(errno)).doing(|| format!("enter {namespace} to {doing}")),
        _ => Err(Errno::EIO).doing(|| format!("{doing} in {namespace}")),
    }
}

/// The most files that a child opens for the caller.
const MOST: usize = 2;

/// Opens files in a child that has entered the namespace, as [`in_namespace`] does, and passes them to the caller. A
/// file keeps its namespace: a socket belongs to the network namespace in which it was created, and a directory to the
/// mount namespace in which it was opened.
pub fn open_in_namespace<const N: usize>(
    namespace: &Namespace,
    doing: &str,
    open: impl FnOnce() -> nix::Result<[OwnedFd; N]>,
) -> Result<[OwnedFd; N]> {
    const { assert!(N <= MOST) };
    let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
    let (ours, theirs) = rustix::net::socketpair(AddressFamily::UNIX, kind, flags, None)
        .doing(|| "make a channel to a child")?;
    in_namespace(namespace, doing, || {
        let files = open()?;
        send(theirs.as_fd(), &files.each_ref().map(OwnedFd::as_fd))
            .map(|()| Vec::new())
            .map_err(from_rustix)
    })?;
    drop(theirs);
    receive(ours.as_fd()).doing(|| format!("{doing} in {namespace}"))
}

/// Sends descriptors (`SCM_RIGHTS` of `unix(7)`), with one byte of data, which they need.
fn send(to: BorrowedFd<'_>, files: &[BorrowedFd<'_>]) -> rustix::io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(files));
    rustix::net::sendmsg(to, &[IoSlice::new(b"f")], &mut control, SendFlags::empty()).map(|_| ())
}

fn receive<const N: usize>(from: BorrowedFd<'_>) -> rustix::io::Result<[OwnedFd; N]> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    rustix::net::recvmsg(from, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let files: Vec<_> = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(files) => Some(files),
            _ => None,
        })
        .flatten()
        .collect();
    // Fewer arrive if the caller has reached its limit of open files.
    files.try_into().map_err(|_| rustix::io::Errno::MFILE)
}

/// The meaning of the first byte that the child writes.
#[derive(Clone, Copy)]
enum Progress {
    Done,
    Enter,
    Work,
}

/// Moves the calling process into the namespace, and into the user namespace that owns it if that gives the rights. The
/// process cannot come back.
fn enter_for_good(process: Option<Pid>, namespace: &Namespace) -> nix::Result<()> {
    match namespace.enter() {
        Err(Errno::EPERM) => {
            // The creator of a user namespace has every capability in it and in all namespaces below it
            // (user_namespaces(7)).
            let Gathered::Known(owner) = namespace.owner() else {
                return Err(Errno::EPERM);
            };
            let own = Namespace::own(Kind::User).map_err(|error| error.errno().unwrap_or(Errno::EPERM))?;
            if own.identity() == owner.identity() {
                return Err(Errno::EPERM);
            }
            if let Some(process) = process.and_then(|pid| Process::open(pid).ok())
                && is_in(&process, &owner)
                && is_in(&process, namespace)
                && let Some(pidfd) = process.pidfd()
                && setns(pidfd, owner.kind().flag() | namespace.kind().flag()).is_ok()
            {
                // The process may have entered another namespace meanwhile.
                let there = Namespace::own(namespace.kind());
                let there = there.is_ok_and(|there| there.identity() == namespace.identity());
                return if there { Ok(()) } else { Err(Errno::EAGAIN) };
            }
            // A process in the namespace need not be in the owner. A namespace that only a bind mount holds has no
            // process.
            owner.enter()?;
            namespace.enter()
        }
        answer => answer,
    }
}

fn is_in(process: &Process, namespace: &Namespace) -> bool {
    let of_process = process.namespace(namespace.kind());
    of_process.is_ok_and(|of_process| of_process.identity() == namespace.identity())
}
