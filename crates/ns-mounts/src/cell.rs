//! What a column says of a mount.

use std::borrow::Cow;

use ns_core::mounts::{Escaped, Mount, merged};
use ns_core::output::Cell;

use crate::column::Show;
use crate::scene::Scene;

/// The value of a column for a mount.
pub fn cell<'a>(scene: &Scene<'a>, mount: &Mount<'a>, show: Show) -> Cell<'a> {
    match show {
        Show::Target => Cell::Text(mount.target.decoded()),
        Show::Source => source(mount),
        Show::FsType => text(mount.fs_type.decoded()),
        Show::Options => text(merged(mount.vfs_options, mount.fs_options)),
        Show::VfsOptions => text(mount.vfs_options.decoded()),
        Show::FsOptions => text(mount.fs_options.decoded()),
        Show::OptFields => text(Escaped::new(mount.optional).decoded()),
        Show::Propagation => Cell::text(mount.propagation().words().as_bytes()),
        Show::FsRoot => text(mount.root.decoded()),
        Show::Device => Cell::string(&mount.device),
        Show::Id => Cell::Number(mount.id.as_raw()),
        Show::Parent => Cell::Number(mount.parent.as_raw()),
        Show::Tid => scene.source.view.pid().map_or(Cell::Absent, |pid| {
            Cell::Number(u64::from(pid.as_raw().unsigned_abs()))
        }),
    }
}

/// A text; nothing where it is empty.
fn text(bytes: Cow<'_, [u8]>) -> Cell<'_> {
    if bytes.is_empty() {
        Cell::Absent
    } else {
        Cell::Text(bytes)
    }
}

/// The source, with the directory that is mounted of it.
fn source<'a>(mount: &Mount<'a>) -> Cell<'a> {
    let source = mount.source.decoded();
    if !mount.is_part() {
        return text(source);
    }
    let mut source = source.into_owned();
    source.push(b'[');
    source.extend_from_slice(&mount.root.decoded());
    source.push(b']');
    Cell::Text(source.into())
}
