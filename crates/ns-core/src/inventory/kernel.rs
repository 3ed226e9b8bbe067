//! The kernel's own list: mount namespaces since Linux 6.12, all namespaces since 6.19. It also has namespaces whose
//! holders the caller may not read.

use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::sys::{ioctl, listns};
use crate::{Identity, Kind, Kinds, Namespace};

use super::ancestors;
use super::question::Places;
use super::search::Search;

/// Calls `seen` for each namespace in the list. If the kernel does not show the list, as to ordinary users, this place
/// counts as not searched.
pub(super) fn look(search: &mut Search, kinds: Kinds, mut seen: impl FnMut(&mut Search, &Namespace)) {
    let listed = each(kinds, |namespace| {
        if search.is_new(namespace.identity().inode) {
            ancestors::describe(search, namespace);
        }
        seen(search, namespace);
        ControlFlow::Continue(())
    });
    if listed.is_err() {
        search.question.places.remove(Places::KERNEL);
    }
}

/// The namespace with this identity, if the kernel lists it.
pub(super) fn find(kind: Kind, identity: Identity) -> Option<Namespace> {
    let mut found = None;
    let listed = each([kind].into_iter().collect(), |namespace| {
        if namespace.identity() != identity {
            return ControlFlow::Continue(());
        }
        found = Some(namespace.clone());
        ControlFlow::Break(())
    });
    listed.ok().and(found)
}

/// Calls `seen` for each namespace of these kinds that the kernel lists, until `seen` stops it. An older kernel lists
/// none, which is no failure.
pub(super) fn each(kinds: Kinds, mut seen: impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<()> {
    let mut wanted = |namespace: &Namespace| {
        if kinds.contains(namespace.kind()) {
            seen(namespace)
        } else {
            ControlFlow::Continue(())
        }
    };
    match all(&mut wanted) {
        Err(Errno::ENOSYS) if kinds.contains(Kind::Mnt) => mounts(&mut wanted),
        Err(Errno::ENOSYS) => Ok(()),
        answer => answer,
    }
}

/// Lists with `listns(2)`, which has the namespaces that the caller may see.
fn all(seen: &mut impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<()> {
    let mut ids = [0; 512];
    let mut last = 0;
    loop {
        let count = listns::listns(last, &mut ids)?;
        let Some(newest) = ids[..count].last() else {
            return Ok(());
        };
        last = *newest;
        for id in &ids[..count] {
            // A namespace that cannot be opened no longer exists.
            if let Ok(file) = listns::open_by_id(*id)
                && let Ok(namespace) = Namespace::from_file(file)
                && seen(&namespace).is_break()
            {
                return Ok(());
            }
        }
    }
}

/// Lists mount namespaces in the kernel's order: from the caller's own down to the first, and up to the last.
fn mounts(seen: &mut impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<()> {
    let steps: [fn(&Namespace) -> nix::Result<OwnedFd>; 2] = [
        |namespace| ioctl::ns_mnt_get_prev(namespace),
        |namespace| ioctl::ns_mnt_get_next(namespace),
    ];
    for step in steps {
        let Ok(mut current) = Namespace::own(Kind::Mnt) else {
            return Err(Errno::EACCES);
        };
        loop {
            match step(&current).map(|file| Namespace::known(file, Kind::Mnt)) {
                Ok(Ok(next)) => current = next,
                // This is the end of the list, or the kernel has no list. Nothing that was promised is missing
                // then.
                Err(Errno::ENOENT | Errno::ENOTTY) | Ok(Err(_)) => break,
                Err(errno) => return Err(errno),
            }
            if seen(&current).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}
