//! Target: how a person names a process or a namespace. [`Target`] is the spelling, parsed without looking at the system;
//! [`Opened`] is what it names, found and held open; [`Destination`] is a namespace of that, to be entered later.

mod cgroups;
mod choices;
mod claimant;
mod destination;
mod elsewhere;
mod meant;
mod named_cgroups;
mod namespaces;
mod opened;
mod pinned;
mod processes;
mod text;
mod writers;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Kind;
use crate::process::Pid;

pub use destination::Destination;
pub(crate) use destination::in_words;
pub(crate) use elsewhere::mounted_elsewhere;
pub(crate) use named_cgroups::{NamedCgroup, containers, spellings, units, units_and_containers};
pub use opened::Opened;
pub(crate) use pinned::{no_such_name, unknown_name_of_kind};

/// A process or a namespace, as a person named it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `4711`: the process.
    Process(Pid),
    /// `4711:9001`: the process, if the inode of its pidfd is 9001.
    SameProcess(Pid, u64),
    /// `/run/netns/blue`, `./ns`: a namespace file.
    File(PathBuf),
    /// `blue`, `name:blue`: the namespaces that are pinned under this name.
    Name(OsString),
    /// `net:[4026532281]`, `4026532281`: the namespace with this inode.
    Inode(Option<Kind>, u64),
    /// `:12345`: the namespace with this 64-bit id.
    Id(u64),
    /// `host:web-1`: the UTS namespace with this host name.
    Host(OsString),
    /// `unit:nginx.service`: the leader of this systemd unit. An owner or a path works as for containers.
    Unit(String),
    /// `container:3f2a`: the leader of the container whose id starts so; `container:alice/3f2a` is in the cgroups of
    /// this user, and `container:/docker/3f2a` has this cgroup.
    Container(String),
}
