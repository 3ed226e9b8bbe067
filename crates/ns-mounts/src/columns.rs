//! The columns: one row for each, with its description and the function for its cells; and the default columns.

use ns_core::mounts::Tag;
use ns_core::output::Cell;

use crate::cells::{self, ListedMount};

/// A column.
pub type MountColumn = &'static Column;

type Column = ns_core::output::Column<Needs, for<'s, 'a> fn(ListedMount<'s, 'a>) -> Cell<'a>>;

/// The data that a column needs, beyond its table of mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing more than what is looked up for one mount.
    Table,
    /// The processes that are in the namespace.
    Processes,
    /// The peer groups of every namespace.
    Peers,
    /// An event: known only while a table is watched.
    Event,
}

use Needs::{Event, Peers, Processes, Table};

ns_core::columns! {
    /// All columns.
    ALL: Column;
    TARGET: text("TARGET", "mount point"), Table, |it| Cell::Text(it.mount.target.decoded());
    SOURCE: text("SOURCE", "source, with [directory] if only that part is mounted").wide(), Table, cells::source;
    FSTYPE: text("FSTYPE", "type of the file system"), Table, |it| cells::text(it.mount.fs_type.decoded());
    OPTIONS: text("OPTIONS", "all mount options").wide(), Table, cells::options;
    VFS_OPTIONS: text("VFS-OPTIONS", "options of this mount").wide(), Table, cells::vfs_options;
    FS_OPTIONS: text("FS-OPTIONS", "options of the file system, for all its mounts").wide(), Table, cells::fs_options;
    OPT_FIELDS: text("OPT-FIELDS", "optional fields of mountinfo"), Table, |it| cells::text(it.mount.optional().into());
    PROPAGATION: text("PROPAGATION", "shared or private, with slave and unbindable if they apply"), Table, |it| it.of_kernel(|mount| Cell::text(mount.propagation().words().as_bytes()));
    FSROOT: text("FSROOT", "mounted directory of the file system").wide(), Table, |it| it.of_kernel(|mount| cells::text(mount.root.decoded()));
    DEVICE: text("MAJ:MIN", "device number"), Table, |it| it.of_kernel(|mount| Cell::string(&mount.device));
    ID: number("ID", "mount id"), Table, |it| it.of_kernel(|mount| Cell::Number(mount.id.as_raw()));
    PARENT: number("PARENT", "id of the parent mount"), Table, cells::parent;
    UNIQ_ID: number("UNIQ-ID", "mount id that the kernel never reuses"), Table, cells::unique_id;
    TID: number("TID", "process that the mount table is from"), Table, cells::tid;
    NS: number("NS", "inode of the mount namespace"), Table, |it| Cell::gathered(it.context.inode(), Cell::Number);
    LEADERS: texts("LEADERS", "processes whose parents are outside the namespace, or PID/TID of threads").wide().or(&["HOLDERS"]), Processes, cells::leaders;
    MASTER: number("MASTER", "peer group that the mount receives events from"), Table, cells::master;
    PEERS: texts("PEERS", "other mounts of the peer group, in every namespace").wide(), Peers, cells::peers;
    VISIBLE: flag("VISIBLE", "yes if the mount point leads to the mount"), Table, cells::visible;
    COVERED_BY: number("COVERED-BY", "id of the mount that hides this one"), Table, |it| it.cover().map_or(Cell::Absent, |cover| Cell::Number(cover.id.as_raw()));
    IDMAP: texts("IDMAP", "map of user and group ids").wide(), Table, cells::id_map;
    SIZE: amount("SIZE", "size of the file system"), Table, |it| it.bytes(|space| space.size);
    USED: amount("USED", "space in use"), Table, |it| it.bytes(|space| space.used);
    AVAIL: amount("AVAIL", "space left for an ordinary user"), Table, |it| it.bytes(|space| space.available);
    USE_PERCENT: amount("USE%", "space in use, in percent, rounded up"), Table, |it| it.percent(|space| (space.used, space.used.saturating_add(space.available)));
    INODES: number("INO.TOTAL", "number of files that the file system can hold"), Table, |it| it.space(|space| Cell::Number(space.files));
    INODES_USED: number("INO.USED", "number of files that the file system holds"), Table, |it| it.space(|space| Cell::Number(space.files_used));
    INODES_AVAIL: number("INO.AVAIL", "number of files that can still be created"), Table, |it| it.space(|space| Cell::Number(space.files_available));
    INODES_PERCENT: amount("INO.USE%", "files in use, in percent, rounded up"), Table, |it| it.percent(|space| (space.files_used, space.files));
    UUID: text("UUID", "UUID of the file system"), Table, |it| it.tag(Tag::Uuid);
    LABEL: text("LABEL", "label of the file system"), Table, |it| it.tag(Tag::Label);
    PARTUUID: text("PARTUUID", "UUID of the partition"), Table, |it| it.tag(Tag::PartUuid);
    PARTLABEL: text("PARTLABEL", "label of the partition"), Table, |it| it.tag(Tag::PartLabel);
    SOURCES: texts("SOURCES", "source, and other devices with the same file system").wide(), Table, cells::sources;
    FREQ: number("FREQ", "how often dump(8) saves the file system, from fstab(5)"), Table, |it| cells::fstab(it, |fields| fields.freq);
    PASSNO: number("PASSNO", "pass in which fsck(8) checks the file system, from fstab(5)"), Table, |it| cells::fstab(it, |fields| fields.passno);
    ACTION: text("ACTION", "event, with --watch"), Event, cells::action;
    OLD_TARGET: text("OLD-TARGET", "mount point before a move or an unmount, with --watch"), Event, cells::old_target;
    OLD_OPTIONS: text("OLD-OPTIONS", "options before a change or an unmount, with --watch").wide(), Event, cells::old_options;
}

/// The default columns.
pub static DEFAULT: &[MountColumn] = &[&TARGET, &SOURCE, &FSTYPE, &OPTIONS];

/// The default columns for mounts of several namespaces.
pub static EVERYWHERE: &[MountColumn] = &[&NS, &TARGET, &SOURCE, &FSTYPE, &OPTIONS, &LEADERS];

/// The default columns for mounts that others hide.
pub static SHADOWED: &[MountColumn] = &[&TARGET, &SOURCE, &FSTYPE, &OPTIONS, &ID, &COVERED_BY];

/// The default columns in the style of df(1).
pub static SPACE: &[MountColumn] = &[&SOURCE, &FSTYPE, &SIZE, &USED, &AVAIL, &USE_PERCENT, &TARGET];

/// The default columns in the style of `df -i`.
pub static FILES: &[MountColumn] = &[
    &SOURCE,
    &FSTYPE,
    &INODES,
    &INODES_USED,
    &INODES_AVAIL,
    &INODES_PERCENT,
    &TARGET,
];

/// The columns of --watch.
pub static EVENTS: &[MountColumn] = &[&ACTION, &TARGET, &SOURCE, &FSTYPE, &OPTIONS];

/// The columns of --watch for every namespace.
pub static EVENTS_EVERYWHERE: &[MountColumn] = &[&ACTION, &NS, &TARGET, &SOURCE, &FSTYPE, &OPTIONS, &LEADERS];
