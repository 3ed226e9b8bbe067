//! The cells of the columns of a mount.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use ns_core::Gathered;
use ns_core::mounts::{FstabFields, Mount, MountStatus, Space, Tag, device_path, merged, parse_tag};
use ns_core::output::Cell;

use crate::action::Action;
use crate::context::TableContext;
use crate::device::{Devices, canonical, devices, evaluated};
use crate::option_kinds::{OptionKind, part};
use crate::size;

/// The form of values.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Format {
    /// Show sizes as numbers of bytes.
    pub bytes: bool,
    /// Leave out the directory after the source.
    pub no_root: bool,
    /// Show sources without symbolic links.
    pub canonical: bool,
    /// Show devices instead of tags.
    pub evaluate: bool,
    /// Show every option of a mount, including defaults.
    pub vfs_all: bool,
    /// Give values for a filter, which compares sizes in bytes and percentages as numbers.
    pub compared: bool,
}

impl Format {
    /// The form of values that a filter compares: as they are shown, with numbers in place of sizes and percentages.
    pub fn compared(self) -> Self {
        Self {
            bytes: true,
            compared: true,
            ..self
        }
    }
}

/// A mount in its table: the subject of a cell.
#[derive(Clone, Copy)]
pub struct ListedMount<'s, 'a> {
    pub context: &'s TableContext<'a>,
    /// The index of the mount in the table.
    pub index: usize,
    pub mount: &'s Mount<'a>,
    pub format: Format,
    /// The event of the mount, if the table is watched.
    pub event: Option<Happened<'s, 'a>>,
}

/// An event of a mount.
#[derive(Clone, Copy)]
pub struct Happened<'s, 'a> {
    pub action: Action,
    /// The mount before the event.
    pub was: Option<&'s Mount<'a>>,
    /// The 64-bit id of the mount, if the kernel reported the event.
    pub unique: Option<u64>,
}

impl<'s, 'a> ListedMount<'s, 'a> {
    /// The mount with this index.
    pub fn new(context: &'s TableContext<'a>, index: usize, format: Format) -> Self {
        Self {
            context,
            index,
            mount: &context.table.mounts()[index],
            format,
            event: None,
        }
    }

    /// The mount that hides this mount.
    pub fn cover(self) -> Option<&'s Mount<'a>> {
        self.context.covered_by(self.index)
    }

    /// A field that mountinfo has and fstab(5) does not have.
    pub fn of_kernel(self, cell: impl FnOnce(&'s Mount<'a>) -> Cell<'a>) -> Cell<'a> {
        if self.mount.fstab.is_some() {
            Cell::Absent
        } else {
            cell(self.mount)
        }
    }

    /// A value from statmount(2).
    pub fn status(self, known: impl FnOnce(&MountStatus) -> Cell<'a>) -> Cell<'a> {
        Cell::gathered(self.context.statuses().as_ref(), |statuses| {
            statuses.get(&self.mount.id).map_or(Cell::Absent, known)
        })
    }

    /// A value about the size and usage of the mount's file system.
    pub fn space(self, cell: impl FnOnce(Space) -> Cell<'a>) -> Cell<'a> {
        Cell::gathered(self.context.space(self.index), cell)
    }

    /// A number of bytes about its size and usage.
    pub fn bytes(self, bytes: impl FnOnce(Space) -> u64) -> Cell<'a> {
        self.space(|space| size::cell(bytes(space), self.format.bytes))
    }

    /// A percentage of its size. As in findmnt(8), it is `-` if the whole is 0.
    pub fn percent(self, part_and_whole: impl FnOnce(Space) -> (u64, u64)) -> Cell<'a> {
        self.space(|space| {
            let (part, whole) = part_and_whole(space);
            match size::percent(part, whole) {
                Some(percent) if self.format.compared => Cell::Number(percent),
                Some(percent) => Cell::string(&format!("{percent}%")),
                None if self.format.compared => Cell::Absent,
                None => Cell::text(&b"-"[..]),
            }
        })
    }

    /// The mount before the event, if the event has one of these actions.
    fn before(self, actions: [Action; 2]) -> Option<&'s Mount<'a>> {
        self.event.filter(|event| actions.contains(&event.action))?.was
    }

    /// The devices of the mount. A source that is a tag has devices if it is evaluated.
    pub fn devices(self) -> Option<Devices> {
        let source = plain_source(self).known()?;
        let is_tag = parse_tag(OsStr::from_bytes(&source)).is_some();
        (!is_tag)
            .then(|| devices(self.context, self.mount, &source))
            .flatten()
    }

    /// Why another device could not be read, which may have the same file system. Absent if every device was read.
    pub fn unread_devices(self) -> Cell<'a> {
        let devices = self.devices();
        devices.map_or(Cell::Absent, |devices| {
            Cell::gathered(devices.all, |()| Cell::Absent)
        })
    }

    /// A tag of the mount's device.
    pub fn tag(self, tag: Tag) -> Cell<'a> {
        Cell::gathered(self.context.tag(tag, self.mount), Cell::text)
    }
}

/// The id of the parent mount. The kernel has no mount 0: 0 represents a parent outside the table.
pub fn parent<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    match it.mount.parent.as_raw() {
        0 => Cell::Absent,
        parent => Cell::Number(parent),
    }
}

/// True if the mount point leads to the mount.
pub fn visible<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    it.of_kernel(|_| Cell::Flag(it.cover().is_none()))
}

/// A field that only fstab(5) has.
pub fn fstab<'a>(it: ListedMount<'_, 'a>, field: impl FnOnce(FstabFields) -> i32) -> Cell<'a> {
    it.mount.fstab.map_or(Cell::Absent, |fields| field(fields).into())
}

