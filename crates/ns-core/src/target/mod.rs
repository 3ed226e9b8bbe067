//! Target: how a person names a process or a namespace. Parsed without looking at the system, then found and opened.

mod choices;
mod elsewhere;
mod meant;
mod namespaces;
mod processes;
mod subject;
mod text;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::process::{Pid, Process};
use crate::{Error, Kind, Namespace, Result};

pub use subject::{Pinned, Subject};
pub(crate) use subject::{unknown_name, unknown_name_of_kind};

/// A process or a namespace, as it was named.
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
    /// `unit:nginx.service`: the oldest process of this systemd unit.
    Unit(String),
    /// `container:3f2a`: the oldest process of the container whose id starts so.
    Container(String),
}

impl Target {
    /// Finds it and holds it open.
    ///
    /// [`Error::NotFound`] where there is none, [`Error::Ambiguous`] where there are several.
    pub fn open(&self) -> Result<Subject> {
        match self {
            Self::Process(pid) => Process::open(*pid)
                .map(Subject::Process)
                .map_err(|error| meant::instead_of_pid(*pid, error)),
            Self::SameProcess(pid, inode) => same_process(*pid, *inode).map(Subject::Process),
            Self::File(path) => Namespace::open(path).map(Subject::Namespace),
            Self::Name(name) => Pinned::find(name).map(Subject::Pinned),
            Self::Inode(kind, inode) => namespaces::by_inode(*kind, *inode).map(Subject::Namespace),
            Self::Id(id) => namespaces::by_id(*id).map(Subject::Namespace),
            Self::Host(name) => namespaces::by_host_name(name).map(Subject::Namespace),
            Self::Unit(name) => processes::by_unit(name).map(Subject::Process),
            Self::Container(id) => processes::by_container(id).map(Subject::Process),
        }
    }
}

fn same_process(pid: Pid, inode: u64) -> Result<Process> {
    let process = Process::open(pid)?;
    if process.inode()? == inode {
        return Ok(process);
    }
    Err(Error::NotFound(format!(
        "process {pid} is not the one with the pidfd inode {inode}: that one has ended"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_only_itself() {
        let own = Process::open(Pid::own()).unwrap();
        let inode = own.inode().unwrap();
        assert!(Target::SameProcess(Pid::own(), inode).open().is_ok());
        let error = Target::SameProcess(Pid::own(), inode + 1).open().unwrap_err();
        assert!(error.to_string().ends_with("that one has ended"), "{error}");
    }
}
