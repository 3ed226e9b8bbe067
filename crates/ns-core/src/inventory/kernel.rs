//! What the kernel lists itself: mount namespaces since Linux 6.12, all namespaces since 6.19. So are those found that
//! are held by nothing that the caller may read.

use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::sys::{ioctl, listns};
use crate::{Kind, Kinds, Namespace};

use super::ancestors;
use super::question::Places;
use super::search::Search;

/// Goes over the lists; `seen` is called for each namespace in them. Where the kernel does not show
/// them, as to others than root, this place was not looked at.
pub(super) fn look(search: &mut Search, kinds: Kinds, mut seen: impl FnMut(&mut Search, &Namespace)) {
    let mut note = |search: &mut Search, namespace: &Namespace| {
        if !kinds.contains(namespace.kind()) {
            return;
        }
        if search.is_new(namespace.identity().inode) {
            ancestors::describe(search, namespace);
        }
        seen(search, namespace);
    };
    match all(search, &mut note) {
        Err(Errno::ENOSYS) if kinds.contains(Kind::Mnt) => {
            if mounts(search, &mut note).is_err() {
                search.question.places.remove(Places::KERNEL);
            }
        }
        Err(Errno::ENOSYS) | Ok(()) => {}
        Err(_) => search.question.places.remove(Places::KERNEL),
    }
}

/// By `listns(2)`: those that the caller may see.
fn all(search: &mut Search, note: &mut impl FnMut(&mut Search, &Namespace)) -> nix::Result<()> {
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
            {
                note(search, &namespace);
            }
        }
    }
}

/// By the order of mount namespaces: from the caller's own down to the first, and up to the last.
fn mounts(search: &mut Search, note: &mut impl FnMut(&mut Search, &Namespace)) -> nix::Result<()> {
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
            note(search, &current);
        }
    }
    Ok(())
}
