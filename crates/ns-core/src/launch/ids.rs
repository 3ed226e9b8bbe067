//! Taking ids in a user namespace that was entered: those that it has, and groups that can be given up.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid};
use rustix::fs::{Mode, OFlags};

use super::perform;
use super::step::WantedId;
use crate::error::Doing;
use crate::idmap::{IdKind, IdMap};
use crate::process::{Process, Status};
use crate::sys::errno::{from_io, from_rustix};
use crate::{Error, Result};

/// The SELinux context of a process (`proc_pid_attr(5)`); `None` where SELinux is not on.
pub fn security_context(process: &Process) -> Result<Option<Vec<u8>>> {
    // The file system that SELinux brings is mounted here where it is on (selinux(8)).
    if !std::path::Path::new("/sys/fs/selinux/enforce").exists() {
        return Ok(None);
    }
    let mut context = process.read("attr/current")?;
    context.pop_if(|byte| *byte == 0 || *byte == b'\n');
    Ok(Some(context))
}

/// What is known of the ids on the way in.
pub(super) struct Ids {
    /// The caller's `/proc`, where another one, or none, may be found later.
    proc: OwnedFd,
    groups_dropped: bool,
}

impl Ids {
    /// Opens what is needed, while it can be opened.
    pub(super) fn prepare() -> Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            proc: rustix::fs::open("/proc", flags, Mode::empty()).doing(|| "open /proc")?,
            groups_dropped: false,
        })
    }

    /// Gives up all groups, where that is allowed.
    pub(super) fn try_drop_groups(&mut self) {
        self.groups_dropped = nix::unistd::setgroups(&[]).is_ok();
    }

    /// Takes an id; with a gid no other groups are left, where they can be given up. `note` is told what was taken in
    /// place of 0.
    pub(super) fn take(
        &self,
        ids: IdKind,
        wanted: &WantedId,
        in_user_namespace: bool,
        note: impl Fn(&Error),
    ) -> Result<()> {
        let id = match wanted {
            WantedId::Is(id) => *id,
            WantedId::Root => self.first_mapped(ids, note)?,
            WantedId::Of(process) => self.id_of(ids, process)?,
        };
        let done = match ids {
            IdKind::User => perform::set_uid(Uid::from_raw(id)),
            IdKind::Group => self.drop_groups(in_user_namespace).and_then(|()| {
                let gid = Gid::from_raw(id);
                nix::unistd::setresgid(gid, gid, gid)
            }),
        };
        match done {
            Err(Errno::EINVAL) => Err(self.unmapped(ids, id)),
            done => done.doing(|| format!("take {} {id}", ids.name())),
        }
    }

    /// Where setgroups(2) is denied, for good reason (`user_namespaces(7)`), the groups stay. No caller's fault.
    fn drop_groups(&self, in_user_namespace: bool) -> nix::Result<()> {
        match nix::unistd::setgroups(&[]) {
            Err(Errno::EPERM) if self.groups_dropped || in_user_namespace => Ok(()),
            answer => answer,
        }
    }

    /// 0, or else the lowest id that there is in the user namespace.
    fn first_mapped(&self, ids: IdKind, note: impl Fn(&Error)) -> Result<u32> {
        let map = self.own_map(ids)?;
        let name = ids.name();
        match map.ranges().iter().map(|range| range.inner).min() {
            Some(0) => Ok(0),
            Some(id) => {
                let text = format!("{name} 0 is not mapped in the user namespace: taking {name} {id}");
                note(&Error::Unfit(text));
                Ok(id)
            }
            None => Err(Error::Unfit(format!(
                "the user namespace has no {name} map: no {name} can be taken"
            ))
            .with_help("--preserve-credentials enters it as who you are")),
        }
    }

    /// The effective id of a process, as this user namespace has it.
    fn id_of(&self, ids: IdKind, process: &Process) -> Result<u32> {
        // Its own copy says 65534 for what is not mapped, which may be an id like others.
        let status = Status::new(process.read("status")?);
        let id = match ids {
            IdKind::User => status.effective_uid(),
            IdKind::Group => status.effective_gid(),
        };
        let name = ids.name();
        let mapped = |id: &u32| {
            self.own_map(ids)
                .is_ok_and(|map| map.ranges().is_empty() || map.outer(*id).is_some())
        };
        id.filter(mapped).ok_or_else(|| {
            Error::Unfit(format!(
                "the {name} of process {} is not mapped in the user namespace",
                process.pid()
            ))
        })
    }

    fn unmapped(&self, ids: IdKind, id: u32) -> Error {
        let name = ids.name();
        let error = Error::kernel(format!("take {name} {id}"), Errno::EINVAL);
        let cause = match self.own_map(ids) {
            Ok(map) if map.ranges().is_empty() => format!("the user namespace has no {name} map"),
            Ok(map) => format!("{name} {id} is not in the map of the user namespace, {map}"),
            Err(_) => return error,
        };
        error.explained(Some(cause), None)
    }

    /// The map of the user namespace that this process is in now.
    fn own_map(&self, ids: IdKind) -> Result<IdMap> {
        let file = format!("self/{}", ids.map_file());
        let read = || -> nix::Result<Vec<u8>> {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&self.proc, &file, flags, Mode::empty()).map_err(from_rustix)?;
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::fs::File::from(file), &mut bytes)
                .map_err(|error| from_io(&error))?;
            Ok(bytes)
        };
        let text = read().doing(|| format!("read /proc/{file}"))?;
        IdMap::parse(&String::from_utf8_lossy(&text))
    }

    /// Sets the security context of the program to come (`proc_pid_attr(5)`).
    pub(super) fn set_context(&self, context: &[u8]) -> nix::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.proc, "self/attr/exec", flags, Mode::empty());
        let file = file.map_err(from_rustix)?;
        rustix::io::write(&file, context).map_err(from_rustix).map(|_| ())
    }
}
