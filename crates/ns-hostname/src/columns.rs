//! The columns of the list, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Align, Column, Field};

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

const fn column(name: &'static str, align: Align, shrinks: bool, about: &'static str) -> Column {
    Column {
        name,
        about,
        align,
        shrinks,
    }
}

impl Field for UtsColumn {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (Self::Ns, column("NS", Align::Right, false, "inode of the namespace")),
        (Self::Id, column("ID", Align::Right, false, "64-bit id of the namespace, never used again")),
        (Self::Own, column("OWN", Align::Left, false, "whether it is the caller's own")),
        (Self::Hostname, column("HOSTNAME", Align::Left, false, "host name")),
        (Self::Domain, column("DOMAIN", Align::Left, false, "NIS domain name")),
        (Self::Nprocs, column("NPROCS", Align::Right, false, "number of processes in it")),
        (Self::Pid, column("PID", Align::Right, false, "lowest PID in it")),
        (Self::User, column("USER", Align::Left, false, "user of PID, or whoever made the namespace's user namespace")),
        (Self::Command, column("COMMAND", Align::Left, true, "command line of PID")),
        (Self::Unit, column("UNIT", Align::Left, false, "systemd unit of the oldest process in it")),
        (Self::Container, column("CONTAINER", Align::Left, false, "id of the container of the oldest process in it")),
        (Self::Name, column("NAME", Align::Left, false, "name under /run/utsns")),
        (Self::Owner, column("OWNER", Align::Right, false, "inode of the user namespace that owns it")),
        (Self::Initial, column("INITIAL", Align::Left, false, "whether the system started with it")),
        (Self::Same, column("SAME", Align::Left, true, "other namespaces with the same host name")),
    ];
}
