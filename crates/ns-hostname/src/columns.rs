//! The columns of the list, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Column, Field};

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UtsColumn {
    /// The inode.
    Ns,
    /// The 64-bit id.
    Id,
    /// Whether it is the caller's own.
    Own,
    /// The host name.
    Hostname,
    /// The NIS domain name.
    Domain,
    /// The number of processes.
    Nprocs,
    /// The lowest PID.
    Pid,
    /// The user of that process.
    User,
    /// The command line of that process.
    Command,
    /// The systemd unit of its oldest process.
    Unit,
    /// The container of its oldest process.
    Container,
    /// Its names under `/run/utsns`.
    Name,
    /// The user namespace that owns it.
    Owner,
    /// Whether the system started with it.
    Initial,
    /// The others with this host name.
    Same,
}

impl UtsColumn {
    /// What a list shows where nobody chose columns.
    pub const DEFAULT: [Self; 8] = [
        Self::Ns,
        Self::Own,
        Self::Hostname,
        Self::Domain,
        Self::Nprocs,
        Self::Pid,
        Self::User,
        Self::Command,
    ];

    /// What has to be found out for it.
    pub fn facts(self) -> Facts {
        match self {
            Self::Ns
            | Self::Own
            | Self::Hostname
            | Self::Domain
            | Self::Nprocs
            | Self::Pid
            | Self::Name
            | Self::Initial
            | Self::Same => Facts::empty(),
            Self::Id | Self::Owner => Facts::RELATIVES,
            Self::User => Facts::UID | Facts::RELATIVES,
            Self::Unit | Self::Container => Facts::LEADER | Facts::CGROUP,
            Self::Command => Facts::COMMAND,
        }
    }
}

impl Field for UtsColumn {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (Self::Ns, Column::number("NS", "inode of the namespace")),
        (Self::Id, Column::number("ID", "64-bit id of the namespace, never used again")),
        (Self::Own, Column::text("OWN", "whether it is the caller's own")),
        (Self::Hostname, Column::text("HOSTNAME", "host name")),
        (Self::Domain, Column::text("DOMAIN", "NIS domain name")),
        (Self::Nprocs, Column::number("NPROCS", "number of processes in it")),
        (Self::Pid, Column::number("PID", "lowest PID in it")),
        (Self::User, Column::text("USER", "user of PID, or whoever made the namespace's user namespace")),
        (Self::Command, Column::wide("COMMAND", "command line of PID")),
        (Self::Unit, Column::text("UNIT", "systemd unit of the oldest process in it")),
        (Self::Container, Column::text("CONTAINER", "id of the container of the oldest process in it")),
        (Self::Name, Column::text("NAME", "name under /run/utsns")),
        (Self::Owner, Column::number("OWNER", "inode of the user namespace that owns it")),
        (Self::Initial, Column::text("INITIAL", "whether the system started with it")),
        (Self::Same, Column::wide("SAME", "other namespaces with the same host name")),
    ];
}
