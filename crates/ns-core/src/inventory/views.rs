//! The mounts of every mount namespace that was found, one namespace after the other: only few files are open at a
//! time.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use crate::mounts::{MountTable, Peers, View};
use crate::process::{Files, Pid, Process, scan};
use crate::{Gathered, Kind, Result};

use super::entry::Entry;
use super::{Inventory, kernel, witnesses};

impl Inventory {
    /// Calls `visit` with the view of every mount namespace, in the order of their inodes. Namespaces that only the
    /// kernel lists come last. Returns how many could not be read.
    ///
    /// Fails if `/proc` cannot be read, and if `visit` does.
    pub fn each_view<E: From<crate::Error>>(
        &self,
        mut visit: impl FnMut(&Entry, &View) -> Result<(), E>,
    ) -> Result<usize, E> {
        let witnesses = witnesses::find(scan()?.proc(), &self.members);
        let mut closed = HashMap::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == Kind::Mnt) {
            let witness = witnesses.get(&entry.identity.inode);
            let witness = witness.filter(|witness| witness.sees_all);
            match self.view(entry, witness.map(|witness| witness.pid)) {
                Some(view) => visit(entry, &view)?,
                // It may have ended meanwhile.
                None if !entry.listed && self.has_gone(entry) => {}
                None => {
                    closed.insert(entry.identity.inode, entry);
                }
            }
        }
        if !closed.values().any(|entry| entry.listed) {
            return Ok(closed.len());
        }
        let mut failure = Ok(());
        let mut refused = HashSet::new();
        let walked = kernel::each([Kind::Mnt].into_iter().collect(), |namespace| {
            let inode = namespace.identity().inode;
            if let Some(entry) = closed.get(&inode) {
                if let Ok(view) = View::of_namespace(namespace) {
                    failure = visit(entry, &view);
                    closed.remove(&inode);
                } else {
                    refused.insert(inode);
                }
            }
            if failure.is_err() || closed.is_empty() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        failure?;
        if walked.is_ok() {
            // Namespaces that the list no longer has have ended.
            closed.retain(|inode, entry| !entry.listed || refused.contains(inode));
        }
        Ok(closed.len())
    }

    /// The view of all mounts of the mount namespace with this inode. `None` if it has gone, or the caller may not look
    /// into it.
    pub fn view_of(&self, inode: u64) -> Option<View> {
        let entry = self.entry(inode).filter(|entry| entry.kind == Kind::Mnt)?;
        self.view(entry, None)
    }

    /// True if no holder of a namespace exists any more.
    fn has_gone(&self, entry: &Entry) -> bool {
        let mut members = self.members_of(entry.kind, entry.identity.inode);
        let ended = |pid: Pid| Files::of(&self.proc, pid).uid() == Gathered::Absent;
        entry.holders.is_empty() && members.all(|member| ended(member.pid))
    }

    /// The peer groups of every mount namespace, and the number of namespaces that could not be read.
    pub fn peers(&self) -> Result<(Peers, usize)> {
        let mut peers = Peers::default();
        let mut failed = 0;
        let closed = self.each_view::<crate::Error>(|entry, view| {
            match view.read() {
                Ok(bytes) => peers.add(entry.identity.inode, &MountTable::parse(&bytes)),
                Err(_) => failed += 1,
            }
            Ok(())
        })?;
        Ok((peers, closed + failed))
    }

    /// The view of all mounts of a mount namespace, or of the mounts that a process in it sees. `witness` is a process
    /// in it that sees them all. `None` if the caller may use neither.
    fn view(&self, entry: &Entry, witness: Option<Pid>) -> Option<View> {
        let inode = entry.identity.inode;
        // A PID may belong to another process by now, or the process may have entered another namespace.
        let is_there = |view: &View| view.namespace() == Gathered::Known(inode);
        let as_seen_by = |pid: Pid| Process::open(pid).and_then(|process| View::of_process(&process));
        let by_witness = witness.and_then(|pid| as_seen_by(pid).ok().filter(is_there));
        if let Some(view) = by_witness {
            return Some(view.of_whole_namespace(entry.identity));
        }
        if let Ok(namespace) = self.open(entry)
            && let Ok(view) = View::of_namespace(&namespace)
        {
            return Some(view);
        }
        self.members_of(Kind::Mnt, inode)
            .find_map(|member| as_seen_by(member.pid).ok().filter(is_there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Namespace;
    use crate::inventory::{Facts, Places, Question, gather};

    #[test]
    fn the_callers_own_namespace_is_visited_once() {
        let question = Question {
            kinds: [Kind::Mnt].into_iter().collect(),
            places: Places::all() - Places::KIN,
            facts: Facts::LEADER,
            ..Question::default()
        };
        let inventory = gather(&question).unwrap();
        let own = Namespace::own(Kind::Mnt).unwrap().identity();
        let mut visited = 0;
        let closed = inventory.each_view::<crate::Error>(|entry, view| {
            assert_eq!(view.namespace(), Gathered::Known(entry.identity.inode));
            if entry.identity == own {
                visited += 1;
                assert!(!MountTable::parse(&view.read()?).mounts().is_empty());
            }
            Ok(())
        });
        assert_eq!(visited, 1);
        assert!(closed.unwrap() < inventory.entries().len());
        let tops = inventory.tops(Kind::Mnt)[&own.inode].clone().known().unwrap();
        assert!(tops.is_sorted() && !tops.is_empty());
        assert!(
            tops.iter()
                .all(|pid| inventory.member(*pid).unwrap().is_in(Kind::Mnt, own.inode))
        );
    }
}
