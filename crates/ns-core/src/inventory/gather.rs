//! The search: the places in their order, and what they find put together.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};

use crate::error::Doing;
use crate::process::{Pid, scan};
use crate::{Identity, Kind, Namespace, Result};

use super::entry::{Entry, Relatives};
use super::members::{Found, Member};
use super::question::{Facts, Question};
use super::representatives::Representative;
use super::unread::Unread;
use super::{Inventory, crew, processes};

/// Finds out what is asked for.
///
/// Fails where there is no `/proc`. What cannot be read, and what goes while it is read, is no failure.
pub fn gather(question: &Question) -> Result<Inventory> {
    let mut search = Search::start(*question)?;
    search.processes()?;
    search.represent();
    if question.facts.contains(Facts::RELATIVES) {
        search.open_all();
    }
    Ok(search.end())
}

/// What has been found so far.
struct Search {
    question: Question,
    /// The open directory `/proc`.
    proc: OwnedFd,
    /// The device of all namespace files: they are in one file system.
    device: u64,
    entries: Vec<Entry>,
    /// Where in `entries` the namespace with this inode stands.
    index: HashMap<u64, usize>,
    members: Vec<Member>,
    representatives: HashMap<Pid, Representative>,
    unread: Unread,
}

impl Search {
    fn start(question: Question) -> Result<Self> {
        let proc = scan()?.proc().try_clone_to_owned();
        Ok(Self {
            question,
            proc: proc.doing(|| "open /proc")?,
            device: Namespace::own(Kind::Mnt)?.identity().device,
            entries: Vec::new(),
            index: HashMap::new(),
            members: Vec::new(),
            representatives: HashMap::new(),
            unread: Unread::default(),
        })
    }

    /// The namespace with this inode, added where it is new.
    fn entry(&mut self, kind: Kind, inode: u64) -> &mut Entry {
        let index = *self.index.entry(inode).or_insert_with(|| {
            let identity = Identity {
                device: self.device,
                inode,
            };
            self.entries.push(Entry::new(kind, identity));
            self.entries.len() - 1
        });
        &mut self.entries[index]
    }

    /// Reads the links of every process.
    fn processes(&mut self) -> Result<()> {
        let pids = scan()?.collect::<Result<Vec<_>>>()?;
        let kinds = self.question.kinds;
        let proc = self.proc.as_fd();
        let parts = crew::share(&pids, |found: &mut Found, pid| {
            processes::look(found, proc, pid, kinds);
        });
        for part in parts {
            self.unread.add(&part.unread);
            self.members.extend(part.members);
        }
        self.members.sort_unstable_by_key(|member| member.pid);
        self.count();
        Ok(())
    }

    /// Counts the processes of every namespace.
    fn count(&mut self) {
        for entry in &mut self.entries {
            entry.processes = 0;
            entry.lowest = None;
        }
        for number in 0..self.members.len() {
            let Member { pid, links } = self.members[number];
            for (kind, inode) in links.known() {
                let entry = self.entry(kind, inode);
                entry.processes += 1;
                // The PIDs ascend.
                entry.lowest.get_or_insert(pid);
            }
        }
    }

    /// Reads what is asked for of the processes that stand for the namespaces. One that has gone since was never there.
    fn represent(&mut self) {
        let mut gone = Vec::new();
        loop {
            for entry in &self.entries {
                if !self.question.kinds.contains(entry.kind) {
                    continue;
                }
                let Some(pid) = entry.lowest else { continue };
                if self.representatives.contains_key(&pid) {
                    continue;
                }
                match Representative::read(&self.proc, pid, self.question.facts) {
                    Some(process) => {
                        self.representatives.insert(pid, process);
                    }
                    None => gone.push(pid),
                }
            }
            if gone.is_empty() {
                return;
            }
            self.forget(&gone);
            gone.clear();
        }
    }

    /// Takes these processes out again, and the namespaces that nothing else is in.
    fn forget(&mut self, gone: &[Pid]) {
        self.members.retain(|member| !gone.contains(&member.pid));
        self.count();
        self.entries.retain(|entry| entry.processes > 0);
        self.index.clear();
        self.index.extend(
            (0..)
                .zip(&self.entries)
                .map(|(number, entry)| (entry.identity.inode, number)),
        );
    }

    /// Opens every namespace to ask it for its relatives.
    fn open_all(&mut self) {
        for entry in &mut self.entries {
            let Some(pid) = entry.lowest else { continue };
            let path = format!("{pid}/ns/{}", entry.kind);
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let Ok(file) = rustix::fs::openat(&self.proc, path, flags, Mode::empty()) else {
                continue;
            };
            // Another process may have got the PID since.
            if let Ok(namespace) = Namespace::from_file(file)
                && namespace.identity() == entry.identity
            {
                entry.relatives = Some(Relatives::of(&namespace));
            }
        }
    }

    fn end(mut self) -> Inventory {
        self.entries.sort_unstable_by_key(|entry| entry.identity.inode);
        let mut representatives: Vec<_> = self.representatives.into_values().collect();
        representatives.sort_unstable_by_key(|process| process.pid);
        Inventory {
            entries: self.entries,
            members: self.members,
            representatives,
            unread: self.unread,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kinds;

    #[test]
    fn the_caller_is_found_in_its_own_namespaces() {
        let question = Question {
            kinds: Kinds::ALL,
            facts: Facts::all(),
        };
        let inventory = gather(&question).unwrap();
        let own = inventory.member(Pid::own()).unwrap();
        for kind in Kind::ALL {
            let identity = Namespace::own(kind).unwrap().identity();
            let entry = inventory.entry(identity.inode).unwrap();
            assert_eq!((entry.kind, entry.identity), (kind, identity));
            assert!(entry.processes > 0);
            let lowest = inventory.representative(entry.lowest.unwrap()).unwrap();
            assert!(lowest.command.clone().known().is_some());
            assert!(
                inventory
                    .members_of(kind, identity.inode)
                    .any(|member| member.pid == own.pid)
            );
        }
        assert!(inventory.entries().is_sorted_by_key(|entry| entry.identity.inode));
    }

    #[test]
    fn only_the_kinds_that_are_asked_for_are_found() {
        let question = Question {
            kinds: [Kind::Uts].into_iter().collect(),
            facts: Facts::empty(),
        };
        let inventory = gather(&question).unwrap();
        assert!(inventory.entries().iter().all(|entry| entry.kind == Kind::Uts));
    }
}
