//! What a column says of a mount.

use std::borrow::Cow;

use ns_core::Gathered;
use ns_core::mounts::{Mount, Space, Status, Tag, device_path, merged};
use ns_core::output::Cell;

use crate::columns::MountColumn;
use crate::scene::Scene;
use crate::size;
use crate::source::canonical;

/// How values are written.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Format {
    /// Sizes as numbers of bytes.
    pub bytes: bool,
    /// No directory after the source.
    pub no_root: bool,
    /// Sources without symbolic links.
    pub canonical: bool,
    /// Devices for tags.
    pub evaluate: bool,
    /// Every option of a mount, those that are the default too.
    pub vfs_all: bool,
}

/// The value of a column for the mount with this index.
pub fn cell<'a>(scene: &Scene<'a>, index: usize, column: MountColumn, format: Format) -> Cell<'a> {
    let mount = &scene.table.mounts()[index];
    match column {
        MountColumn::Target => Cell::Text(mount.target.decoded()),
        MountColumn::Source => source(scene, mount, format),
        MountColumn::Sources => match source(scene, mount, format) {
            Cell::Text(source) => Cell::List(vec![source]),
            cell => cell,
        },
        MountColumn::FsType => text(mount.fs_type.decoded()),
        MountColumn::Options => text(merged(mount.vfs_options, mount.fs_options)),
        MountColumn::VfsOptions if format.vfs_all => Cell::string(&vfs_options(mount)),
        MountColumn::VfsOptions => text(mount.vfs_options.decoded()),
        MountColumn::FsOptions => text(mount.fs_options.decoded()),
        MountColumn::OptFields => text(mount.optional().into()),
        MountColumn::Propagation => Cell::text(mount.propagation().words().as_bytes()),
        MountColumn::FsRoot => text(mount.root.decoded()),
        MountColumn::Device => Cell::string(&mount.device),
        MountColumn::Id => Cell::Number(mount.id.as_raw()),
        MountColumn::Parent => Cell::Number(mount.parent.as_raw()),
        MountColumn::UniqueId => status(scene, mount, |status| Cell::Number(status.unique)),
        MountColumn::IdMap => status(scene, mount, |status| match &status.id_map[..] {
            [] => Cell::Absent,
            lines => Cell::List(lines.iter().cloned().map(Cow::Owned).collect()),
        }),
        MountColumn::Tid => {
            let pid = scene.view.and_then(ns_core::mounts::View::pid);
            pid.map_or(Cell::Absent, |pid| Cell::Number(pid.into()))
        }
        MountColumn::Namespace => Cell::gathered(scene.inode(), Cell::Number),
        MountColumn::Holders => holders(scene),
        MountColumn::Master => {
            let master = mount.propagation().master;
            master.map_or(Cell::Absent, |master| Cell::Number(master.as_raw()))
        }
        MountColumn::Peers => peers(scene, mount),
        MountColumn::Visible => Cell::Flag(scene.covered_by(index).is_none()),
        MountColumn::CoveredBy => {
            let cover = scene.covered_by(index);
            cover.map_or(Cell::Absent, |cover| Cell::Number(cover.id.as_raw()))
        }
        MountColumn::Size | MountColumn::Used | MountColumn::Available => {
            let bytes = |space: Space| match column {
                MountColumn::Size => space.size,
                MountColumn::Used => space.used,
                _ => space.available,
            };
            Cell::gathered(scene.space(index), |space| size::cell(bytes(space), format.bytes))
        }
        MountColumn::Inodes => Cell::gathered(scene.space(index), |space| Cell::Number(space.files)),
        MountColumn::InodesUsed => Cell::gathered(scene.space(index), |space| Cell::Number(space.files_used)),
        MountColumn::InodesAvailable => {
            Cell::gathered(scene.space(index), |space| Cell::Number(space.files_available))
        }
        MountColumn::UsePercent => {
            Cell::gathered(scene.space(index), |space| percent(space.used, space.size))
        }
        MountColumn::InodesPercent => {
            Cell::gathered(scene.space(index), |space| percent(space.files_used, space.files))
        }
        MountColumn::Uuid => tag(scene, mount, Tag::Uuid),
        MountColumn::Label => tag(scene, mount, Tag::Label),
        MountColumn::PartUuid => tag(scene, mount, Tag::PartUuid),
        MountColumn::PartLabel => tag(scene, mount, Tag::PartLabel),
        MountColumn::Frequency
        | MountColumn::Pass
        | MountColumn::Action
        | MountColumn::OldTarget
        | MountColumn::OldOptions => Cell::Absent,
    }
}

