//! The finds of a search so far, and how they are merged.

use std::collections::HashMap;
use std::os::fd::{AsFd as _, OwnedFd};

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use crate::error::{Doing, has_proc};
use crate::linked::Linked;
use crate::process::{Pid, scan};
use crate::{Gathered, Identity, Kind, Namespace, Result};

use super::descriptors::Surroundings;
use super::entry::{Entry, Relationships};
use super::facts::{NetnsIds, OfNamespace};
use super::holder::Holder;
use super::members::{Found, Member};
use super::question::{Places, Question};
use super::representatives::Representative;
use super::unread::Unread;
use super::{kernel, uid_map};

/// The finds so far.
pub(super) struct Search {
    pub question: Question,
    /// Places where this kernel shows only a part, or nothing.
    pub untold: Places,
    /// True if no `/proc` is mounted.
    pub without_proc: bool,
    /// The open directory `/proc`.
    pub proc: OwnedFd,
    /// The facts about descriptors.
    pub surroundings: Surroundings,
    /// The device of all namespace files: they are on one file system.
    device: u64,
    /// The inode of the caller's own mount namespace.
    pub own_mount_namespace: u64,
    pub entries: Vec<Entry>,
    /// The index in `entries` for each inode.
    index: HashMap<u64, usize>,
    pub members: Vec<Member>,
    pub representatives: HashMap<Pid, Representative>,
    pub unread: Unread,
    /// The source of numbers, which is opened for the first one.
    pub netns_ids: Option<Result<Box<NetnsIds>>>,
}

impl Search {
    /// Fails if no `/proc` is mounted and the kernel does not list namespaces of every kind, as before Linux 6.19, or is
    /// not asked for them.
    pub fn start(question: Question) -> Result<Self> {
        let error = match (scan(), Namespace::own(Kind::Mnt)) {
            (Ok(scan), Ok(own)) => {
                let proc = scan.proc().try_clone_to_owned().doing(|| "open /proc")?;
                return Ok(Self::of_parts(question, proc, own.identity()));
            }
            (Ok(_), Err(error)) | (Err(error), _) => error,
        };
        let is_listed = question.places.contains(Places::KERNEL) && !has_proc() && kernel::lists_all();
        let own = Namespace::own_anyway(Kind::Mnt).filter(|_| is_listed);
        let own = own.ok_or(error)?;
        // Nothing is looked up in this directory.
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open("/", flags, Mode::empty()).doing(|| "open the root directory")?;
        let rest = Question {
            places: question.places & (Places::KERNEL | Places::KIN),
            ..question
        };
        Ok(Self {
            without_proc: true,
            ..Self::of_parts(rest, root, own.identity())
        })
    }

    fn of_parts(question: Question, proc: OwnedFd, own: Identity) -> Self {
        Self {
            question,
            without_proc: false,
            untold: Places::empty(),
            surroundings: Surroundings::of_caller(proc.as_fd()),
            proc,
            device: own.device,
            own_mount_namespace: own.inode,
            entries: Vec::new(),
            index: HashMap::new(),
            members: Vec::new(),
            representatives: HashMap::new(),
            unread: Unread::default(),
            netns_ids: None,
        }
    }

    /// True if no namespace with this inode has been found.
    pub fn is_new(&self, inode: u64) -> bool {
        !self.index.contains_key(&inode)
    }

    /// True if the namespace with this inode has been opened and asked.
    pub fn is_described(&self, inode: u64) -> bool {
        self.index
            .get(&inode)
            .is_some_and(|index| self.entries[*index].relationships.is_some())
    }

    /// The namespace with this inode, if it has been found.
    pub fn find(&self, inode: u64) -> Option<&Entry> {
        self.index.get(&inode).map(|index| &self.entries[*index])
    }

    /// The namespace with this inode, which is added if it is new.
    pub fn entry(&mut self, kind: Kind, inode: u64) -> &mut Entry {
        let facts = self.question.facts;
        let index = *self.index.entry(inode).or_insert_with(|| {
            let identity = Identity {
                device: self.device,
                inode,
            };
            self.entries.push(Entry::new(kind, identity, facts));
            self.entries.len() - 1
        });
        &mut self.entries[index]
    }

    /// Adds a holder to a namespace.
    pub fn hold(&mut self, kind: Kind, inode: u64, holder: Holder) {
        self.entry(kind, inode).holders.push(holder);
    }

    /// Adds the finds of the threads of the search.
    pub fn take(&mut self, parts: Vec<Found>) {
        for part in parts {
            self.unread.add(&part.unread);
            self.members.extend(part.members);
            for (kind, inode, holder) in part.held {
                self.hold(kind, inode, holder);
            }
        }
    }

    /// Asks for the number of a network namespace, if the numbers are asked for.
    pub fn number(&mut self, namespace: &Namespace) {
        let (Kind::Net, Some(Linked(open))) = (namespace.kind(), self.question.facts.netns_ids) else {
            return;
        };
        let netnsid = match self.netns_ids.get_or_insert_with(open) {
            Ok(ids) => ids(namespace),
            Err(error) => Gathered::Unreadable(error.errno().unwrap_or(Errno::EIO)),
        };
        self.entry(Kind::Net, namespace.identity().inode).netnsid = netnsid;
    }

