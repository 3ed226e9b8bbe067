//! The kernel's own list: mount namespaces since Linux 6.12, all namespaces since 6.19. It also has namespaces whose
//! holders the caller may not read.

use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use crate::process::{caller, linked_inode};
use crate::sys::errno::from_rustix;
use crate::sys::{handle, ioctl, listns};
use crate::{Gathered, Identity, Kind, Kinds, Namespace};

use super::ancestors;
use super::entry::Entry;
use super::question::Places;
use super::search::Search;

/// Calls `seen` for each namespace in the list. If the kernel does not show the list, as to ordinary users, or lists only
/// some of the kinds, this place counts as not searched.
pub(super) fn look(search: &mut Search, kinds: Kinds, mut seen: impl FnMut(&mut Search, &Namespace)) {
    let listed = each(kinds, |namespace| {
        if search.is_new(namespace.identity().inode) {
            ancestors::describe(search, namespace);
        }
        seen(search, namespace);
        ControlFlow::Continue(())
    });
    match listed {
        Ok(listed) if listed.includes(kinds) => {}
        Ok(_) => search.untold.insert(Places::KERNEL),
        Err(errno) => {
            search.question.places.remove(Places::KERNEL);
            search.unread.list = Some(errno).filter(|errno| *errno != Errno::EPERM || may_read_list());
        }
    }
}

/// True if the caller has the right that the kernel's list needs: then its lack is no reason. Outside of the first PID
/// namespace, the kernel shows the list to nobody.
fn may_read_list() -> bool {
    // No ioctl: the call that failed may have been one.
    let is_initial = |kind: Kind| {
        let own = rustix::fs::readlink(format!("/proc/self/ns/{kind}"), Vec::new());
        own.is_ok_and(|own| linked_inode(own.to_bytes()) == Gathered::Known(kind.initial_inode()))
    };
    is_initial(Kind::User)
        && is_initial(Kind::Pid)
        && caller::has(CapabilitySet::SYS_ADMIN).is_ok_and(|has| has)
}

/// The namespace with this identity, if the kernel lists it.
pub(super) fn find(kind: Kind, identity: Identity) -> Option<Namespace> {
    let mut found = None;
    let listed = each(Kinds::of(kind), |namespace| {
        if namespace.identity() != identity {
            return ControlFlow::Continue(());
        }
        found = Some(namespace.clone());
        ControlFlow::Break(())
    });
    listed.ok().and(found)
}

/// True if the kernel lists namespaces of every kind (Linux 6.19).
pub(super) fn lists_all() -> bool {
    listns::listns(0, &mut [0]).is_ok()
}

/// The namespace with this 64-bit id, in one call. `None` before Linux 6.19, or if the kernel refuses.
pub fn open_by_id(id: u64) -> Option<Namespace> {
    Namespace::from_file(handle::open_by_id(id).ok()?).ok()
}

/// The namespace of this entry, by its id. `None` before Linux 6.18, or if the kernel refuses.
pub(super) fn open_entry(entry: &Entry, id: u64) -> Option<Namespace> {
    let file = handle::open(id, entry.kind.flag().bits().cast_unsigned(), entry.identity.inode).ok()?;
    let namespace = Namespace::from_file(file).ok()?;
    (namespace.identity() == entry.identity).then_some(namespace)
}

/// Calls `seen` for each namespace of these kinds that the kernel lists, until `seen` stops it. Returns the kinds that
/// this kernel lists: before Linux 6.19 only mount namespaces, and before 6.12 none.
pub(super) fn each(kinds: Kinds, mut seen: impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<Kinds> {
    let mut wanted = |namespace: &Namespace| {
        if kinds.contains(namespace.kind()) {
            seen(namespace)
        } else {
            ControlFlow::Continue(())
        }
    };
    match all(&mut wanted) {
        Err(Errno::ENOSYS) if kinds.contains(Kind::Mnt) => mounts(&mut wanted),
        Err(Errno::ENOSYS) => Ok(Kinds::NONE),
        answer => answer.map(|()| Kinds::ALL),
    }
}

/// Lists with `listns(2)`, which has the namespaces that the caller may see.
fn all(seen: &mut impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<()> {
    let mut ids = [0; 512];
    let mut last = 0;
    loop {
        let count = match listns::listns(last, &mut ids) {
            // There is no later namespace. The answer is 0 if the caller may not see the later ones.
            Err(Errno::ENOENT) => 0,
            count => count?,
        };
        let Some(newest) = ids[..count].last() else {
            return Ok(());
        };
        last = *newest;
        for id in &ids[..count] {
            let file = match handle::open_by_id(*id) {
                Ok(file) => file,
                Err(errno @ (Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM)) => return Err(errno),
                // It no longer exists.
                Err(_) => continue,
            };
            if let Ok(namespace) = Namespace::from_file(file)
                && seen(&namespace).is_break()
            {
                return Ok(());
            }
        }
    }
}

/// Lists mount namespaces in the kernel's order: from the caller's own down to the first, and up to the last. Returns
/// the kinds that this kernel lists: this one or none.
fn mounts(seen: &mut impl FnMut(&Namespace) -> ControlFlow<()>) -> nix::Result<Kinds> {
    let listed = Kinds::of(Kind::Mnt);
    let steps: [fn(&Namespace) -> nix::Result<OwnedFd>; 2] = [
        |namespace| ioctl::ns_mnt_get_prev(namespace),
        |namespace| ioctl::ns_mnt_get_next(namespace),
    ];
    for step in steps {
        let own = Namespace::own(Kind::Mnt);
        // Without an error number, /proc is missing.
        let mut current = own.map_err(|error| error.errno().unwrap_or(Errno::ENOENT))?;
        loop {
            match step(&current).map(|file| Namespace::known(file, Kind::Mnt)) {
                Ok(Ok(next)) => current = next,
                Err(Errno::ENOTTY) => return Ok(Kinds::NONE),
                // This is the end of the list.
                Err(Errno::ENOENT) => break,
                Ok(Err(errno)) => return Err(from_rustix(errno)),
                Err(errno) => return Err(errno),
            }
            if seen(&current).is_break() {
                return Ok(listed);
            }
        }
    }
    Ok(listed)
}
