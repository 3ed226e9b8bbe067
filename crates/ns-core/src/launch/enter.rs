//! Entering what is there: namespaces in the order in which they can be, then ids that exist in them.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid};
use rustix::fs::{Mode, OFlags};

use super::destination::{Destination, Destinations};
use super::perform::{self, from_rustix};
use super::plan::Plan;
use super::run::Hooks;
use super::step::{Step, WantedId};
use crate::error::Doing;
use crate::idmap::{IdKind, IdMap};
use crate::{Error, Identity, Kind, Result};

/// What was entered so far, and what is needed for the rest.
pub(super) struct Entering {
    hooks: Hooks,
    joined: Vec<(Kind, Identity)>,
    /// The caller's `/proc`, where another one, or none, may be found later.
    proc: Option<OwnedFd>,
    groups_dropped: bool,
}

impl Entering {
    /// Opens what the steps of the plan need, while it can be opened.
    pub(super) fn prepare(plan: &Plan, hooks: Hooks) -> Result<Self> {
        let takes = |step: &Step| matches!(step, Step::Take(..));
        let proc = plan
            .steps
            .iter()
            .any(|(_, step)| takes(step))
            .then(|| {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                rustix::fs::open("/proc", flags, Mode::empty()).doing(|| "open /proc")
            })
            .transpose()?;
        Ok(Self {
            hooks,
            joined: Vec::new(),
            proc,
            groups_dropped: false,
        })
    }

    /// Does a step of this sort. `None` where it is of another.
    pub(super) fn perform(&mut self, step: &Step) -> Option<Result<()>> {
        Some(match step {
            Step::TryJoin(destinations) => {
                self.try_join(destinations);
                Ok(())
            }
            Step::Join(destinations) => self.join(destinations),
            Step::TryDropGroups => {
                self.groups_dropped = nix::unistd::setgroups(&[]).is_ok();
                Ok(())
            }
            Step::Take(ids, wanted) => self.take(*ids, *wanted),
            _ => return None,
        })
    }

    /// Joins those that let us in. What keeps us out of the others may change with the user namespace.
    fn try_join(&mut self, destinations: &Destinations) {
        for destination in destinations.iter() {
            if destination.namespace.enter().is_ok() {
                self.joined.push(key(destination));
            }
        }
    }

    /// Joins those that were not joined yet.
    fn join(&mut self, destinations: &Destinations) -> Result<()> {
        for destination in destinations.iter() {
            if !self.joined.contains(&key(destination)) {
                destination
                    .namespace
                    .enter()
                    .doing(|| format!("join {destination}"))?;
                self.joined.push(key(destination));
            }
        }
        Ok(())
    }

    /// Takes an id; with a gid no other groups are left, where the user namespace lets us drop them.
    fn take(&mut self, ids: IdKind, wanted: WantedId) -> Result<()> {
        let id = match wanted {
            WantedId::Is(id) => id,
            WantedId::Root => self.first_mapped(ids)?,
        };
        let done = match ids {
            IdKind::User => perform::set_uid(Uid::from_raw(id)),
            IdKind::Group => self.drop_groups().and_then(|()| {
                let gid = Gid::from_raw(id);
                nix::unistd::setresgid(gid, gid, gid)
            }),
        };
        done.doing(|| format!("take {} {id}", ids.name()))
    }

    /// Where setgroups(2) is denied, for good reason (`user_namespaces(7)`), the groups stay. No caller's fault.
    fn drop_groups(&mut self) -> nix::Result<()> {
        match nix::unistd::setgroups(&[]) {
            Err(Errno::EPERM) if self.groups_dropped || self.in_user_namespace() => Ok(()),
            answer => answer,
        }
    }

    fn in_user_namespace(&self) -> bool {
        self.joined.iter().any(|(kind, _)| *kind == Kind::User)
    }

    /// 0, or else the lowest id that there is in the user namespace.
    fn first_mapped(&self, ids: IdKind) -> Result<u32> {
        let map = self.own_map(ids)?;
        let first = map.ranges().iter().map(|range| range.inner).min();
        let name = ids.name();
        match first {
            Some(0) => Ok(0),
            Some(id) => {
                let text = format!("{name} 0 is not mapped in the user namespace: taking {name} {id}");
                (self.hooks.warn)(&Error::Unfit(text));
                Ok(id)
            }
            None => Err(Error::Unfit(format!(
                "the user namespace has no {name} map: no {name} can be taken"
            ))
            .with_help("--preserve-credentials enters it as who you are")),
        }
    }

    fn own_map(&self, ids: IdKind) -> Result<IdMap> {
        let file = format!("self/{}", ids.map_file());
        let read = || -> nix::Result<Vec<u8>> {
            let proc = self.proc.as_ref().ok_or(Errno::ENOENT)?;
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(proc, &file, flags, Mode::empty()).map_err(from_rustix)?;
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::fs::File::from(file), &mut bytes)
                .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))?;
            Ok(bytes)
        };
        let text = read().doing(|| format!("read /proc/{file}"))?;
        IdMap::parse(&String::from_utf8_lossy(&text))
    }
}

fn key(destination: &Destination) -> (Kind, Identity) {
    (destination.namespace.kind(), destination.namespace.identity())
}
