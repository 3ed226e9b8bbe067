//! The columns of a listing of namespaces, and what has to be found out for each.

use ns_core::inventory::Facts;
use ns_core::output::{Column, Field};

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

impl Field for NsColumn {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (Self::Ns, Column::number("NS", "inode of the namespace")),
        (Self::Type, Column::text("TYPE", "kind of namespace")),
        (Self::Path, Column::text("PATH", "path of the namespace file of PID")),
        (Self::Nprocs, Column::number("NPROCS", "number of processes in the namespace")),
        (Self::Pid, Column::number("PID", "lowest PID in the namespace")),
        (Self::Ppid, Column::number("PPID", "parent of PID")),
        (Self::Command, Column::wide("COMMAND", "command line of PID")),
        (Self::Uid, Column::number("UID", "uid of PID, or of the namespace's creator")),
        (Self::User, Column::text("USER", "user of PID, or the namespace's creator")),
        (Self::Netnsid, Column::text("NETNSID", "number of a network namespace in the caller's")),
        (Self::Nsfs, Column::wide("NSFS", "where the namespace file is mounted")),
        (Self::Pns, Column::number("PNS", "inode of the parent namespace")),
        (Self::Ons, Column::number("ONS", "inode of the owning user namespace")),
        (Self::Id, Column::number("ID", "64-bit id of the namespace, never used again")),
        (Self::Name, Column::text("NAME", "name under /run/netns and the like")),
        (Self::Holders, Column::number("HOLDERS", "number of what keeps the namespace alive")),
        (Self::HeldBy, Column::wide("HELD-BY", "what keeps the namespace alive, in words")),
        (Self::Threads, Column::number("THREADS", "number of threads in the namespace")),
        (Self::Leader, Column::number("LEADER", "oldest process at the top of the namespace's tree")),
        (Self::Inpid, Column::text("INPID", "PIDs of LEADER, from outside to inside")),
        (Self::Unit, Column::text("UNIT", "systemd unit of LEADER")),
        (Self::Container, Column::text("CONTAINER", "id of the container of LEADER")),
        (Self::Cgroup, Column::wide("CGROUP", "cgroup of LEADER")),
        (Self::Hostname, Column::text("HOSTNAME", "host name of a UTS namespace")),
        (Self::Creator, Column::text("CREATOR", "user who made the owning user namespace")),
        (Self::Uidmap, Column::wide("UIDMAP", "uid map of a user namespace")),
        (Self::Depth, Column::number("DEPTH", "how many parents a user or PID namespace has")),
        (Self::Initial, Column::text("INITIAL", "whether the system started with the namespace")),
        (Self::Caps, Column::wide("CAPS", "capabilities of the process of --caps in the namespace")),
    ];
}
