//! The columns: their names, and what they say.

use ns_core::output::{Column, Field};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountColumn {
    Target,
    Source,
    FsType,
    Options,
    VfsOptions,
    FsOptions,
    OptFields,
    Propagation,
    FsRoot,
    Device,
    Id,
    Parent,
    UniqueId,
    Tid,
    Namespace,
    Holders,
    Master,
    Peers,
    Visible,
    CoveredBy,
    IdMap,
    Size,
    Used,
    Available,
    UsePercent,
    Inodes,
    InodesUsed,
    InodesAvailable,
    InodesPercent,
    Uuid,
    Label,
    PartUuid,
    PartLabel,
    Sources,
    Frequency,
    Pass,
    Action,
    OldTarget,
    OldOptions,
}

use MountColumn as C;

/// What is shown where nothing else is asked for.
pub const DEFAULT: &[MountColumn] = &[C::Target, C::Source, C::FsType, C::Options];

/// The same for mounts of several namespaces.
pub const EVERYWHERE: &[MountColumn] = &[
    C::Namespace,
    C::Target,
    C::Source,
    C::FsType,
    C::Options,
    C::Holders,
];

/// The same for mounts that others hide.
pub const SHADOWED: &[MountColumn] = &[C::Target, C::Source, C::FsType, C::Options, C::Id, C::CoveredBy];

/// The same in the manner of df(1).
pub const SPACE: &[MountColumn] = &[
    C::Source,
    C::FsType,
    C::Size,
    C::Used,
    C::Available,
    C::UsePercent,
    C::Target,
];

/// The same in the manner of `df -i`.
pub const FILES: &[MountColumn] = &[
    C::Source,
    C::FsType,
    C::Inodes,
    C::InodesUsed,
    C::InodesAvailable,
    C::InodesPercent,
    C::Target,
];

/// The same for what happens.
pub const EVENTS: &[MountColumn] = &[
    C::Action,
    C::Target,
    C::Source,
    C::FsType,
    C::Options,
    C::OldTarget,
    C::OldOptions,
];

impl Field for MountColumn {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (C::Target, Column::text("TARGET", "mount point")),
        (C::Source, Column::wide("SOURCE", "source, with [the directory] where only a part of it is mounted")),
        (C::FsType, Column::text("FSTYPE", "type of the file system")),
        (C::Options, Column::wide("OPTIONS", "all mount options")),
        (C::VfsOptions, Column::wide("VFS-OPTIONS", "options of this mount")),
        (C::FsOptions, Column::wide("FS-OPTIONS", "options of the file system, for all its mounts")),
        (C::OptFields, Column::text("OPT-FIELDS", "optional fields of mountinfo")),
        (C::Propagation, Column::text("PROPAGATION", "shared or private, slave, unbindable")),
        (C::FsRoot, Column::wide("FSROOT", "directory of the file system that is mounted")),
        (C::Device, Column::text("MAJ:MIN", "device number")),
        (C::Id, Column::number("ID", "mount id")),
        (C::Parent, Column::number("PARENT", "id of the mount that it is mounted on")),
        (C::UniqueId, Column::number("UNIQ-ID", "id that no other mount ever has")),
        (C::Tid, Column::number("TID", "process whose table it is")),
        (C::Namespace, Column::number("NS", "mount namespace")),
        (C::Holders, Column::wide("HOLDERS", "processes that brought the namespace up or entered it")),
        (C::Master, Column::number("MASTER", "peer group that it gets mounts from")),
        (C::Peers, Column::wide("PEERS", "other mounts that share mounts with it, in every namespace")),
        (C::Visible, Column::text("VISIBLE", "whether the mount point leads to it")),
        (C::CoveredBy, Column::number("COVERED-BY", "id of the mount that hides it")),
        (C::IdMap, Column::wide("IDMAP", "how it maps user and group ids")),
        (C::Size, Column::number("SIZE", "size of the file system")),
        (C::Used, Column::number("USED", "how much of it is in use")),
        (C::Available, Column::number("AVAIL", "how much of it is left for an ordinary user")),
        (C::UsePercent, Column::number("USE%", "how much of it is in use, in percent")),
        (C::Inodes, Column::number("INO.TOTAL", "number of files that it can hold")),
        (C::InodesUsed, Column::number("INO.USED", "number of files that it holds")),
        (C::InodesAvailable, Column::number("INO.AVAIL", "number of files that can still be made")),
        (C::InodesPercent, Column::number("INO.USE%", "how many of them are in use, in percent")),
        (C::Uuid, Column::text("UUID", "UUID of the file system")),
        (C::Label, Column::text("LABEL", "label of the file system")),
        (C::PartUuid, Column::text("PARTUUID", "UUID of the partition")),
        (C::PartLabel, Column::text("PARTLABEL", "label of the partition")),
        (C::Sources, Column::wide("SOURCES", "all sources, as a list")),
        (C::Frequency, Column::number("FREQ", "always empty: a field of fstab(5)")),
        (C::Pass, Column::number("PASSNO", "always empty: a field of fstab(5)")),
        (C::Action, Column::text("ACTION", "what has happened, with --watch")),
        (C::OldTarget, Column::text("OLD-TARGET", "mount point before it was moved, with --watch")),
        (C::OldOptions, Column::wide("OLD-OPTIONS", "options before they were changed, with --watch")),
    ];
}

impl MountColumn {
    /// Whether it is only known while a table is watched.
    pub fn is_of_events(self) -> bool {
        matches!(self, C::Action | C::OldTarget | C::OldOptions)
    }
}
