//! The search through all places, in their order.

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::explain::{explain, limits};
use crate::process::{Files, Pid, Process, scan};
use crate::uts::read_each;
use crate::{Error, Gathered, Kind, Namespace, Result};

use super::entry::{Entry, Relationships};
use super::facts::{OfNamespace, OfProcess, OfProcesses};
use super::holder::Holder;
use super::members::Found;
use super::open::{Ways, open, refusal};
use super::pins::MountNamespace;
use super::question::{Places, Question};
use super::representatives::Representative;
use super::search::Search;
use super::witnesses::{self, Witness};
use super::{Inventory, ancestors, descriptors, kernel, leaders, pins, processes, threads, uid_map, workers};

/// Searches the places and reads the facts that are asked for.
///
/// Fails if there is no `/proc`, unless the kernel lists all namespaces (Linux 6.19). It does not fail if something cannot be
/// read, or disappears while it is read.
pub fn gather(question: &Question) -> Result<Inventory> {
    let mut search = Search::start(*question)?;
    if !search.without_proc {
        search.look_at_processes()?;
    }
    let mut read = HashSet::new();
    search.look_at_pins(&mut read);
    search.look_at_kernel(&mut read);
    // The kernel may have listed new mount namespaces, with pins of their own.
    let closed = search.look_at_pins(&mut read);
    search.unread.mounts += closed;
    finish(search)
}

/// Looks at these processes alone, and at the namespaces that they are in, as [`gather`] looks at all. A process that has
/// ended is left out.
pub fn gather_processes(question: &Question, pids: &[Pid]) -> Result<Inventory> {
    let places = Places::PROCESSES;
    let mut search = Search::start(Question { places, ..*question })?;
    search.look_at(pids);
    finish(search)
}

/// Reads the facts about all that was found.
fn finish(mut search: Search) -> Result<Inventory> {
    search.describe_all();
    search.drop_dead();
    ancestors::hold_parents(&mut search);
    for fact in search.question.facts.namespace.iter() {
        match fact {
            // This was read when the namespaces were opened.
            OfNamespace::Relationships | OfNamespace::NetnsId => {}
            OfNamespace::UtsNames => search.read_uts_names()?,
            OfNamespace::UidMap => search.read_uid_maps(),
            OfNamespace::Own => search.find_own(),
        }
    }
    Ok(search.end())
}

impl Search {
    /// Looks at every process, its threads and its descriptors.
    fn look_at_processes(&mut self) -> Result<()> {
        let pids = scan()?.collect::<Result<Vec<_>>>()?;
        self.look_at(&pids);
        self.unread.hidden = hides_first(&self.proc) || self.unread.by_hidepid();
        Ok(())
    }

    /// Looks at these processes, their threads and their descriptors.
    fn look_at(&mut self, pids: &[Pid]) {
        let kinds = self.question.kinds_to_read();
        let places = self.question.places;
        let descent = self.question.facts.leaders;
        let proc = self.proc.as_fd();
        let surroundings = self.surroundings;
        let parts = workers::share(pids, |found: &mut Found, pid| {
            let before = found.files;
            let Some(mut member) = processes::look(found, proc, pid, kinds, surroundings.same_pids) else {
                return 1;
            };
            if descent {
                let stat = Files::of(&proc, pid).stat();
                member.threads = stat.as_ref().map(|stat| stat.threads).known().unwrap_or_default();
                member.descent = stat.map(|stat| (stat.parent, stat.started));
            }
            if places.contains(Places::THREADS) {
                threads::look(found, proc, &mut member, kinds, surroundings.same_pids);
            }
            if places.contains(Places::DESCRIPTORS) {
                descriptors::look(found, proc, &member, kinds, surroundings);
            }
            found.members.push(member);
            1 + found.files - before
        });
        self.take(parts);
        self.count();
    }

