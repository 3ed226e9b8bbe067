//! The columns: their names, and what they say.

use ns_core::output::{Column, Field};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table below says what each is")]
pub enum Show {
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

use Show as S;

/// What is shown where nothing else is asked for.
pub const DEFAULT: &[Show] = &[S::Target, S::Source, S::FsType, S::Options];

/// The same for mounts of several namespaces.
pub const EVERYWHERE: &[Show] = &[
    S::Namespace,
    S::Target,
    S::Source,
    S::FsType,
    S::Options,
    S::Holders,
];

/// The same for mounts that others hide.
pub const SHADOWED: &[Show] = &[S::Target, S::Source, S::FsType, S::Options, S::Id, S::CoveredBy];

/// The same in the manner of df(1).
pub const SPACE: &[Show] = &[
    S::Source,
    S::FsType,
    S::Size,
    S::Used,
    S::Available,
    S::UsePercent,
    S::Target,
];

/// The same in the manner of `df -i`.
pub const FILES: &[Show] = &[
    S::Source,
    S::FsType,
    S::Inodes,
    S::InodesUsed,
    S::InodesAvailable,
    S::InodesPercent,
    S::Target,
];

/// The same for what happens.
pub const EVENTS: &[Show] = &[
    S::Action,
    S::Target,
    S::Source,
    S::FsType,
    S::Options,
    S::OldTarget,
    S::OldOptions,
];

impl Field for Show {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (S::Target, Column::text("TARGET", "mount point")),
        (S::Source, Column::wide("SOURCE", "source, with [the directory] where only a part of it is mounted")),
        (S::FsType, Column::text("FSTYPE", "type of the file system")),
        (S::Options, Column::wide("OPTIONS", "all mount options")),
        (S::VfsOptions, Column::wide("VFS-OPTIONS", "options of this mount")),
        (S::FsOptions, Column::wide("FS-OPTIONS", "options of the file system, for all its mounts")),
        (S::OptFields, Column::text("OPT-FIELDS", "optional fields of mountinfo")),
        (S::Propagation, Column::text("PROPAGATION", "shared or private, slave, unbindable")),
        (S::FsRoot, Column::wide("FSROOT", "directory of the file system that is mounted")),
        (S::Device, Column::text("MAJ:MIN", "device number")),
        (S::Id, Column::number("ID", "mount id")),
        (S::Parent, Column::number("PARENT", "id of the mount that it is mounted on")),
        (S::UniqueId, Column::number("UNIQ-ID", "id that no other mount ever has")),
        (S::Tid, Column::number("TID", "process whose table it is")),
        (S::Namespace, Column::number("NS", "mount namespace")),
        (S::Holders, Column::wide("HOLDERS", "processes that brought the namespace up or entered it")),
        (S::Master, Column::number("MASTER", "peer group that it gets mounts from")),
        (S::Peers, Column::wide("PEERS", "other mounts that share mounts with it, in every namespace")),
        (S::Visible, Column::text("VISIBLE", "whether the mount point leads to it")),
        (S::CoveredBy, Column::number("COVERED-BY", "id of the mount that hides it")),
        (S::IdMap, Column::wide("IDMAP", "how it maps user and group ids")),
        (S::Size, Column::number("SIZE", "size of the file system")),
        (S::Used, Column::number("USED", "how much of it is in use")),
        (S::Available, Column::number("AVAIL", "how much of it is left for an ordinary user")),
        (S::UsePercent, Column::number("USE%", "how much of it is in use, in percent")),
        (S::Inodes, Column::number("INO.TOTAL", "number of files that it can hold")),
        (S::InodesUsed, Column::number("INO.USED", "number of files that it holds")),
        (S::InodesAvailable, Column::number("INO.AVAIL", "number of files that can still be made")),
        (S::InodesPercent, Column::number("INO.USE%", "how many of them are in use, in percent")),
        (S::Uuid, Column::text("UUID", "UUID of the file system")),
        (S::Label, Column::text("LABEL", "label of the file system")),
        (S::PartUuid, Column::text("PARTUUID", "UUID of the partition")),
        (S::PartLabel, Column::text("PARTLABEL", "label of the partition")),
        (S::Sources, Column::wide("SOURCES", "all sources, as a list")),
        (S::Frequency, Column::number("FREQ", "always empty: a field of fstab(5)")),
        (S::Pass, Column::number("PASSNO", "always empty: a field of fstab(5)")),
        (S::Action, Column::text("ACTION", "what has happened, with --watch")),
        (S::OldTarget, Column::text("OLD-TARGET", "mount point before it was moved, with --watch")),
        (S::OldOptions, Column::wide("OLD-OPTIONS", "options before they were changed, with --watch")),
    ];
}

impl Show {
    /// Whether it is only known while a table is watched.
    pub fn is_of_events(self) -> bool {
        matches!(self, S::Action | S::OldTarget | S::OldOptions)
    }
}
