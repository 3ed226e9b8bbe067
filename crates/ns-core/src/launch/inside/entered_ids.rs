//! The ids that exist in an entered user namespace, read from the `/proc` of the caller.

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use super::process::InsideProcess;
use crate::error::Doing;
use crate::idmap::{IdKind, IdMap};
use crate::process::{Pid, Process, Status, beside_child};
use crate::sys::errno::{from_io, from_rustix};
use crate::target::Destination;
use crate::{Error, Kind, Result};

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

/// The effective id of a process as the user namespace has it that is about to be entered, or the caller's own if none
/// is. `entered` are the user namespaces on the way there, in order.
///
/// To be called outside. Inside, an id that is not mapped looks like 65534, which may be a mapped id.
pub(super) fn id_of(ids: IdKind, process: &Process, entered: &[&Destination]) -> Result<u32> {
    let status = Status::new(process.read("status")?);
    let id = match ids {
        IdKind::User => status.effective_uid(),
        IdKind::Group => status.effective_gid(),
    };
    let name = ids.name();
    let pid = process.pid();
    let id = id.ok_or_else(|| Error::Unfit(format!("the status of process {pid} has no {name}")))?;
    let Some(last) = entered.last() else {
        return Ok(id);
    };
    let text = if process.namespace(Kind::User)?.identity() == last.identity() {
        process.read(ids.map_file())?
    } else {
        map_beyond(ids, entered)?
    };
    let map = IdMap::parse(&String::from_utf8_lossy(&text))?;
    map.inner(id).ok_or_else(|| {
        Error::Unfit(format!(
            "the {name} of process {pid} is not mapped in the user namespace"
        ))
        .explained(Some(format!("it is {name} {id} outside of it")), None)
    })
}

/// The map of the last of these user namespaces, as the caller's own user namespace has the ids outside. The kernel
/// shows a map only for a process.
fn map_beyond(ids: IdKind, entered: &[&Destination]) -> Result<Vec<u8>> {
    let enter = || {
        let mut on_the_way = entered.iter();
        on_the_way.try_for_each(|user| {
            user.enter()
                .map_err(|error| error.errno().unwrap_or(Errno::EPERM))
        })
    };
    let read = |child: nix::unistd::Pid| {
        let child = Pid::new(child.as_raw())
            .ok_or(Errno::ESRCH)
            .doing(|| "run a child")?;
        Process::open_own(child)?.read(ids.map_file())
    };
    beside_child(enter, read)?
}

/// The error for an id that cannot be taken because it is not mapped.
pub(super) fn unmapped(ids: IdKind, id: u32, inside: &InsideProcess) -> Error {
    let name = ids.name();
    let error = Error::kernel(format!("set the {name} to {id}"), Errno::EINVAL);
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