    /// Reads the mounts of every mount namespace that has not been `read` yet, again until nothing new appears; returns
    /// how many could not be opened. The kernel's list may still have them.
    fn look_at_pins(&mut self, read: &mut HashSet<u64>) -> usize {
        if !self.question.places.contains(Places::PINS) {
            return 0;
        }
        let unread = |entry: &Entry| entry.kind == Kind::Mnt && !read.contains(&entry.identity.inode);
        if !self.entries.iter().any(unread) {
            return 0;
        }
        let mut closed = Vec::new();
        let kinds = self.question.kinds_to_read();
        let mut witnesses = witnesses::find(self.proc.as_fd(), &self.members);
        loop {
            let (mut mount_namespaces, mut deserted) = (Vec::new(), Vec::new());
            for entry in &self.entries {
                let inode = entry.identity.inode;
                if entry.kind != Kind::Mnt || !read.insert(inode) {
                    continue;
                }
                let witness = witnesses.remove(&inode);
                let thread = || {
                    let pid = entry.a_thread()?;
                    Some(Witness { pid, sees_all: true })
                };
                match witness.or_else(thread) {
                    Some(Witness { pid, sees_all: true }) => {
                        mount_namespaces.push(MountNamespace { inode, pid });
                    }
                    // If all processes of a namespace are in a chroot, more mounts are visible from inside, if the
                    // caller may enter it.
                    other => deserted.push((inode, other.map(|witness| witness.pid))),
                }
            }
            if mount_namespaces.is_empty() && deserted.is_empty() {
                for inode in &closed {
                    read.remove(inode);
                }
                return closed.len();
            }
            let proc = self.proc.as_fd();
            let parts = workers::share(&mount_namespaces, |found: &mut Found, mount_namespace| {
                pins::look(found, proc, mount_namespace, kinds);
                1
            });
            self.take(parts);
            for (inode, chrooted) in deserted {
                let entry = self.entry(Kind::Mnt, inode).clone();
                let namespace = open(&self.proc, &entry);
                let entered = namespace.as_ref().map(|it| pins::look_into(self, it, kinds));
                match (entered, chrooted) {
                    (Some(true), _) => {}
                    (_, Some(pid)) => {
                        let mut found = Found::default();
                        pins::look(
                            &mut found,
                            self.proc.as_fd(),
                            MountNamespace { inode, pid },
                            kinds,
                        );
                        self.take(vec![found]);
                    }
                    (Some(false), None) => self.unread.mounts += 1,
                    (None, None) => closed.push(inode),
                }
            }
        }
    }

    /// Asks the kernel for namespaces that have not been found yet.
    fn look_at_kernel(&mut self, read: &mut HashSet<u64>) {
        if !self.question.places.contains(Places::KERNEL) {
            return;
        }
        let kinds = self.question.kinds_to_read();
        let pinned = self.question.places.contains(Places::PINS);
        kernel::look(self, kinds, |search, namespace| {
            let inode = namespace.identity().inode;
            let entry = search.entry(namespace.kind(), inode);
            entry.listed = true;
            entry.only_listed |= !entry.is_held();
            if namespace.kind() == Kind::Mnt
                && pinned
                && read.insert(inode)
                && !pins::look_into(search, namespace, kinds)
            {
                search.unread.mounts += 1;
            }
        });
    }

    /// Opens the namespaces if needed, and reads the facts about the processes that represent them. Things that
    /// disappear meanwhile are left out.
    fn describe_all(&mut self) {
        loop {
            leaders::find(self);
            let mut gone = self.represent();
            if gone.is_empty() {
                gone = self.open_all();
            }
            if gone.is_empty() {
                return;
            }
            self.forget(&gone);
        }
    }