    /// True if more than its relationships is asked of a namespace. For a namespace without processes, this includes
    /// the uid of its creator.
    pub fn asks_all(&self, lowest: Option<Pid>) -> bool {
        self.question.facts.namespace.has(OfNamespace::Relationships) || lowest.is_none()
    }

    /// Asks a namespace for its facts, and returns its owner.
    pub fn note(&mut self, namespace: &Namespace) -> Gathered<Namespace> {
        let lowest = self.entry(namespace.kind(), namespace.identity().inode).lowest;
        let all = self.asks_all(lowest);
        let (relationships, owner) = Relationships::of(namespace, all);
        self.unread.relatives += usize::from(relationships.lack_a_relative());
        let read_map =
            self.question.facts.namespace.has(OfNamespace::UidMap) && namespace.kind() == Kind::User;
        let entry = self.entry(namespace.kind(), namespace.identity().inode);
        entry.relationships = Some(relationships);
        // A namespace that only its children hold cannot be opened again.
        if read_map && lowest.is_none() && entry.a_thread().is_none() {
            let map = uid_map::without_process(&self.proc, namespace, self.surroundings);
            self.entry(Kind::User, namespace.identity().inode).uid_map = map;
        }
        owner
    }

    /// Counts the processes and threads of every namespace.
    pub fn count(&mut self) {
        self.members.sort_unstable_by_key(|member| member.pid);
        for entry in &mut self.entries {
            entry.processes = 0;
            entry.threads = 0;
            entry.lowest = None;
            entry.number = None;
        }
        for number in 0..self.members.len() {
            let member = self.members[number];
            for (kind, inode) in member.links.known() {
                let entry = self.entry(kind, inode);
                entry.processes += 1;
                entry.threads += member.threads_in(kind);
                // The PIDs ascend.
                entry.lowest.get_or_insert(member.pid);
                entry.number.get_or_insert(member.number);
            }
        }
        // A thread in another namespace was counted with its process.
        for number in 0..self.entries.len() {
            let kind = self.entries[number].kind;
            let strays: Vec<Pid> = self.entries[number]
                .holders
                .iter()
                .filter_map(|holder| match holder {
                    Holder::Thread { pid, .. } => Some(*pid),
                    _ => None,
                })
                .collect();
            for pid in strays {
                self.entries[number].threads += 1;
                let home = self.member(pid).and_then(|member| member.links.get(kind).known());
                if let Some(index) = home.and_then(|inode| self.index.get(&inode)) {
                    let threads = &mut self.entries[*index].threads;
                    *threads = threads.saturating_sub(1);
                }
            }
        }
    }

    /// The process with this PID, after the processes have been counted.
    pub fn member(&self, pid: Pid) -> Option<&Member> {
        self.members
            .binary_search_by_key(&pid, |member| member.pid)
            .ok()
            .map(|number| &self.members[number])
    }

    /// Removes these processes, with everything that they hold.
    pub fn forget(&mut self, gone: &[Pid]) {
        self.members.retain(|member| !gone.contains(&member.pid));
        for entry in &mut self.entries {
            entry
                .holders
                .retain(|holder| holder.pid().is_none_or(|pid| !gone.contains(&pid)));
        }
        self.count();
    }

    /// Removes the namespaces without holders: their last process ended during the search.
    pub fn drop_dead(&mut self) {
        let mut alive = vec![false; self.entries.len()];
        let mut rest: Vec<usize> = (0..self.entries.len())
            .filter(|number| self.entries[*number].is_held())
            .collect();
        // A living namespace keeps its parent and its owner alive.
        while let Some(number) = rest.pop() {
            if std::mem::replace(&mut alive[number], true) {
                continue;
            }
            let entry = &self.entries[number];
            let above = [entry.parent(), entry.owner()];
            rest.extend(
                above
                    .into_iter()
                    .filter_map(Gathered::known)
                    .filter_map(|identity| self.index.get(&identity.inode)),
            );
        }
        let mut alive = alive.into_iter();
        self.entries.retain(|_| alive.next().unwrap_or_default());
        self.index.clear();
        self.index.extend(
            (0..)
                .zip(&self.entries)
                .map(|(number, entry)| (entry.identity.inode, number)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::read_links;

    #[test]
    fn a_thread_that_is_elsewhere_is_counted_there_alone() {
        let mut search = Search::start(Question::default()).unwrap();
        let pid = Pid::own();
        let links = read_links(&search.proc, pid);
        search.members.push(Member {
            pid,
            number: pid,
            links,
            threads: 3,
            descent: Gathered::NotAsked,
        });
        let tid = Pid::new(i32::MAX).unwrap();
        search.hold(Kind::Uts, 7, Holder::Thread { pid, tid });
        // This can be repeated.
        search.count();
        search.count();
        let home = links.get(Kind::Uts).known().unwrap();
        let mut counts = |inode| {
            let entry = search.entry(Kind::Uts, inode);
            (entry.processes, entry.threads)
        };
        assert_eq!((counts(home), counts(7)), ((1, 2), (0, 1)));
    }
}
