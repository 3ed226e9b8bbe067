//! What keeps a namespace alive beside the processes that are in it.

use crate::Kind;
use crate::process::Pid;

/// Something that keeps a namespace alive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A thread that is in it, and its process is not.
    Thread {
        /// The process.
        pid: Pid,
        /// The thread.
        tid: Pid,
    },
    /// A thread whose next children are born in it, and that is not in it itself.
    ForChildren {
        /// The process.
        pid: Pid,
        /// The thread; the number of the process for its first.
        tid: Pid,
    },
    /// An open namespace file.
    Descriptor {
        /// The process that has it open.
        pid: Pid,
        /// The number of the descriptor.
        fd: u32,
    },
    /// A socket of a process that is in another network namespace.
    Socket {
        /// The process that has it open.
        pid: Pid,
        /// The number of the descriptor.
        fd: u32,
    },
    /// A mount of its file.
    Pin {
        /// The mount point, as the mount namespace has it.
        path: Vec<u8>,
        /// The inode of the mount namespace that the mount is in.
        mount_namespace: u64,
        /// A process or thread that is in that one, where there is one.
        seen_by: Option<Pid>,
    },
    /// A namespace of which it is the parent.
    Child {
        /// The kind of the child.
        kind: Kind,
        /// The inode of the child.
        inode: u64,
    },
    /// A namespace that it owns.
    Owned {
        /// The kind of the other.
        kind: Kind,
        /// The inode of the other.
        inode: u64,
    },
}

/// The kinds of holders, in the order in which they are told.
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
    /// [`Holder::Pin`].
    Pin,
    /// [`Holder::Child`].
    Child,
    /// [`Holder::Owned`].
    Owned,
}

impl Holder {
    /// Which kind of holder it is.
    pub fn holder_kind(&self) -> HolderKind {
        match self {
            Self::Thread { .. } => HolderKind::Thread,
            Self::ForChildren { .. } => HolderKind::ForChildren,
            Self::Descriptor { .. } => HolderKind::Descriptor,
            Self::Socket { .. } => HolderKind::Socket,
            Self::Pin { .. } => HolderKind::Pin,
            Self::Child { .. } => HolderKind::Child,
            Self::Owned { .. } => HolderKind::Owned,
        }
    }

    /// The process that it is, or that it is in.
    pub fn pid(&self) -> Option<Pid> {
        match self {
            Self::Thread { pid, .. }
            | Self::ForChildren { pid, .. }
            | Self::Descriptor { pid, .. }
            | Self::Socket { pid, .. } => Some(*pid),
            Self::Pin { .. } | Self::Child { .. } | Self::Owned { .. } => None,
        }
    }
}