    /// Opens namespaces that have not been opened yet, and returns the processes that have ended.
    fn open_all(&mut self) -> Vec<Pid> {
        let mut gone = Vec::new();
        if !self.question.opens() {
            return gone;
        }
        let asked = self.question.kinds;
        let kin = self.question.places.contains(Places::KIN);
        let facts = self.question.facts;
        let opened = facts.namespace.iter().any(OfNamespace::opens);
        let needed = |entry: &Entry| {
            // For a namespace without processes, the uid of its creator is used.
            let creator = entry.lowest.is_none() && facts.lowest.has(OfProcess::Uid);
            (opened || creator) && asked.contains(entry.kind)
                || kin && asked.contains(Kind::User)
                || kin && asked.contains(Kind::Pid) && entry.kind == Kind::Pid
        };
        let numbers: Vec<usize> = (0..self.entries.len())
            .filter(|number| needed(&self.entries[*number]) && self.entries[*number].relationships.is_none())
            .collect();
        if !facts.namespace.has(OfNamespace::NetnsId) {
            self.ask_all(&numbers);
        }
        let mut closed = Vec::new();
        for number in numbers {
            let entry = &self.entries[number];
            let unknown_kin = [entry.owner(), entry.parent()]
                .into_iter()
                .filter_map(Gathered::known)
                .any(|above| self.is_new(above.inode));
            if entry.relationships.is_some() && !(kin && unknown_kin) {
                continue;
            }
            // Its facts are also read on the way up.
            self.entries[number].relationships = None;
            let entry = &self.entries[number];
            // Its lowest process may have ended since, and still be waited for.
            let by_another = || self.by_another_process(entry).map(|(namespace, _)| namespace);
            if let Some(namespace) = open(&self.proc, entry).or_else(by_another) {
                ancestors::describe(self, &namespace);
            } else {
                let ended = |pid: &Pid| Files::of(&self.proc, *pid).uid() == Gathered::Absent;
                gone.extend(entry.lowest.filter(ended));
                self.entries[number].closed = true;
                closed.push(number);
            }
        }
        pins::forget_unmounted(&self.proc, &mut self.entries, &closed);
        gone
    }

    /// Asks these namespaces for their facts, in several threads.
    fn ask_all(&mut self, numbers: &[usize]) {
        let (proc, entries) = (self.proc.as_fd(), &self.entries);
        let parts = workers::share(numbers, |found: &mut Vec<(usize, Relationships)>, number| {
            let entry = &entries[number];
            if let Some(namespace) = open(&proc, entry) {
                let (relationships, _) = Relationships::of(&namespace, self.asks_all(entry.lowest));
                // It is asked once more.
                if !relationships.lack_a_relative() {
                    found.push((number, relationships));
                }
            }
            1
        });
        for (number, relationships) in parts.into_iter().flatten() {
            self.entries[number].relationships = Some(relationships);
        }
    }

    /// Reads the facts about the processes that represent namespaces, and returns the processes that have ended.
    fn represent(&mut self) -> Vec<Pid> {
        let question = &self.question;
        let mut wanted: HashMap<Pid, OfProcesses> = HashMap::new();
        let mut want = |pid, facts: OfProcesses| {
            let wanted = wanted.entry(pid).or_default();
            *wanted = wanted.and(facts);
        };
        let (of_lowest, of_leader) = (question.facts.lowest, question.facts.leader);
        for entry in &self.entries {
            if question.kinds.contains(entry.kind) {
                for (pid, facts) in [(entry.lowest, of_lowest), (entry.leader.known(), of_leader)] {
                    if let Some(pid) = pid {
                        want(pid, facts);
                    }
                }
            }
        }
        if let Some(inode) = question.members_of {
            let within = |member: &&super::Member| member.links.known().any(|(_, of)| of == inode);
            for member in self.members.iter().filter(within) {
                want(member.pid, of_lowest);
            }
        }
        let mut gone = Vec::new();
        for (pid, facts) in wanted {
            if self
                .representatives
                .get(&pid)
                .is_some_and(|known| known.facts.and(facts) == known.facts)
            {
                continue;
            }
            let number = self.member(pid).map_or(pid, |member| member.number);
            match Representative::read(&self.proc, pid, number, facts) {
                Some(process) => {
                    self.representatives.insert(pid, process);
                }
                None => gone.push(pid),
            }
        }
        gone
    }

