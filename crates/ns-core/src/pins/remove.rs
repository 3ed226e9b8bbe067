//! Removing names, including stale names and names that `ip netns add` has created.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::lock::{Waiting, lock, unlock};
use super::occupant::Occupant;
use super::{directory, names, reach, removing};
use crate::error::Doing;
use crate::escape::quoted;
use crate::sys::signal_set::SignalSet;
use crate::{Error, Kind, Kinds, Result};

/// Removes the name for these kinds, and returns the kinds that had it. If one of the files is not the file of a name,
/// none is removed.
///
/// A namespace lives on if something else holds it.
pub fn remove(name: &OsStr, kinds: Kinds, waiting: Waiting<'_>) -> Result<Kinds> {
    let locked = lock(kinds, waiting)?;
    let mut found = Vec::new();
    for kind in kinds.iter() {
        let path = directory(kind).join(name);
        match Occupant::followed(&path)? {
            Occupant::Nobody => {}
            // Without its file, the name would be lost there too.
            Occupant::OfInit => {
                let file = quoted(path.as_os_str().as_bytes());
                return Err(Error::Unfit(format!(
                    "{file} is kept: a namespace is mounted on it in the mount namespace of process 1"
                ))
                .with_help(format!(
                    "remove it there: ns-enter -t 1 -m {}",
                    removing(kind, name)
                )));
            }
            Occupant::Other(what) => {
                let file = quoted(path.as_os_str().as_bytes());
                return Err(Error::Unfit(format!(
                    "{file} is not the name of a namespace, and is kept: it is {what}"
                )));
            }
            occupant => {
                check_removable(kind, name, &path)?;
                found.push((kind, path, occupant));
            }
        }
    }
    let undisturbed = Undisturbed::start()?;
    for (_, path, occupant) in &found {
        take_away(path, *occupant)?;
    }
    drop(undisturbed);
    unlock(locked, waiting);
    Ok(found.into_iter().map(|(kind, ..)| kind).collect())
}

/// A name that leads to no namespace here.
#[derive(Debug)]
pub struct Leftover {
    /// The name.
    pub name: OsString,
    /// The kind of its directory.
    pub kind: Kind,
    /// True if a namespace is mounted on the file for process 1. It is not stale.
    pub is_of_init: bool,
}

/// The names that lead to no namespace here. A file that the caller may not look at is not known to be one.
pub fn leftovers() -> Result<Vec<Leftover>> {
    let mut leftovers = Vec::new();
    for (name, kinds) in names()? {
        for kind in kinds.iter() {
            let occupant = match Occupant::followed(&directory(kind).join(&name)) {
                Err(error) if matches!(error.errno(), Some(Errno::EACCES | Errno::EPERM)) => continue,
                occupant => occupant?,
            };
            let is_of_init = occupant == Occupant::OfInit;
            if is_of_init || occupant.is_stale() {
                let name = name.clone();
                leftovers.push(Leftover {
                    name,
                    kind,
                    is_of_init,
                });
            }
        }
    }
    Ok(leftovers)
}

/// The age that a file without a namespace must have: `ip netns add` creates the file first, and does not lock the
/// directory while it creates the namespace.
const IN_THE_MAKING: Duration = Duration::from_secs(2);

/// Removes the file of a name of this kind if it is stale. Returns false if it is not stale any more.
pub fn remove_stale(name: &OsStr, kind: Kind, waiting: Waiting<'_>) -> Result<bool> {
    let path = directory(kind).join(name);
    let age = || path.symlink_metadata().ok()?.modified().ok()?.elapsed().ok();
    if let Some(rest) = age().and_then(|age| IN_THE_MAKING.checked_sub(age)) {
        std::thread::sleep(rest);
    }
    let locked = lock(Kinds::of(kind), waiting)?;
    let stale = Occupant::followed(&path)?.is_stale();
    if stale {
        check_removable(kind, name, &path)?;
        let _undisturbed = Undisturbed::start()?;
        take_away(&path, Occupant::Stale)?;
    }
    unlock(locked, waiting);
    Ok(stale)
}

/// Fails if the file of a name cannot be removed after all that is mounted on it: the name would become stale.
fn check_removable(kind: Kind, name: &OsStr, path: &Path) -> Result<()> {
    let file = || quoted(path.as_os_str().as_bytes());
    let around = path.parent().unwrap_or(Path::new("/"));
    accessat(CWD, around, Access::WRITE_OK, AtFlags::EACCESS).doing(|| format!("remove {}", file()))?;
    if !reach::is_mounted_below(path)? {
        return Ok(());
    }
    let around = quoted(around.as_os_str().as_bytes());
    Err(Error::Unfit(format!(
        "{} is kept: a namespace is also mounted on it below the mount on {around}, where it cannot be reached",
        file()
    ))
    .with_help(format!(
        "unmount all of it, with the loss of names that were added since: umount -R {around} && {}",
        removing(kind, name)
    )))
}

/// While this lives, no signal ends the process: a name that is unmounted must also lose its file, and a name of several
/// kinds all of them.
struct Undisturbed(SignalSet);

impl Undisturbed {
    fn start() -> Result<Self> {
        SignalSet::ALL.block().map(Self).doing(|| "hold signals")
    }
}

impl Drop for Undisturbed {
    fn drop(&mut self) {
        // If this fails, the process ends without the signal.
        let _ = self.0.block_only();
    }
}

/// Removes the object at the path of a name.
pub(super) fn take_away(path: &Path, occupant: Occupant) -> Result<()> {
    let doing = || format!("remove {}", quoted(path.as_os_str().as_bytes()));
    let mut occupant = occupant;
    // Unmounts once for each mount on it.
    while let Occupant::Namespace(_) = occupant {
        match umount2(path, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW) {
            Ok(()) => {}
            // Another process removed it without taking the lock.
            Err(Errno::EINVAL | Errno::ENOENT) => break,
            Err(errno) => return Err(errno).doing(doing),
        }
        occupant = match Occupant::of(path) {
            Ok(occupant) => occupant,
            // The kernel keeps a file with something mounted on it.
            Err(error) => return nix::unistd::unlink(path).map_err(|_| error),
        };
    }
    match nix::unistd::unlink(path) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(errno) => Err(errno).doing(doing),
    }
}