/// The value as a filter compares it: sizes in bytes, and percents as numbers.
pub fn cell_for_filter<'a>(scene: &Scene<'a>, index: usize, column: MountColumn) -> Cell<'a> {
    let format = Format {
        bytes: true,
        ..Format::default()
    };
    let of_whole = |part: fn(&Space) -> (u64, u64)| match scene.space(index) {
        Gathered::Known(space) => {
            let (used, all) = part(&space);
            size::percent(used, all).map_or(Cell::Absent, Cell::Number)
        }
        Gathered::Absent => Cell::Absent,
        Gathered::Unreadable(_) => Cell::Unreadable,
    };
    match column {
        MountColumn::UsePercent => of_whole(|space| (space.used, space.size)),
        MountColumn::InodesPercent => of_whole(|space| (space.files_used, space.files)),
        column => cell(scene, index, column, format),
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
fn source<'a>(scene: &Scene<'a>, mount: &Mount<'a>, format: Format) -> Cell<'a> {
    let source = plain_source(scene, mount, format);
    if format.no_root || !mount.is_part() {
        return text(source);
    }
    let mut source = source.into_owned();
    source.push(b'[');
    source.extend_from_slice(&mount.root.decoded());
    source.push(b']');
    Cell::Text(source.into())
}

fn plain_source<'a>(scene: &Scene<'a>, mount: &Mount<'a>, format: Format) -> Cow<'a, [u8]> {
    let source = mount.source.decoded();
    if source.as_ref() == b"/dev/root"
        && scene.view.is_some()
        && let Some(device) = device_path(mount.device)
    {
        return Cow::Owned(device);
    }
    if (format.canonical && source.starts_with(b"/")) || (format.evaluate && source.contains(&b'=')) {
        return canonical(scene.view, &source).map_or(source, Cow::Owned);
    }
    source
}

/// Every option of a mount by its name, where mountinfo has only those that are set.
fn vfs_options(mount: &Mount<'_>) -> String {
    let (vfs, fs) = (mount.vfs_options, mount.fs_options);
    let has = |name: &str| vfs.contains(name.as_bytes()) || fs.contains(name.as_bytes());
    let pairs = [
        ("noexec", "exec"),
        ("nosuid", "suid"),
        ("nodev", "dev"),
        ("sync", "async"),
        ("silent", "loud"),
        ("mand", "nomand"),
        ("noatime", "atime"),
        ("iversion", "noiversion"),
        ("nodiratime", "diratime"),
        ("relatime", "norelatime"),
        ("strictatime", "nostrictatime"),
        ("lazytime", "nolazytime"),
        ("nosymfollow", "symfollow"),
    ];
    let mut options = vec![if has("ro") { "ro" } else { "rw" }];
    options.extend(pairs.map(|(set, unset)| if has(set) { set } else { unset }));
    if has("idmapped") {
        options.push("idmapped");
    }
    options.join(",")
}

fn status<'a>(scene: &Scene<'a>, mount: &Mount<'a>, known: impl FnOnce(&Status) -> Cell<'a>) -> Cell<'a> {
    match scene.statuses() {
        Gathered::Known(statuses) => statuses.get(&mount.id).map_or(Cell::Absent, known),
        Gathered::Absent => Cell::Absent,
        Gathered::Unreadable(_) => Cell::Unreadable,
    }
}

/// `4711(nginx)`: the number to look further with, and the name to know it by.
fn holders<'a>(scene: &Scene<'a>) -> Cell<'a> {
    match scene.namespace() {
        // One that no process is in.
        None if !scene.shared.namespaces.is_empty() && scene.inode().known().is_some() => {
            Cell::List(Vec::new())
        }
        None => Cell::Absent,
        Some(namespace) => {
            let leaders = namespace.leaders().into_iter();
            let holders = leaders.map(|(pid, name)| [pid.to_string().as_bytes(), b"(", &name, b")"].concat());
            Cell::List(holders.map(Cow::Owned).collect())
        }
    }
}

/// The other mounts of the peer group; with their namespace where it is another one: `mnt:[4026532281]/srv`.
fn peers<'a>(scene: &Scene<'a>, mount: &Mount<'a>) -> Cell<'a> {
    let Some(shared) = mount.propagation().shared else {
        return Cell::Absent;
    };
    let Some(group) = scene.shared.peers.get(shared) else {
        return Cell::Absent;
    };
    let own = scene.inode().known();
    let others = group.members.iter();
    let others = others.filter(|member| Some(member.namespace) != own || member.id != mount.id);
    let names = others.map(|member| {
        let mut name = Vec::new();
        if Some(member.namespace) != own {
            name.extend(format!("mnt:[{}]", member.namespace).bytes());
        }
        name.extend(&member.target);
        Cow::Owned(name)
    });
    Cell::List(names.collect())
}

/// As findmnt(8) has it: `-` where there is nothing to be a part of.
fn percent(part: u64, whole: u64) -> Cell<'static> {
    size::percent(part, whole).map_or(Cell::text(&b"-"[..]), |percent| {
        Cell::string(&format!("{percent}%"))
    })
}

fn tag<'a>(scene: &Scene<'a>, mount: &Mount<'a>, tag: Tag) -> Cell<'a> {
    let tags = scene.shared.tags(tag);
    tags.of(mount)
        .map_or(Cell::Absent, |value| Cell::text(value.to_vec()))
}