/// A text, absent if it is empty.
pub fn text(bytes: Cow<'_, [u8]>) -> Cell<'_> {
    if bytes.is_empty() {
        Cell::Absent
    } else {
        Cell::Text(bytes)
    }
}

/// The source, with the mounted directory of it.
pub fn source<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    Cell::gathered(plain_source(it), |source| {
        if it.format.no_root || !it.mount.is_part() {
            return text(source);
        }
        let mut source = source.into_owned();
        source.push(b'[');
        source.extend_from_slice(&it.mount.root.decoded());
        source.push(b']');
        Cell::Text(source.into())
    })
}

/// The source and every other device of the file system. A tag has devices if it is evaluated.
pub fn sources<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    match (it.devices(), source(it)) {
        (Some(Devices { paths, .. }), _) if !paths.is_empty() => {
            Cell::List(paths.into_iter().map(Cow::Owned).collect())
        }
        (_, Cell::Text(source)) => Cell::List(vec![source]),
        (_, cell) => cell,
    }
}

fn plain_source<'a>(it: ListedMount<'_, 'a>) -> Gathered<Cow<'a, [u8]>> {
    let ListedMount {
        context,
        mount,
        format,
        ..
    } = it;
    let source = mount.source.decoded();
    if source.as_ref() == b"/dev/root"
        && context.view.is_some()
        && let Some(device) = device_path(mount.device)
    {
        return Gathered::Known(Cow::Owned(device));
    }
    if format.evaluate
        && let Some(device) = evaluated(context, &source)
    {
        return device.map(Cow::Owned);
    }
    let canonical = (format.canonical && source.starts_with(b"/"))
        .then(|| canonical(context, &source))
        .flatten();
    Gathered::Known(canonical.map_or(source, Cow::Owned))
}

/// All options: options of the mount, options of the file system, and those that only programs know.
pub fn options<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    let of_kernel = merged(it.mount.vfs_options, it.mount.fs_options);
    let of_programs = it.mount.user_options.decoded();
    if of_programs.is_empty() {
        return text(of_kernel);
    }
    text(Cow::Owned([&*of_kernel, b",", &*of_programs].concat()))
}

/// The options of the mount.
pub fn vfs_options<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    if it.mount.fstab.is_some() {
        return text(part(it.mount.vfs_options, OptionKind::Mount).into());
    }
    if it.format.vfs_all {
        Cell::string(&every_vfs_option(it.mount))
    } else {
        text(it.mount.vfs_options.decoded())
    }
}

/// The options of the file system.
pub fn fs_options<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    if it.mount.fstab.is_some() {
        return text(part(it.mount.vfs_options, OptionKind::FileSystem).into());
    }
    text(it.mount.fs_options.decoded())
}

/// Every option of a mount by its name. mountinfo has only the options that are set.
fn every_vfs_option(mount: &Mount<'_>) -> String {
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

/// The lines of the id map of the mount. The table tells whether there is a map.
pub fn id_map<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    if !it.mount.vfs_options.contains(b"idmapped") {
        return Cell::Absent;
    }
    it.status(|status| {
        Cell::gathered(status.id_map.as_ref(), |lines| {
            Cell::List(lines.iter().cloned().map(Cow::Owned).collect())
        })
    })
}

/// The process that the table was read from.
pub fn tid<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    it.context
        .pid()
        .map_or(Cell::Absent, |pid| Cell::Number(pid.into()))
}

/// The peer group that the mount receives events from.
pub fn master<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    let master = it.mount.propagation().master;
    master.map_or(Cell::Absent, |master| Cell::Number(master.as_raw()))
}

/// Leaders as `4711(nginx)`: the PID identifies the process, and the name tells people what it is.
pub fn leaders<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    Cell::gathered(it.context.leaders(), |leaders| {
        Cell::List(leaders.iter().cloned().map(Cow::Owned).collect())
    })
}

/// The other mounts of the peer group. A mount in another namespace is shown with its namespace:
/// `mnt:[4026532281]/srv`.
pub fn peers<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    let ListedMount { context, mount, .. } = it;
    let Some(shared) = mount.propagation().shared else {
        return Cell::Absent;
    };
    let Some(group) = context.shared.peers.get(shared) else {
        return Cell::Absent;
    };
    let own = context.inode().known();
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

/// The action of the event.
pub fn action<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    it.event.map_or(Cell::Absent, |event| word(event.action))
}

/// The word for an action.
pub fn word(action: Action) -> Cell<'static> {
    Cell::text(match action {
        Action::Mount => &b"mount"[..],
        Action::Umount => b"umount",
        Action::Remount => b"remount",
        Action::Move => b"move",
    })
}

/// The id of the mount that the kernel never reuses.
pub fn unique_id<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    match it.event.and_then(|event| event.unique) {
        Some(unique) => Cell::Number(unique),
        None => it.status(|status| Cell::Number(status.unique)),
    }
}

/// The mount point before the mount was moved or unmounted.
pub fn old_target<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    it.before([Action::Move, Action::Umount])
        .map_or(Cell::Absent, |was| Cell::Text(was.target.decoded()))
}

/// The options before they were changed or the mount was unmounted.
pub fn old_options<'a>(it: ListedMount<'_, 'a>) -> Cell<'a> {
    it.before([Action::Remount, Action::Umount])
        .map_or(Cell::Absent, |was| {
            Cell::Text(merged(was.vfs_options, was.fs_options))
        })
}
