//! Work done inside a namespace, in a child, so that the caller stays where it is.

use std::io::Write as _;

use nix::errno::Errno;

use super::in_child;
use crate::error::Doing;
use crate::{Gathered, Kind, Namespace, Result};

/// Runs `work` in a child that has entered the namespace, and gives what it gave. `doing` says what it does, after
/// "cannot".
///
/// Where the caller has no rights to the namespace, but made the user namespace that owns it or one above, the child
/// enters that too.
pub fn in_namespace(
    namespace: &Namespace,
    doing: &str,
    work: impl FnOnce() -> nix::Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let answer = in_child(|pipe| {
        let (step, result) = match enter_for_good(namespace) {
            Ok(()) => (Step::Work, work()),
            Err(errno) => (Step::Enter, Err(errno)),
        };
        match result {
            Ok(bytes) => {
                pipe.write_all(&[Step::Done as u8])?;
                pipe.write_all(&bytes)
            }
            // The kernel has no number above 133.
            Err(errno) => pipe.write_all(&[step as u8, u8::try_from(errno as i32).unwrap_or(u8::MAX)]),
        }
    })?;
    let refused = |errno: u8| Errno::from_raw(errno.into());
    match *answer {
        [step, ref bytes @ ..] if step == Step::Done as u8 => Ok(bytes.to_vec()),
        [step, errno] if step == Step::Work as u8 => {
            Err(refused(errno)).doing(|| format!("{doing} in {namespace}"))
        }
        [_, errno] => Err(refused(errno)).doing(|| format!("enter {namespace} to {doing}")),
        _ => Err(Errno::EIO).doing(|| format!("{doing} in {namespace}")),
    }
}

/// What the first byte that the child writes is about.
#[derive(Clone, Copy)]
enum Step {
    Done,
    Enter,
    Work,
}

/// Puts the calling process in the namespace, through the user namespace that owns it where that gives the rights: there
/// is no way back from there.
fn enter_for_good(namespace: &Namespace) -> nix::Result<()> {
    match namespace.enter() {
        Err(Errno::EPERM) => {
            // Whoever made a user namespace has every capability in it and in those below (user_namespaces(7)).
            // One setns(2) with a pidfd would take both namespaces, but those of a process: the user namespace that it
            // is in need not be the owner, and a namespace that a bind mount holds has no process.
            let Gathered::Known(owner) = namespace.owner() else {
                return Err(Errno::EPERM);
            };
            let own = Namespace::own(Kind::User).map_err(|error| error.errno().unwrap_or(Errno::EPERM))?;
            if own.identity() == owner.identity() {
                return Err(Errno::EPERM);
            }
            owner.enter()?;
            namespace.enter()
        }
        answer => answer,
    }
}
