//! Pinning namespaces under a name, all or none, with the protocol of `ip-netns(8)`.

use std::ffi::OsStr;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, mknod};
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};

use super::lock::{Waiting, lock, unlock};
use super::occupant::Occupant;
use super::prepare::prepare;
use super::remove::take_away;
use super::{directory, removing};
use crate::error::Doing;
use crate::escape::quoted;
use crate::sys::errno::from_rustix;
use crate::{Error, Identity, Kind, Kinds, Namespace, Result};

/// A name that was given to one namespace.
#[derive(Debug)]
pub struct PinnedName {
    kind: Kind,
    path: PathBuf,
    identity: Identity,
}

impl PinnedName {
    /// Removes the name, unless another process has replaced it. If that fails, the error says how to remove the name.
    pub fn undo(self) -> Result<()> {
        let later = removing(self.kind, self.path.file_name().unwrap_or_default());
        self.undo_with_lock()
            .map_err(|error| error.with_help(format!("remove it later: {later}")))
    }

    fn undo_with_lock(self) -> Result<()> {
        let in_silence = Waiting {
            say: &|_| (),
            wanted: &|| true,
        };
        let _locked = lock([self.kind].into_iter().collect(), in_silence)?;
        self.undo_locked()
    }

    fn undo_locked(self) -> Result<()> {
        match Occupant::of(&self.path)? {
            occupant @ Occupant::Namespace(identity) if identity == self.identity => {
                take_away(&self.path, occupant)
            }
            _ => Ok(()),
        }
    }
}

/// Pins namespaces of these kinds under the name. `open` gives the namespace of each kind. A stale name can be used
/// again.
///
/// [`Error::Unfit`] if the name is taken.
pub fn make(
    name: &OsStr,
    kinds: Kinds,
    open: impl Fn(Kind) -> Result<Namespace>,
    waiting: Waiting<'_>,
) -> Result<Vec<PinnedName>> {
    // A refusal leaves nothing behind, because taken names are found before the directories are prepared.
    if kinds.iter().any(|kind| check_free(kind, name).is_err()) {
        let locked = lock(kinds, waiting)?;
        for kind in kinds.iter() {
            check_free(kind, name)?;
        }
        unlock(locked, waiting);
    }
    let locked = prepare(kinds, waiting)?;
    let mut made: Vec<PinnedName> = Vec::new();
    for kind in kinds.iter() {
        match open(kind).and_then(|namespace| make_one(name, &namespace)) {
            Ok(one) => made.push(one),
            Err(error) => {
                for one in made.into_iter().rev() {
                    // The first error is the one to report.
                    let _ = one.undo_locked();
                }
                return Err(error);
            }
        }
    }
    unlock(locked, waiting);
    Ok(made)
}

/// Looks at the file of a name; fails if the name is taken.
fn check_free(kind: Kind, bare: &OsStr) -> Result<Occupant> {
    let path = directory(kind).join(bare);
    let (name, file) = (quoted(bare.as_bytes()), quoted(path.as_os_str().as_bytes()));
    let error = match Occupant::of(&path)? {
        free @ (Occupant::Nobody | Occupant::Stale) => return Ok(free),
        Occupant::Link | Occupant::DeadLink => Error::Unfit(format!(
            "the name {name} is taken: {file} already exists, and is a link"
        ))
        .with_help("choose another name, or remove the link"),
        Occupant::Namespace(_) => {
            let removing = removing(kind, bare);
            Error::Unfit(format!("the name {name} is taken: {file} already exists"))
                .with_help(format!("choose another name, or remove this one: {removing}"))
        }
        Occupant::OfInit => Error::Unfit(format!(
            "the name {name} is taken: a namespace is mounted on {file} in the mount namespace of process 1"
        ))
        .with_help("choose another name"),
        Occupant::Other(what) => Error::Unfit(format!(
            "{name} cannot be the name of a namespace: {file} is {what}"
        )),
    };
    Err(error)
}

fn make_one(bare: &OsStr, namespace: &Namespace) -> Result<PinnedName> {
    let kind = namespace.kind();
    let path = directory(kind).join(bare);
    let doing = || format!("pin the {} namespace as {}", kind.noun(), quoted(bare.as_bytes()));
    if check_free(kind, bare)? == Occupant::Nobody {
        // Mode 0, as ip uses: nobody needs to open the file.
        mknod(&path, SFlag::S_IFREG, Mode::empty(), 0).doing(doing)?;
    }
    // This is done last, so that a process that waits for the name finds the namespace ready.
    if let Err(errno) = bind(namespace, &path) {
        let _ = nix::unistd::unlink(&path);
        return Err(errno).doing(doing);
    }
    Ok(PinnedName {
        kind,
        path,
        identity: namespace.identity(),
    })
}

/// Binds a namespace to a file (`MS_BIND` of `mount(2)`).
pub(crate) fn bind(namespace: &Namespace, file: &Path) -> nix::Result<()> {
    let open = format!("/proc/self/fd/{}", namespace.as_fd().as_raw_fd());
    let none = None::<&str>;
    match mount(Some(open.as_str()), file, none, MsFlags::MS_BIND, none) {
        // There may be no proc file system. Linux 5.2 can do without.
        Err(Errno::ENOENT) => bind_by_descriptor(namespace, file).map_err(from_rustix),
        answer => answer,
    }
}

fn bind_by_descriptor(namespace: &Namespace, file: &Path) -> rustix::io::Result<()> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = open_tree(namespace, "", flags)?;
    move_mount(&tree, "", CWD, file, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}
