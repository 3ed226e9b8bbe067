//! The columns: a row each, with what it says and how it says that of a mount; and which are shown if none are named.

use ns_core::mounts::Tag;
use ns_core::output::Cell;

use crate::cells::{self, Spot};

/// A column.
pub type MountColumn = &'static Column;

type Column = ns_core::output::Column<Needs, for<'s, 'a> fn(Spot<'s, 'a>) -> Cell<'a>>;

/// What a column needs beside the table of mounts that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that is not looked up for one mount.
    Table,
    /// The processes that are in the namespace.
    Processes,
    /// The peer groups of every namespace.
    Peers,
    /// Something that happens: it is only known while a table is watched.
    Event,
}

use Needs::{Event, Peers, Processes, Table};

ns_core::columns! {
    /// All of them.
    ALL: Column;
    TARGET: text("TARGET", "mount point"), Table, |it| Cell::Text(it.mount.target.decoded());
    SOURCE: text("SOURCE", "source, with [the directory] where only a part of it is mounted").wide(), Table, cells::source;
    FSTYPE: text("FSTYPE", "type of the file system"), Table, |it| cells::text(it.mount.fs_type.decoded());
    OPTIONS: text("OPTIONS", "all mount options").wide(), Table, cells::options;
    VFS_OPTIONS: text("VFS-OPTIONS", "options of this mount").wide(), Table, cells::vfs_options;
    FS_OPTIONS: text("FS-OPTIONS", "options of the file system, for all its mounts").wide(), Table, |it| cells::text(it.mount.fs_options.decoded());
    OPT_FIELDS: text("OPT-FIELDS", "optional fields of mountinfo"), Table, |it| cells::text(it.mount.optional().into());
    PROPAGATION: text("PROPAGATION", "shared or private, slave, unbindable"), Table, |it| Cell::text(it.mount.propagation().words().as_bytes());
    FSROOT: text("FSROOT", "directory of the file system that is mounted").wide(), Table, |it| cells::text(it.mount.root.decoded());
    DEVICE: text("MAJ:MIN", "device number"), Table, |it| Cell::string(&it.mount.device);
    ID: number("ID", "mount id"), Table, |it| Cell::Number(it.mount.id.as_raw());
    PARENT: number("PARENT", "id of the mount that it is mounted on"), Table, |it| Cell::Number(it.mount.parent.as_raw());
    UNIQ_ID: number("UNIQ-ID", "id that no other mount ever has"), Table, |it| it.status(|status| Cell::Number(status.unique));
    TID: number("TID", "process whose table it is"), Table, cells::tid;
    NS: number("NS", "mount namespace"), Table, |it| Cell::gathered(it.scene.inode(), Cell::Number);
    HOLDERS: texts("HOLDERS", "processes that brought the namespace up or entered it").wide(), Processes, cells::holders;
    MASTER: number("MASTER", "peer group that it gets mounts from"), Table, cells::master;
    PEERS: texts("PEERS", "other mounts that share mounts with it, in every namespace").wide(), Peers, cells::peers;
    VISIBLE: flag("VISIBLE", "whether the mount point leads to it"), Table, |it| Cell::Flag(it.cover().is_none());
    COVERED_BY: number("COVERED-BY", "id of the mount that hides it"), Table, |it| it.cover().map_or(Cell::Absent, |cover| Cell::Number(cover.id.as_raw()));
    IDMAP: texts("IDMAP", "how it maps user and group ids").wide(), Table, cells::id_map;
    SIZE: amount("SIZE", "size of the file system"), Table, |it| it.bytes(|space| space.size);
    USED: amount("USED", "how much of it is in use"), Table, |it| it.bytes(|space| space.used);
    AVAIL: amount("AVAIL", "how much of it is left for an ordinary user"), Table, |it| it.bytes(|space| space.available);
    USE_PERCENT: amount("USE%", "how much of it is in use, in percent"), Table, |it| it.percent(|space| (space.used, space.size));
    INODES: number("INO.TOTAL", "number of files that it can hold"), Table, |it| it.space(|space| Cell::Number(space.files));
    INODES_USED: number("INO.USED", "number of files that it holds"), Table, |it| it.space(|space| Cell::Number(space.files_used));
    INODES_AVAIL: number("INO.AVAIL", "number of files that can still be made"), Table, |it| it.space(|space| Cell::Number(space.files_available));
    INODES_PERCENT: amount("INO.USE%", "how many of them are in use, in percent"), Table, |it| it.percent(|space| (space.files_used, space.files));
    UUID: text("UUID", "UUID of the file system"), Table, |it| it.tag(Tag::Uuid);
    LABEL: text("LABEL", "label of the file system"), Table, |it| it.tag(Tag::Label);
    PARTUUID: text("PARTUUID", "UUID of the partition"), Table, |it| it.tag(Tag::PartUuid);
    PARTLABEL: text("PARTLABEL", "label of the partition"), Table, |it| it.tag(Tag::PartLabel);
    SOURCES: texts("SOURCES", "all sources, as a list").wide(), Table, cells::sources;
    FREQ: number("FREQ", "always empty: a field of fstab(5)"), Table, |_| Cell::Absent;
    PASSNO: number("PASSNO", "always empty: a field of fstab(5)"), Table, |_| Cell::Absent;
    ACTION: text("ACTION", "what has happened, with --watch"), Event, cells::action;
    OLD_TARGET: text("OLD-TARGET", "mount point before it was moved, with --watch"), Event, cells::old_target;
    OLD_OPTIONS: text("OLD-OPTIONS", "options before they were changed, with --watch").wide(), Event, cells::old_options;
}

/// What is shown where nothing else is asked for.
pub static DEFAULT: &[MountColumn] = &[&TARGET, &SOURCE, &FSTYPE, &OPTIONS];

/// The same for mounts of several namespaces.
pub static EVERYWHERE: &[MountColumn] = &[&NS, &TARGET, &SOURCE, &FSTYPE, &OPTIONS, &HOLDERS];

/// The same for mounts that others hide.
pub static SHADOWED: &[MountColumn] = &[&TARGET, &SOURCE, &FSTYPE, &OPTIONS, &ID, &COVERED_BY];

/// The same in the manner of df(1).
pub static SPACE: &[MountColumn] = &[&SOURCE, &FSTYPE, &SIZE, &USED, &AVAIL, &USE_PERCENT, &TARGET];

/// The same in the manner of `df -i`.
pub static FILES: &[MountColumn] = &[
    &SOURCE,
    &FSTYPE,
    &INODES,
    &INODES_USED,
    &INODES_AVAIL,
    &INODES_PERCENT,
    &TARGET,
];

/// The same for what happens.
pub static EVENTS: &[MountColumn] = &[
    &ACTION,
    &TARGET,
    &SOURCE,
    &FSTYPE,
    &OPTIONS,
    &OLD_TARGET,
    &OLD_OPTIONS,
];