    fn read_uts_names(&mut self) -> Result<()> {
        let mut places: Vec<usize> = (0..self.entries.len())
            .filter(|number| self.entries[*number].kind == Kind::Uts)
            .collect();
        // The second time, for those whose pin was mounted again meanwhile.
        for _ in 0..2 {
            let found = |inode| self.find(inode);
            let ways = Ways {
                proc: &self.proc,
                found,
            };
            let names = read_each(&places, |number| {
                let entry = &self.entries[*number];
                if let Some(namespace) = ways.open(entry) {
                    return Ok((namespace, entry.lowest));
                }
                match refusal(&self.proc, entry) {
                    // Its lowest process has ended: the others are still there.
                    error @ Error::NotFound(_) => self.by_another_process(entry).ok_or(error),
                    error => Err(error),
                }
            })
            .map_err(|error| explain(error, limits::fork))?;
            let closed =
                |(number, names): (&usize, &Gathered<_>)| (*names == Gathered::Absent).then_some(*number);
            let closed: Vec<_> = places.iter().zip(&names).filter_map(closed).collect();
            pins::forget_unmounted(&self.proc, &mut self.entries, &closed);
            for (number, names) in places.into_iter().zip(names) {
                let entry = &mut self.entries[number];
                entry.uts_names = match names {
                    // It is there, in a place that cannot be looked into.
                    Gathered::Absent if entry.lives_out_of_reach() => Gathered::Unreadable(Errno::EACCES),
                    names => names,
                };
            }
            places = closed;
            places.retain(|number| self.entries[*number].lives_out_of_reach());
            if places.is_empty() {
                break;
            }
        }
        self.drop_dead();
        Ok(())
    }

    /// The namespace, opened through a process in it other than the lowest.
    fn by_another_process(&self, entry: &Entry) -> Option<(Namespace, Option<Pid>)> {
        let is_in = |member: &&super::Member| {
            member.links.get(entry.kind) == Gathered::Known(entry.identity.inode)
                && Some(member.pid) != entry.lowest
        };
        self.members.iter().filter(is_in).find_map(|member| {
            let namespace = Process::open(member.pid).ok()?.namespace(entry.kind).ok()?;
            (namespace.identity() == entry.identity).then_some((namespace, Some(member.pid)))
        })
    }

    fn read_uid_maps(&mut self) {
        for entry in &mut self.entries {
            if entry.kind == Kind::User {
                let inside = entry.lowest.or_else(|| entry.a_thread());
                if let Some(pid) = inside {
                    entry.uid_map = Files::of(&self.proc, pid).read("uid_map");
                } else if entry.uid_map == Gathered::NotAsked {
                    entry.uid_map = match open(&self.proc, entry) {
                        Some(namespace) => {
                            uid_map::without_process(&self.proc, &namespace, self.surroundings)
                        }
                        None => Gathered::Unreadable(Errno::ENOENT),
                    };
                }
            }
        }
    }

    fn find_own(&mut self) {
        for kind in self.question.kinds.iter() {
            let own = Namespace::own_anyway(kind).map(|namespace| namespace.identity());
            for entry in self.entries.iter_mut().filter(|entry| entry.kind == kind) {
                entry.own = match &own {
                    Some(own) => Gathered::Known(entry.identity == *own),
                    None => Gathered::Unreadable(Errno::ENOENT),
                };
            }
        }
    }

    fn end(mut self) -> Inventory {
        self.entries.sort_unstable_by_key(|entry| entry.identity.inode);
        for entry in &mut self.entries {
            entry.holders.sort_by_key(Holder::holder_kind);
            if entry.netnsid == Gathered::NotAsked {
                entry.netnsid = entry.unknown();
            }
        }
        let mut representatives: Vec<_> = self.representatives.into_values().collect();
        representatives.sort_unstable_by_key(|process| process.pid);
        Inventory {
            entries: self.entries,
            members: self.members,
            representatives,
            looked: self.question.places,
            proc: self.proc,
            without_proc: self.without_proc,
            untold: self.untold,
            own_mount_namespace: self.own_mount_namespace,
            unread: self.unread,
        }
    }
}

/// True if `/proc` hides the processes of other users. The caller then does not see PID 1.
fn hides_first(proc: &impl AsFd) -> bool {
    let first = Some(Files::of(proc, Pid::INIT).uid());
    first == Some(Gathered::Absent)
}
