//! The cgroups of a process, held open for another one to join: those of version 2, and of each hierarchy of version 1
//! (`cgroups(7)`).

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use crate::error::Doing;
use crate::escape::quoted;
use crate::mounts::{Mount, MountTable, View};
use crate::process::{Cgroups, Membership, Pid, Process, caller};
use crate::sys::errno::from_rustix;
use crate::{Error, Result};

/// The cgroups that the caller is not in yet, by their `cgroup.procs`, open for writing.
#[derive(Clone, Debug)]
pub struct OpenCgroups(Rc<[OpenCgroup]>);

#[derive(Debug)]
struct OpenCgroup {
    /// As `/proc/PID/cgroup` shows it.
    path: Vec<u8>,
    members: OwnedFd,
}

impl OpenCgroups {
    /// Those of this process.
    pub fn of(process: &Process) -> Result<Self> {
        let of = |process: &Process| Ok::<_, Error>(Cgroups::new(process.read("cgroup")?));
        let (own, its) = (of(&Process::open(Pid::own())?)?, of(process)?);
        let own: Vec<_> = own.memberships().collect();
        let differing: Vec<_> = its.memberships().filter(|one| !own.contains(one)).collect();
        if differing.is_empty() {
            return Ok(Self(Rc::new([])));
        }
        let text = View::own()?.read()?;
        let table = MountTable::parse(&text);
        let open = |membership: &Membership<'_>| {
            Ok(OpenCgroup {
                path: membership.path.to_vec(),
                members: open_members(*membership, &table)?,
            })
        };
        differing.iter().map(open).collect::<Result<Rc<_>>>().map(Self)
    }

    /// Whether the caller is in all of them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves the calling process into all of them.
    pub(super) fn join(&self) -> Result<()> {
        for cgroup in &*self.0 {
            // 0 is whoever writes it, in whichever PID namespace.
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

/// `the cgroup "/a"`, `the cgroups "/a", "/b"`.
impl fmt::Display for OpenCgroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut paths: Vec<_> = self.0.iter().map(|cgroup| quoted(&cgroup.path)).collect();
        paths.dedup();
        let plural = if paths.len() == 1 { "" } else { "s" };
        write!(f, "the cgroup{plural} {}", paths.join(", "))
    }
}

/// The error with its cause, where the file is somebody else's.
fn of_whom(error: Error, file: &Path) -> Error {
    let own = caller::ids().uid;
    match std::fs::metadata(file).map(|metadata| metadata.uid()) {
        Ok(owner) if error.errno() == Some(Errno::EACCES) && owner != own => {
            let cause = format!(
                "{} belongs to uid {owner}, and this is uid {own}",
                quoted(file.as_os_str().as_bytes())
            );
            error.explained(Some(cause), Some("run it as root".into()))
        }
        _ => error,
    }
}

/// Opens the list of members of a cgroup, for writing.
fn open_members(membership: Membership<'_>, table: &MountTable<'_>) -> Result<OwnedFd> {
    let doing = || format!("open the cgroup {}", quoted(membership.path));
    let mut refused = None;
    for directory in table
        .mounts()
        .iter()
        .filter_map(|mount| directory_in(mount, membership))
    {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = directory.join("cgroup.procs");
        match rustix::fs::open(&file, flags, Mode::empty()) {
            Ok(members) => return Ok(members),
            Err(errno) => refused = Some((from_rustix(errno), file)),
        }
    }
    match refused {
        Some((Errno::ENOENT, _)) => Err(Error::NotFound(format!(
            "the cgroup {} does not exist any more",
            quoted(membership.path)
        ))),
        Some((errno, file)) => Err(errno).doing(doing).map_err(|error| of_whom(error, &file)),
        None => {
            let hierarchy = match membership.hierarchy {
                b"" => "cgroup2".into(),
                hierarchy => format!("cgroup ({})", String::from_utf8_lossy(hierarchy)),
            };
            Err(Error::NotFound(format!(
                "the cgroup {} cannot be reached: no {hierarchy} file system with it is mounted here",
                quoted(membership.path)
            )))
        }
    }
}

/// Where a cgroup is in a mount; `None` if the mount is of another hierarchy, or of another part of it.
fn directory_in(mount: &Mount<'_>, membership: Membership<'_>) -> Option<PathBuf> {
    let fs_type: &[u8] = if membership.hierarchy.is_empty() {
        b"cgroup2"
    } else {
        b"cgroup"
    };
    let controllers = membership.hierarchy.split(|byte| *byte == b',');
    let is_of_this = mount.fs_type.raw() == fs_type
        && controllers
            .filter(|one| !one.is_empty())
            .all(|one| mount.fs_options.contains(one));
    if !is_of_this {
        return None;
    }
    let (root, target) = (mount.root.decoded(), mount.target.decoded());
    let below = Path::new(OsStr::from_bytes(membership.path)).strip_prefix(OsStr::from_bytes(&root));
    Some(Path::new(OsStr::from_bytes(&target)).join(below.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str, mountinfo: &str) -> Vec<String> {
        let table = MountTable::parse(mountinfo.as_bytes());
        let cgroups = Cgroups::new(line.into());
        let membership = cgroups.memberships().next().unwrap();
        let directories = table
            .mounts()
            .iter()
            .filter_map(|mount| directory_in(mount, membership));
        directories.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_cgroup_is_found_in_the_mounts_of_its_hierarchy() {
        let mounts = "\
            30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
            31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
            32 23 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
            33 23 0:29 /a /mnt/part rw - cgroup cgroup rw,memory\n";
        assert_eq!(found("0::/x/y", mounts), ["/sys/fs/cgroup/unified/x/y"]);
        assert_eq!(found("4:cpu,cpuacct:/", mounts), ["/sys/fs/cgroup/cpu,cpuacct/"]);
        assert_eq!(
            found("1:name=systemd:/a:b", mounts),
            ["/sys/fs/cgroup/systemd/a:b"]
        );
        assert_eq!(found("5:memory:/a/b", mounts), ["/mnt/part/b"]);
        assert!(found("5:memory:/ab", mounts).is_empty());
        assert!(found("6:pids:/", mounts).is_empty());
    }
}
