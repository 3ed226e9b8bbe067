//! The columns of the list, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Headed, Heading};

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

impl Headed for UtsColumn {
    fn heading(self) -> &'static Heading {
        let own = |(column, heading): &'static (Self, Heading)| (*column == self).then_some(heading);
        TABLE
            .iter()
            .find_map(own)
            .expect("every column stands in the table")
    }
}

/// Every column, in the order of a listing of all of them.
pub static ALL: [UtsColumn; TABLE.len()] = {
    let mut all = [UtsColumn::Ns; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        all[index] = TABLE[index].0;
        index += 1;
    }
    all
};

#[rustfmt::skip] // a table is read by its columns
const TABLE: &[(UtsColumn, Heading)] = &[
    (UtsColumn::Ns, Heading::number("NS", "inode of the namespace")),
    (UtsColumn::Id, Heading::number("ID", "64-bit id of the namespace, never used again")),
    (UtsColumn::Own, Heading::flag("OWN", "whether it is the caller's own")),
    (UtsColumn::Hostname, Heading::text("HOSTNAME", "host name")),
    (UtsColumn::Domain, Heading::text("DOMAIN", "NIS domain name")),
    (UtsColumn::Nprocs, Heading::number("NPROCS", "number of processes in it")),
    (UtsColumn::Pid, Heading::number("PID", "lowest PID in it")),
    (UtsColumn::User, Heading::text("USER", "user of PID, or creator of the owning user namespace")),
    (UtsColumn::Command, Heading::text("COMMAND", "command line of PID").wide()),
    (UtsColumn::Unit, Heading::text("UNIT", "systemd unit of the oldest process in it")),
    (UtsColumn::Container, Heading::text("CONTAINER", "id of the container of the oldest process in it")),
    (UtsColumn::Name, Heading::texts("NAME", "name under /run/utsns")),
    (UtsColumn::Owner, Heading::number("OWNER", "inode of the user namespace that owns it")),
    (UtsColumn::Initial, Heading::flag("INITIAL", "whether the system started with it")),
    (UtsColumn::Same, Heading::numbers("SAME", "other namespaces with the same host name").wide()),
];
