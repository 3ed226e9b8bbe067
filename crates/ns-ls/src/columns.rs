//! The columns of a listing of namespaces, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Align, Column, Field};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NsColumn {
    /// The inode.
    Ns,
    /// The kind.
    Type,
    /// A path of the namespace file.
    Path,
    /// The number of processes.
    Nprocs,
    /// The lowest PID.
    Pid,
    /// The parent of that process.
    Ppid,
    /// The command line of that process.
    Command,
    /// The uid of that process.
    Uid,
    /// The same by name.
    User,
    /// The parent.
    Pns,
    /// The owner.
    Ons,
    /// The 64-bit id.
    Id,
    /// Who made it.
    Creator,
    /// Whether the system started with it.
    Initial,
}

impl NsColumn {
    /// What a listing shows where nobody chose columns.
    pub const DEFAULT: [Self; 6] = [
        Self::Ns,
        Self::Type,
        Self::Nprocs,
        Self::Pid,
        Self::User,
        Self::Command,
    ];

    /// What has to be found out for it.
    pub fn facts(self) -> Facts {
        match self {
            Self::Ns | Self::Type | Self::Path | Self::Nprocs | Self::Pid | Self::Initial => Facts::empty(),
            Self::Ppid => Facts::PARENT,
            Self::Command => Facts::COMMAND,
            Self::Uid | Self::User => Facts::UID | Facts::RELATIVES,
            Self::Pns | Self::Ons | Self::Id | Self::Creator => Facts::RELATIVES,
        }
    }
}

const fn number(name: &'static str, about: &'static str) -> Column {
    Column {
        name,
        about,
        align: Align::Right,
        shrinks: false,
    }
}

const fn text(name: &'static str, about: &'static str) -> Column {
    Column {
        name,
        about,
        align: Align::Left,
        shrinks: false,
    }
}

const fn long(name: &'static str, about: &'static str) -> Column {
    Column {
        name,
        about,
        align: Align::Left,
        shrinks: true,
    }
}

impl Field for NsColumn {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (Self::Ns, number("NS", "inode of the namespace")),
        (Self::Type, text("TYPE", "kind of namespace")),
        (Self::Path, text("PATH", "path of the namespace file")),
        (Self::Nprocs, number("NPROCS", "number of processes in the namespace")),
        (Self::Pid, number("PID", "lowest PID in the namespace")),
        (Self::Ppid, number("PPID", "parent of PID")),
        (Self::Command, long("COMMAND", "command line of PID")),
        (Self::Uid, number("UID", "uid of PID")),
        (Self::User, text("USER", "user of PID")),
        (Self::Pns, number("PNS", "inode of the parent namespace")),
        (Self::Ons, number("ONS", "inode of the owning user namespace")),
        (Self::Id, number("ID", "64-bit id of the namespace, never used again")),
        (Self::Creator, text("CREATOR", "user who made the namespace's user namespace")),
        (Self::Initial, text("INITIAL", "whether the system started with it")),
    ];
}
