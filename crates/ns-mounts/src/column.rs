//! The columns: their names, and what they say.

use ns_core::output::{Align, Column, Field};

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
    Tid,
}

/// What is shown where nothing else is asked for.
pub const DEFAULT: [Show; 4] = [Show::Target, Show::Source, Show::FsType, Show::Options];

impl Field for Show {
    const ALL: &'static [(Self, Column)] = &[
        (Self::Target, text("TARGET", "mount point")),
        (
            Self::Source,
            wide(
                "SOURCE",
                "source device, with [the directory] where only a part is mounted",
            ),
        ),
        (Self::FsType, text("FSTYPE", "type of the file system")),
        (Self::Options, wide("OPTIONS", "all mount options")),
        (Self::VfsOptions, wide("VFS-OPTIONS", "options of this mount")),
        (
            Self::FsOptions,
            wide("FS-OPTIONS", "options of the file system, for all its mounts"),
        ),
        (
            Self::OptFields,
            text("OPT-FIELDS", "optional fields: peer group, master"),
        ),
        (
            Self::Propagation,
            text("PROPAGATION", "shared or private, slave, unbindable"),
        ),
        (
            Self::FsRoot,
            wide("FSROOT", "directory of the file system that is mounted"),
        ),
        (Self::Device, text("MAJ:MIN", "device number")),
        (Self::Id, number("ID", "mount id")),
        (
            Self::Parent,
            number("PARENT", "id of the mount that it is mounted on"),
        ),
        (Self::Tid, number("TID", "process whose table it is")),
    ];
}

const fn text(name: &'static str, about: &'static str) -> Column {
    Column {
        name,
        about,
        align: Align::Left,
        shrinks: false,
    }
}

/// A text that may be cut where a terminal has no room for it.
const fn wide(name: &'static str, about: &'static str) -> Column {
    Column {
        shrinks: true,
        ..text(name, about)
    }
}

const fn number(name: &'static str, about: &'static str) -> Column {
    Column {
        align: Align::Right,
        ..text(name, about)
    }
}
