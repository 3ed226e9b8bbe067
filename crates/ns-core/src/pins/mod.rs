//! Names of namespaces: bind mounts of their files below `/run`, which keep them alive. The names of network namespaces
//! are shared with `ip-netns(8)`.

mod lock;
mod make;
mod occupant;
mod prepare;
mod reach;
mod remove;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{Dir, FileType, Mode, OFlags};

use crate::error::Doing;
use crate::escape::{quoted, word};
use crate::{Error, Kind, Kinds, Namespace, Result};

pub use lock::Waiting;
pub(crate) use make::bind;
pub use make::{PinnedName, make};
use occupant::Occupant;
pub(crate) use reach::is_same_place_for;
pub use reach::limits;
pub use remove::{Leftover, leftovers, remove, remove_stale};

/// The most bytes of a name: `NAME_MAX` of the file systems.
const NAME_MAX: usize = 255;

/// A name of one namespace.
#[derive(Debug)]
pub struct Pin {
    /// The kind of namespace that the directory is for.
    pub kind: Kind,
    /// The file.
    pub path: PathBuf,
    /// The namespace, or the reason why the file leads to none of this kind.
    pub namespace: Result<Namespace>,
    /// The state of the file.
    pub state: State,
}

/// The state of the file of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It leads to a namespace of its kind.
    Alive,
    /// It leads to nothing, here and for process 1. [`remove_stale`] removes it.
    Stale,
    /// It leads to nothing here, to something else than a namespace of its kind, or the caller may not look at it.
    Other,
}

/// The directory of the names of a kind: `/run/netns`, `/run/utsns`.
pub fn directory(kind: Kind) -> PathBuf {
    format!("/run/{kind}ns").into()
}

/// The reason why a text cannot be a name, if there is one.
pub fn flaw_of(name: &OsStr) -> Option<&'static str> {
    match name.as_bytes() {
        b"" => Some("a name cannot be empty"),
        b"." | b".." => Some("that is a directory"),
        name if name.len() > NAME_MAX => Some("a name can have at most 255 bytes"),
        name if name.contains(&b'/') => Some("a name cannot have a slash"),
        name if name.contains(&0) => Some("a name cannot have a NUL"),
        _ => None,
    }
}

/// The namespaces that are pinned under this name, at most one of each kind. Empty if there are none.
pub fn find(name: &OsStr) -> Result<Vec<Pin>> {
    let mut pins = Vec::new();
    for kind in Kind::ALL {
        let path = directory(kind).join(name);
        if path.is_symlink() && !occupant::answers(&path) {
            let file = quoted(path.as_os_str().as_bytes());
            let text = format!("{file} is a link, and the file system that it leads to does not answer");
            let removing = removing(kind, name);
            pins.push(Pin {
                namespace: Err(Error::Unfit(text).with_help(format!("{removing} removes the link"))),
                state: State::Other,
                kind,
                path,
            });
            continue;
        }
        let (namespace, state) = match Namespace::open(&path) {
            // A link to nowhere exists.
            Err(Error::NotFound(_)) if !path.is_symlink() => continue,
            // Something else has the path of the directory.
            Err(error) if error.errno() == Some(Errno::ENOTDIR) => continue,
            Err(error) if is_about_the_file(&error) => dead(kind, &path),
            Ok(other) if other.kind() != kind => {
                let (other, file) = (other.kind().a_namespace(), quoted(path.as_os_str().as_bytes()));
                let text = format!("{file} is {other}, not {}", kind.a_namespace());
                (Err(Error::Unfit(text)), State::Other)
            }
            Ok(namespace) => (Ok(namespace), State::Alive),
            Err(error) => (Err(error), State::Other),
        };
        pins.push(Pin {
            kind,
            path,
            namespace,
            state,
        });
    }
    Ok(pins)
}

/// True if the file is the reason why it leads to no namespace, and not the rights or the resources of the caller.
fn is_about_the_file(error: &Error) -> bool {
    matches!(error, Error::NotFound(_) | Error::Unfit(_)) || error.errno() == Some(Errno::ELOOP)
}

/// The error and the state for a file that leads to no namespace here.
fn dead(kind: Kind, path: &Path) -> (Result<Namespace>, State) {
    let file = quoted(path.as_os_str().as_bytes());
    let occupant = match Occupant::followed(path) {
        Ok(occupant) => occupant,
        Err(error) => return (Err(error), State::Other),
    };
    let removing = removing(kind, path.file_name().unwrap_or_default());
    let stale = Error::Unfit(format!("{file} is stale: no namespace is mounted on it here"));
    let error = match occupant {
        // Nothing here removes it.
        Occupant::Other(what) => Error::Unfit(format!("{file} is not the name of a namespace: it is {what}")),
        Occupant::DeadLink => stale.with_help(format!(
            "it is a link, and the file that it leads to no longer exists; {removing} removes the link"
        )),
        _ => stale.with_help(format!(
            "its namespace no longer exists, or is mounted only in another mount namespace; {removing} removes the file"
        )),
    };
    if occupant.is_stale() {
        (Err(error), State::Stale)
    } else {
        (Err(error), State::Other)
    }
}

/// The command that removes the name of this kind and no other.
fn removing(kind: Kind, name: &OsStr) -> String {
    let mut pin = OsString::from(format!("{kind}:"));
    pin.push(name);
    format!("ns-unshare --unpin {}", word(pin))
}

/// The names in order that have a file in this state, with the kinds that have it.
pub(crate) fn names_in(state: State) -> Result<Vec<(OsString, Kinds)>> {
    let mut wanted = Vec::new();
    for (name, _) in names()? {
        let pins = find(&name)?;
        let pins = pins.iter().filter(|pin| pin.state == state);
        let kinds: Kinds = pins.map(|pin| pin.kind).collect();
        if !kinds.is_empty() {
            wanted.push((name, kinds));
        }
    }
    Ok(wanted)
}

/// All names in order, with the kinds that have a file of that name.
pub fn names() -> Result<Vec<(OsString, Kinds)>> {
    let mut names: Vec<(OsString, Kinds)> = Vec::new();
    for kind in Kind::ALL {
        let path = directory(kind);
        let doing = || format!("read {}", quoted(path.as_os_str().as_bytes()));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = match rustix::fs::open(&path, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => continue,
            answer => answer.doing(doing)?,
        };
        for entry in Dir::read_from(&directory).doing(doing)? {
            let entry = entry.doing(doing)?;
            if entry.file_type() == FileType::Directory {
                continue;
            }
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            match names.iter_mut().find(|(known, _)| known == name) {
                Some((_, kinds)) => kinds.insert(kind),
                None => names.push((name.to_owned(), [kind].into_iter().collect())),
            }
        }
    }
    names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_network_namespaces_are_where_ip_netns_has_them() {
        assert_eq!(directory(Kind::Net), PathBuf::from("/run/netns"));
        assert_eq!(directory(Kind::Mnt), PathBuf::from("/run/mntns"));
    }

    #[test]
    fn a_name_is_that_of_a_file() {
        let long = "x".repeat(256);
        for name in ["", ".", "..", "a/b", "a\0", &long] {
            assert!(flaw_of(name.as_ref()).is_some(), "{name:?}");
        }
        for name in ["a", "-x", "a b", "1", "..."] {
            assert_eq!(flaw_of(name.as_ref()), None, "{name}");
        }
    }

    #[test]
    fn a_name_that_nobody_has_given_is_nothing() {
        assert!(find("no-such-name-of-ns-utils".as_ref()).unwrap().is_empty());
    }
}
