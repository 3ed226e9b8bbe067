//! Finding a name that is stale here in other mount namespaces. A name is a mount, and other mount namespaces have
//! other mounts.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::escape::word;
use crate::inventory::{Entry, Holder, Places, Question, gather};
use crate::{Error, Kind, pins};

/// The error about a stale file, with the mount namespace in which it is not stale.
pub(super) fn explain(kind: Kind, path: &Path, error: Error) -> Error {
    match look(kind, path) {
        Some((cause, help)) => error.explained(Some(cause), Some(help)),
        None => error,
    }
}

/// The mount namespace in which the file of a stale name is not stale, in words, if there is one.
pub(crate) fn mounted_elsewhere(kind: Kind, path: &Path) -> Option<String> {
    look(kind, path).map(|(cause, _)| cause)
}

fn look(kind: Kind, path: &Path) -> Option<(String, String)> {
    let inventory = gather(&Question {
        kinds: [kind].into_iter().collect(),
        places: Places::PROCESSES | Places::PINS,
        ..Question::default()
    })
    .ok()?;
    let own = inventory.own_mount_namespace();
    let pinned = |entry: &Entry| {
        entry.holders.iter().find_map(|holder| match holder {
            Holder::Pin {
                path: place,
                mount_namespace,
                seen_by: Some(pid),
            } if *mount_namespace != own
                && **place == *path.as_os_str().as_bytes()
                && pins::is_same_place_for(*pid, Path::new(OsStr::from_bytes(place))) =>
            {
                Some((*mount_namespace, *pid))
            }
            _ => None,
        })
    };
    let (entry, (mount_namespace, pid)) = inventory
        .entries()
        .iter()
        .filter(|entry| entry.kind == kind)
        .find_map(|entry| Some((entry, pinned(entry)?)))?;
    let mut seen = OsString::from(format!("/proc/{pid}/root"));
    seen.push(path);
    Some((
        format!(
            "{kind}:[{}] is mounted there in mnt:[{mount_namespace}], which process {pid} is in",
            entry.identity.inode
        ),
        format!("name the file as that process sees it: {}", word(seen)),
    ))
}
