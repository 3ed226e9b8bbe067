//! What the kernel lists itself: mount namespaces since Linux 6.12, all namespaces since 6.19. So are those found that
//! are held by nothing that the caller may read.

use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::sys::{ioctl, listns};
use crate::{Identity, Kind, Kinds, Namespace};

use super::ancestors;
use super::question::Places;
use super::search::Search;

/// Goes over the lists; `seen` is called for each namespace in them. Where the kernel does not show
/// them, as to others than root, this place was not looked at.
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

/// Calls `seen` for each namespace of these kinds that the kernel lists, until it says that this is enough. An older kernel
/// lists none, which is no failure.
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

/// By `listns(2)`: those that the caller may see.
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
            // One that cannot be opened has gone.
            if let Ok(file) = listns::open_by_id(*id)
                && let Ok(namespace) = Namespace::from_file(file)
                && seen(&namespace).is_break()
            {
                return Ok(());
            }
        }
    }
}

/// By the order of mount namespaces: from the caller's own down to the first, and up to the last.
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
                // The end; or a kernel without this list, which lacks nothing that was promised.
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
