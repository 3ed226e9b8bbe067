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
        (Self::Path, text("PATH", "path of the namespace file of PID")),
        (Self::Nprocs, number("NPROCS", "number of processes in the namespace")),
        (Self::Pid, number("PID", "lowest PID in the namespace")),
        (Self::Ppid, number("PPID", "parent of PID")),
        (Self::Command, long("COMMAND", "command line of PID")),
        (Self::Uid, number("UID", "uid of PID, or of the namespace's creator")),
        (Self::User, text("USER", "user of PID, or the namespace's creator")),
        (Self::Netnsid, text("NETNSID", "number of a network namespace in the caller's")),
        (Self::Nsfs, long("NSFS", "where the namespace file is mounted")),
        (Self::Pns, number("PNS", "inode of the parent namespace")),
        (Self::Ons, number("ONS", "inode of the owning user namespace")),
        (Self::Id, number("ID", "64-bit id of the namespace, never used again")),
        (Self::Name, text("NAME", "name under /run/netns and the like")),
        (Self::Holders, number("HOLDERS", "number of what keeps the namespace alive")),
        (Self::HeldBy, long("HELD-BY", "what keeps the namespace alive, in words")),
        (Self::Threads, number("THREADS", "number of threads in the namespace")),
        (Self::Leader, number("LEADER", "oldest process at the top of the namespace's tree")),
        (Self::Inpid, text("INPID", "PIDs of LEADER, from outside to inside")),
        (Self::Unit, text("UNIT", "systemd unit of LEADER")),
        (Self::Container, text("CONTAINER", "id of the container of LEADER")),
        (Self::Cgroup, long("CGROUP", "cgroup of LEADER")),
        (Self::Hostname, text("HOSTNAME", "host name of a UTS namespace")),
        (Self::Creator, text("CREATOR", "user who made the owning user namespace")),
        (Self::Uidmap, long("UIDMAP", "uid map of a user namespace")),
        (Self::Depth, number("DEPTH", "how many parents a user or PID namespace has")),
        (Self::Initial, text("INITIAL", "whether the system started with the namespace")),
        (Self::Caps, long("CAPS", "capabilities of the process of --caps in the namespace")),
    ];
}
