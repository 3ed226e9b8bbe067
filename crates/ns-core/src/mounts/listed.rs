//! The mounts of a namespace by its 64-bit id: no process has to be in it, and no child has to enter it.

use std::ops::ControlFlow;

use nix::errno::Errno;

use super::statmount::{Buffer, mask};
use crate::sys::statmount::{ROOT, listmount};
use crate::{Gathered, Namespace};

/// Calls `seen` with the `wanted` facts about each mount below the mount `above`, until `seen` stops it. 0 is the caller's
/// own namespace.
pub(super) fn each(
    namespace: u64,
    above: u64,
    wanted: u64,
    mut seen: impl FnMut(&Buffer) -> ControlFlow<()>,
) -> nix::Result<()> {
    let mut ids = [0; 512];
    let mut buffer = Buffer::new();
    let mut last = 0;
    loop {
        let count = listmount(namespace, above, last, &mut ids)?;
        for id in &ids[..count] {
            match buffer.fill(namespace, *id, wanted) {
                Ok(()) if seen(&buffer).is_break() => return Ok(()),
                // The mount was unmounted meanwhile.
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        match ids[..count].last() {
            Some(id) if count == ids.len() => last = *id,
            _ => return Ok(()),
        }
    }
}

/// True if the file of a namespace is mounted anywhere in this mount namespace. [`Gathered::NotTold`] before Linux 6.12.
pub(crate) fn has_pins(namespace: &Namespace) -> Gathered<bool> {
    namespace.id().and_then(|id| match look_for_pins(id) {
        Ok(found) => Gathered::Known(found),
        Err(Errno::ENOSYS) => Gathered::NotTold,
        Err(errno) => Gathered::Unreadable(errno),
    })
}

fn look_for_pins(namespace: u64) -> nix::Result<bool> {
    let mut first = [0];
    if listmount(namespace, ROOT, 0, &mut first)? == 0 {
        return Err(Errno::ENOENT);
    }
    let mut found = false;
    // The root directory is on one of the mounts that are on the lowest mount. All of them are looked at.
    each(
        namespace,
        lowest(namespace, first[0])?,
        mask::SUPERBLOCK,
        |buffer| {
            found = buffer.is_of_namespace();
            if found {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        },
    )?;
    Ok(found)
}

/// The mount that this one is above and that is on no other mount.
fn lowest(namespace: u64, mut id: u64) -> nix::Result<u64> {
    let mut buffer = Buffer::new();
    loop {
        buffer.fill(namespace, id, mask::MOUNT)?;
        if buffer.parent() == id {
            return Ok(id);
        }
        id = buffer.parent();
    }
}
