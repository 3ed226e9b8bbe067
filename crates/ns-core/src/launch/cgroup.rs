//! The cgroups of a process, held open so that another process can join them: the cgroup of version 2, and one of each
//! hierarchy of version 1 (`cgroups(7)`).

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::rc::Rc;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use super::frozen::check_thawed;
use crate::error::Doing;
use crate::escape::quoted;
use crate::mounts::{MountTable, View, cgroup_directory};
use crate::process::{Cgroup, Cgroups, Pid, Process, caller, remedy};
use crate::sys::errno::from_rustix;
use crate::{Error, Result};

/// The cgroups that the caller is not in yet: each is its `cgroup.procs`, open for writing.
#[derive(Clone, Debug)]
pub struct OpenCgroups(Rc<[OpenCgroup]>);

#[derive(Debug)]
struct OpenCgroup {
    /// The path in `/proc/PID/cgroup`.
    path: Vec<u8>,
    members: OwnedFd,
}

impl OpenCgroups {
    /// Opens the cgroups of this process. Fails if one is frozen, unless `frozen` allows it: a process that joins it
    /// stops.
    pub fn of(process: &Process, frozen: bool) -> Result<Self> {
        let of = |process: &Process| Ok::<_, Error>(Cgroups::new(process.read("cgroup")?));
        let (own, its) = (of(&Process::open(Pid::own())?)?, of(process)?);
        let own: Vec<_> = own.all().collect();
        let differing: Vec<_> = its.all().filter(|one| !own.contains(one)).collect();
        if differing.is_empty() {
            return Ok(Self(Rc::new([])));
        }
        let text = View::own()?.read()?;
        let table = MountTable::parse(&text);
        let open = |cgroup: &Cgroup<'_>| {
            Ok(OpenCgroup {
                path: cgroup.path.to_vec(),
                members: open_members(*cgroup, &table, frozen)?,
            })
        };
        differing.iter().map(open).collect::<Result<Rc<_>>>().map(Self)
    }

    /// True if the caller is in all of them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves the calling process into all of them.
    pub(super) fn join(&self) -> Result<()> {
        for cgroup in &*self.0 {
            // 0 means the writing process, in every PID namespace.
            rustix::io::write(&cgroup.members, b"0")
                .map(|_| ())
                .doing(|| format!("join the cgroup {}", quoted(&cgroup.path)))?;
        }
        Ok(())
    }
}

impl PartialEq for OpenCgroups {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for OpenCgroups {}

/// Shown as `the cgroup "/a"`, or `the cgroups "/a", "/b"`.
impl fmt::Display for OpenCgroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut paths: Vec<_> = self.0.iter().map(|cgroup| quoted(&cgroup.path)).collect();
        paths.dedup();
        let plural = if paths.len() == 1 { "" } else { "s" };
        write!(f, "the cgroup{plural} {}", paths.join(", "))
    }
}

/// Adds the cause to the error, if the file belongs to another user.
fn of_whom(error: Error, file: &Path) -> Error {
    let own = caller::ids().uid;
    match std::fs::metadata(file).map(|metadata| metadata.uid()) {
        Ok(owner) if error.errno() == Some(Errno::EACCES) && owner != own => {
            let cause = format!(
                "{} belongs to uid {owner}, and this is uid {own}",
                quoted(file.as_os_str().as_bytes())
            );
            error.explained(Some(cause), remedy::as_root())
        }
        _ => error,
    }
}

/// Opens the list of members of a cgroup, for writing.
fn open_members(cgroup: Cgroup<'_>, table: &MountTable<'_>, frozen: bool) -> Result<OwnedFd> {
    let doing = || format!("open the cgroup {}", quoted(cgroup.path));
    let mut refused = None;
    for directory in table
        .mounts()
        .iter()
        .filter_map(|mount| cgroup_directory(mount, cgroup))
    {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = directory.join("cgroup.procs");
        match rustix::fs::open(&file, flags, Mode::empty()) {
            Ok(members) => {
                if !frozen {
                    check_thawed(&directory, Path::new(OsStr::from_bytes(cgroup.path)))?;
                }
                return Ok(members);
            }
            Err(errno) => refused = Some((from_rustix(errno), file)),
        }
    }
    match refused {
        Some((Errno::ENOENT, _)) => Err(Error::NotFound(format!(
            "the cgroup {} no longer exists",
            quoted(cgroup.path)
        ))),
        Some((errno, file)) => Err(errno).doing(doing).map_err(|error| of_whom(error, &file)),
        None => {
            let hierarchy = match cgroup.hierarchy {
                b"" => "cgroup2".into(),
                hierarchy => format!("cgroup ({})", String::from_utf8_lossy(hierarchy)),
            };
            Err(Error::NotFound(format!(
                "the cgroup {} cannot be reached: no {hierarchy} file system that shows it is mounted here",
                quoted(cgroup.path)
            )))
        }
    }
}
