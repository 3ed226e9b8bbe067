//! The columns of a listing of namespaces, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Headed, Heading};

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
    /// The number in the caller's network namespace.
    Netnsid,
    /// Where it is mounted.
    Nsfs,
    /// The parent.
    Pns,
    /// The owner.
    Ons,
    /// The 64-bit id.
    Id,
    /// The names of its pins.
    Name,
    /// The number of its holders.
    Holders,
    /// Its holders in words.
    HeldBy,
    /// The number of threads.
    Threads,
    /// The leader.
    Leader,
    /// The PIDs of the leader.
    Inpid,
    /// The systemd unit of the leader.
    Unit,
    /// The container of the leader.
    Container,
    /// The cgroup of the leader.
    Cgroup,
    /// The host name.
    Hostname,
    /// Who made it.
    Creator,
    /// The uid map.
    Uidmap,
    /// How far below the top it is.
    Depth,
    /// Whether the system started with it.
    Initial,
    /// The capabilities that a process has in it.
    Caps,
}

impl NsColumn {
    /// What a listing shows where nobody chose columns; with `net` where network namespaces were asked for.
    pub fn default(net: bool) -> Vec<Self> {
        let mut columns = vec![Self::Ns, Self::Type, Self::Nprocs, Self::Pid, Self::User];
        if net {
            columns.extend([Self::Netnsid, Self::Nsfs]);
        }
        columns.push(Self::Command);
        columns
    }

    /// What a listing of the processes in a namespace shows.
    pub const OF_PROCESSES: [Self; 4] = [Self::Pid, Self::Ppid, Self::User, Self::Command];

    /// What has to be found out for it.
    pub fn facts(self) -> Facts {
        match self {
            Self::Ns
            | Self::Type
            | Self::Path
            | Self::Nprocs
            | Self::Pid
            | Self::Initial
            | Self::Nsfs
            | Self::Name
            | Self::Holders
            | Self::HeldBy
            | Self::Threads => Facts::empty(),
            Self::Ppid => Facts::PARENT,
            Self::Command => Facts::COMMAND,
            Self::Uid | Self::User => Facts::UID,
            Self::Pns | Self::Ons | Self::Id | Self::Creator | Self::Depth | Self::Caps => Facts::RELATIVES,
            Self::Netnsid => Facts::NETNSID,
            Self::Leader => Facts::LEADER,
            Self::Inpid => Facts::LEADER | Facts::PIDS,
            Self::Unit | Self::Container | Self::Cgroup => Facts::LEADER | Facts::CGROUP,
            Self::Hostname => Facts::HOSTNAME,
            Self::Uidmap => Facts::UIDMAP,
        }
    }
}

impl Headed for NsColumn {
    fn heading(self) -> &'static Heading {
        let own = |(column, heading): &'static (Self, Heading)| (*column == self).then_some(heading);
        TABLE
            .iter()
            .find_map(own)
            .expect("every column stands in the table")
    }
}

/// Every column, in the order of a listing of all of them.
pub static ALL: [NsColumn; TABLE.len()] = {
    let mut all = [NsColumn::Ns; TABLE.len()];
    let mut index = 0;
    while index < TABLE.len() {
        all[index] = TABLE[index].0;
        index += 1;
    }
    all
};

#[rustfmt::skip] // a table is read by its columns
const TABLE: &[(NsColumn, Heading)] = &[
    (NsColumn::Ns, Heading::number("NS", "inode of the namespace")),
    (NsColumn::Type, Heading::text("TYPE", "kind of namespace")),
    (NsColumn::Path, Heading::text("PATH", "path of the namespace file of PID")),
    (NsColumn::Nprocs, Heading::number("NPROCS", "number of processes in the namespace")),
    (NsColumn::Pid, Heading::number("PID", "lowest PID in the namespace")),
    (NsColumn::Ppid, Heading::number("PPID", "parent of PID")),
    (NsColumn::Command, Heading::text("COMMAND", "command line of PID").wide()),
    (NsColumn::Uid, Heading::number("UID", "uid of PID, or of the namespace's creator")),
    (NsColumn::User, Heading::text("USER", "user of PID, or the namespace's creator")),
    (NsColumn::Netnsid, Heading::text("NETNSID", "number of a network namespace in the caller's")),
    (NsColumn::Nsfs, Heading::texts("NSFS", "where the namespace file is mounted").wide()),
    (NsColumn::Pns, Heading::number("PNS", "inode of the parent namespace")),
    (NsColumn::Ons, Heading::number("ONS", "inode of the owning user namespace")),
    (NsColumn::Id, Heading::number("ID", "64-bit id of the namespace, never used again")),
    (NsColumn::Name, Heading::texts("NAME", "name under /run/netns and the like")),
    (NsColumn::Holders, Heading::number("HOLDERS", "number of what keeps the namespace alive")),
    (NsColumn::HeldBy, Heading::texts("HELD-BY", "what keeps the namespace alive, in words").wide()),
    (NsColumn::Threads, Heading::number("THREADS", "number of threads in the namespace")),
    (NsColumn::Leader, Heading::number("LEADER", "oldest process at the top of the namespace's tree")),
    (NsColumn::Inpid, Heading::text("INPID", "PIDs of LEADER, from outside to inside")),
    (NsColumn::Unit, Heading::text("UNIT", "systemd unit of LEADER")),
    (NsColumn::Container, Heading::text("CONTAINER", "id of the container of LEADER")),
    (NsColumn::Cgroup, Heading::text("CGROUP", "cgroup of LEADER").wide()),
    (NsColumn::Hostname, Heading::text("HOSTNAME", "host name of a UTS namespace")),
    (NsColumn::Creator, Heading::text("CREATOR", "user who made the owning user namespace")),
    (NsColumn::Uidmap, Heading::texts("UIDMAP", "uid map of a user namespace").wide()),
    (NsColumn::Depth, Heading::number("DEPTH", "how many parents a user or PID namespace has")),
    (NsColumn::Initial, Heading::flag("INITIAL", "whether the system started with the namespace")),
    (NsColumn::Caps, Heading::texts("CAPS", "capabilities of the process of --caps in the namespace").wide()),
];
