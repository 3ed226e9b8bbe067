//! The ids that exist in an entered user namespace, read from the `/proc` of the caller.

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use super::process::InsideProcess;
use crate::error::Doing;
use crate::idmap::{IdKind, IdMap};
use crate::process::{Process, Status};
use crate::sys::errno::{from_io, from_rustix};
use crate::{Error, Result};

/// 0, or the lowest mapped id of the user namespace, with a note.
pub(super) fn first_mapped(ids: IdKind, inside: &InsideProcess) -> Result<u32> {
    let map = own_map(ids, inside)?;
    let name = ids.name();
    match map.ranges().iter().map(|range| range.inner).min() {
        Some(0) => Ok(0),
        Some(id) => {
            let text = format!("{name} 0 is not mapped in the user namespace: using {name} {id}");
            (inside.reporter.note)(&Error::Unfit(text));
            Ok(id)
        }
        None => Err(Error::Unfit(format!(
            "the user namespace has no {name} map: no {name} can be used"
        ))
        .with_help("use --preserve-credentials to keep your uid and gid")),
    }
}

/// The effective id of a process, as this user namespace shows it.
pub(super) fn id_of(ids: IdKind, process: &Process, inside: &InsideProcess) -> Result<u32> {
    // Unmapped ids are shown as 65534, which may also be a mapped id.
    let status = Status::new(process.read("status")?);
    let id = match ids {
        IdKind::User => status.effective_uid(),
        IdKind::Group => status.effective_gid(),
    };
    let name = ids.name();
    let mapped =
        |id: &u32| own_map(ids, inside).is_ok_and(|map| map.ranges().is_empty() || map.outer(*id).is_some());
    id.filter(mapped).ok_or_else(|| {
        Error::Unfit(format!(
            "the {name} of process {} is not mapped in the user namespace",
            process.pid()
        ))
    })
}

/// The error for an id that cannot be taken because it is not mapped.
pub(super) fn unmapped(ids: IdKind, id: u32, inside: &InsideProcess) -> Error {
    let name = ids.name();
    let error = Error::kernel(format!("take {name} {id}"), Errno::EINVAL);
    let cause = match own_map(ids, inside) {
        Ok(map) if map.ranges().is_empty() => format!("the user namespace has no {name} map"),
        Ok(map) => format!("the {name} map of the user namespace has no {name} {id}: {map}"),
        Err(_) => return error,
    };
    error.explained(Some(cause), None)
}

/// The map of the user namespace that this process is in now.
fn own_map(ids: IdKind, inside: &InsideProcess) -> Result<IdMap> {
    let file = format!("self/{}", ids.map_file());
    let read = || -> nix::Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let proc = inside.proc.as_ref().ok_or(Errno::EBADF)?;
        let file = rustix::fs::openat(proc, &file, flags, Mode::empty()).map_err(from_rustix)?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::fs::File::from(file), &mut bytes)
            .map_err(|error| from_io(&error))?;
        Ok(bytes)
    };
    let text = read().doing(|| format!("read /proc/{file}"))?;
    IdMap::parse(&String::from_utf8_lossy(&text))
}
