//! Things other than its processes that keep a namespace alive.

use crate::Kind;
use crate::process::Pid;

/// Something that keeps a namespace alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A thread in the namespace whose process is in another one.
    Thread {
        /// The process.
        pid: Pid,
        /// The thread.
        tid: Pid,
    },
    /// A thread in another namespace whose next children are born in this one.
    ForChildren {
        /// The process.
        pid: Pid,
        /// The thread. The first thread has the number of the process.
        tid: Pid,
    },
    /// An open namespace file.
    Descriptor {
        /// The process that has it open.
        pid: Pid,
        /// The thread whose table has it. The table of the first thread is that of the process.
        tid: Pid,
        /// The number of the descriptor.
        fd: u32,
    },
    /// A socket of a process that is in another network namespace.
    Socket {
        /// The process that has it open.
        pid: Pid,
        /// The thread whose table has it.
        tid: Pid,
        /// The number of the descriptor.
        fd: u32,
    },
    /// An open TUN device (`/dev/net/tun`), which holds the network namespace that it was opened in.
    Tun {
        /// The process that has it open.
        pid: Pid,
        /// The thread whose table has it.
        tid: Pid,
        /// The number of the descriptor.
        fd: u32,
    },
    /// A mount of its file.
    Pin {
        /// The mount point in that mount namespace.
        path: Vec<u8>,
        /// The inode of the mount namespace that the mount is in.
        mount_namespace: u64,
        /// A process or thread in that mount namespace, if there is one.
        seen_by: Option<Pid>,
    },
    /// A namespace whose parent it is.
    Child {
        /// The kind of the child.
        kind: Kind,
        /// The inode of the child.
        inode: u64,
    },
    /// A namespace that it owns.
    Owned {
        /// The kind of the owned namespace.
        kind: Kind,
        /// The inode of the owned namespace.
        inode: u64,
    },
}

/// The kinds of holders, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderKind {
    /// [`Holder::Thread`].
    Thread,
    /// [`Holder::ForChildren`].
    ForChildren,
    /// [`Holder::Descriptor`].
    Descriptor,
    /// [`Holder::Socket`].
    Socket,
    /// [`Holder::Tun`].
    Tun,
    /// [`Holder::Pin`].
    Pin,
    /// [`Holder::Child`].
    Child,
    /// [`Holder::Owned`].
    Owned,
}

impl Holder {
    /// The kind of the holder.
    pub fn holder_kind(&self) -> HolderKind {
        match self {
            Self::Thread { .. } => HolderKind::Thread,
            Self::ForChildren { .. } => HolderKind::ForChildren,
            Self::Descriptor { .. } => HolderKind::Descriptor,
            Self::Socket { .. } => HolderKind::Socket,
            Self::Tun { .. } => HolderKind::Tun,
            Self::Pin { .. } => HolderKind::Pin,
            Self::Child { .. } => HolderKind::Child,
            Self::Owned { .. } => HolderKind::Owned,
        }
    }

    /// The number of its descriptor, if it is one.
    pub(super) fn fd(&self) -> Option<u32> {
        match self {
            Self::Descriptor { fd, .. } | Self::Socket { fd, .. } | Self::Tun { fd, .. } => Some(*fd),
            _ => None,
        }
    }

    /// The process of the holder.
    pub fn pid(&self) -> Option<Pid> {
        match self {
            Self::Thread { pid, .. }
            | Self::ForChildren { pid, .. }
            | Self::Descriptor { pid, .. }
            | Self::Socket { pid, .. }
            | Self::Tun { pid, .. } => Some(*pid),
            Self::Pin { .. } | Self::Child { .. } | Self::Owned { .. } => None,
        }
    }
}
