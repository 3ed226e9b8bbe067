//! The facts about mounts that only statmount(2) has: unique ids, and maps of user ids.

use std::collections::HashMap;
use std::ops::ControlFlow;

use nix::errno::Errno;

use super::statmount::{Buffer, Line, mask};
use super::{MountId, MountTable, View, listed};
use crate::process::caller::{self, CapabilitySet};
use crate::process::{Process, remedy};
use crate::sys::statmount::ROOT;
use crate::{Error, Gathered, Result};

/// The facts that statmount(2) gives about one mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountStatus {
    /// The 64-bit id, which is never reused.
    pub unique: u64,
    /// The map of ids: lines as in `uid_map`, each after `uid` or `gid`. [`Gathered::Absent`] if ids are not mapped, and
    /// [`Gathered::NotTold`] before Linux 6.15 if they are.
    pub id_map: Gathered<Vec<Vec<u8>>>,
}

/// The mounts of a namespace by the ids of its table.
pub type Statuses = HashMap<MountId, MountStatus>;

impl View {
    /// Looks up the mounts of the view's namespace. In the caller's own namespace, these are the mounts below the
    /// caller's root directory.
    ///
    /// [`Gathered::Absent`] if the kernel is too old.
    pub fn statuses(&self) -> Gathered<Statuses> {
        self.each(mask::MOUNT | mask::ID_MAPS, |buffer| {
            let status = MountStatus {
                unique: buffer.unique(),
                id_map: buffer.id_map(),
            };
            (buffer.id(), status)
        })
        .map(|all| all.into_iter().collect())
    }

    /// The table in the form of mountinfo, built from listmount(2) and statmount(2). Facts that this kernel
    /// does not tell there are taken from mountinfo.
    ///
    /// Fails before Linux 6.8; in other mount namespaces before 6.11.
    pub fn read_by_id(&self) -> Result<Vec<u8>> {
        let mut told = 0;
        let lines = self.each(mask::LINE | mask::SUPPORTED, |buffer| {
            told |= buffer.told();
            buffer.line()
        });
        // As in mountinfo, mounts without a path from the root directory have no line.
        let mut lines: Vec<Line> = match lines {
            Gathered::Known(lines) => lines.into_iter().flatten().collect(),
            Gathered::Unreadable(errno) => {
                let error = Error::kernel(format!("list the mounts of {}", self.name()), errno);
                return Err(self.explained(error));
            }
            Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => return Err(self.not_listed()),
        };
        self.fill_in(&mut lines, told)?;
        Ok(lines.iter().flat_map(Line::bytes).collect())
    }

    /// True if statmount(2) gives the mount points of the table: not for a process in a chroot.
    pub(super) fn tells_paths(&self) -> bool {
        let tables = (self.read_by_id(), self.read());
        let (Ok(by_id), Ok(bytes)) = &tables else {
            return false;
        };
        let (by_id, table) = (MountTable::parse(by_id), MountTable::parse(bytes));
        let paths: HashMap<_, _> = by_id
            .mounts()
            .iter()
            .map(|mount| (mount.id, mount.target.raw()))
            .collect();
        let mut mounts = table.mounts().iter();
        mounts.all(|mount| {
            paths
                .get(&mount.id)
                .is_none_or(|path| *path == mount.target.raw())
        })
    }

    /// The error with its cause: the rights to the process, or to another mount namespace (`listmount(2)`).
    fn explained(&self, error: Error) -> Error {
        let error = match self.pid().map(Process::open) {
            Some(Ok(process)) => process.explain(error),
            _ => error,
        };
        let lacks_right = error.errno() == Some(Errno::EPERM) && error.cause().is_none();
        if lacks_right && !self.is_own() && caller::has(CapabilitySet::SYS_ADMIN) == Ok(false) {
            let cause = "listmount(2) of another mount namespace needs CAP_SYS_ADMIN there";
            let help = remedy::for_missing(CapabilitySet::SYS_ADMIN);
            return error.explained(
                Some(cause.into()),
                Some(format!("{help}, or use --kernel=mountinfo")),
            );
        }
        error
    }

    fn not_listed(&self) -> Error {
        let doing = format!("list the mounts of {} with listmount(2)", self.name());
        // Since then, a mount namespace has an id.
        let since = if self.is_own() { "6.8" } else { "6.12" };
        Error::needs_linux(&doing, since)
    }

    /// Fills in what statmount(2) has not `told`. It tells `propagate_from` as seen from the caller's root directory, and
    /// mountinfo as seen from that of the view.
    fn fill_in(&self, lines: &mut [Line], told: u64) -> Result<()> {
        let tells_source = told & mask::SOURCE != 0;
        if self.is_own() && tells_source {
            return Ok(());
        }
        let bytes = self.read()?;
        let table = MountTable::parse(&bytes);
        let known: HashMap<_, _> = table.mounts().iter().map(|mount| (mount.id, mount)).collect();
        for line in lines {
            let mount = known.get(&line.id);
            if !tells_source {
                line.source = mount.map_or(b"?".to_vec(), |mount| mount.source.raw().to_vec());
            }
            let Some(mount) = mount else { continue };
            if !tells_source {
                line.fs_type = mount.fs_type.raw().to_vec();
            }
            if !self.is_own() {
                line.optional = mount.optional().to_vec();
            }
        }
        Ok(())
    }

    fn each<T>(&self, wanted: u64, mut make: impl FnMut(&Buffer) -> T) -> Gathered<Vec<T>> {
        self.id().and_then(|namespace| {
            let mut all = Vec::new();
            let listed = listed::each(namespace, ROOT, wanted, |buffer| {
                all.push(make(buffer));
                ControlFlow::Continue(())
            });
            match listed {
                Ok(()) => Gathered::Known(all),
                Err(Errno::ENOSYS) => Gathered::NotTold,
                Err(errno) => Gathered::Unreadable(errno),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::MountTable;
    use super::*;

    #[test]
    fn the_ids_of_the_table_lead_to_unique_ones() {
        let own = View::own().unwrap();
        let Gathered::Known(statuses) = own.statuses() else {
            return; // before Linux 6.8
        };
        let bytes = own.read().unwrap();
        let mounts = MountTable::parse(&bytes);
        let unique: std::collections::HashSet<_> = mounts
            .mounts()
            .iter()
            .filter_map(|mount| statuses.get(&mount.id))
            .map(|status| status.unique)
            .collect();
        assert_eq!(unique.len(), mounts.mounts().len());
    }

    #[test]
    fn both_ways_give_the_same_table() {
        let own = View::own().unwrap();
        let lines = |bytes: Vec<u8>| {
            let mut lines: Vec<_> = String::from_utf8_lossy(&bytes)
                .lines()
                .map(str::to_owned)
                .collect();
            lines.sort();
            lines
        };
        if let Ok(bytes) = own.read_by_id() {
            assert_eq!(lines(bytes), lines(own.read().unwrap()));
        }
    }
}
