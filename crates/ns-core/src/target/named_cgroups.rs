//! The cgroups that are named after a systemd unit or a container, and the processes in them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStringExt as _;

use nix::errno::Errno;

use super::claimant::{Claimant, Hierarchies, SHORT};
use crate::error::Doing;
use crate::escape::word;
use crate::output::escape_for_terminal;
use crate::process::{Cgroup, Cgroups, Files, Pid, Process, Stat, living_thread, scan};
use crate::{Error, Gathered, Result};

/// A name of a cgroup.
type Name<'c> = (&'c [u8], Cgroup<'c>);

/// Systemd units or containers.
pub(super) struct Sort {
    /// The word before the colon in a target.
    pub word: &'static str,
    /// The names that the cgroups of a process have, and the cgroup of each name.
    names: fn(&Cgroups) -> Vec<Name<'_>>,
    /// Who could choose the name of a cgroup, or put processes into a part of it.
    claimant: fn(&Hierarchies, Cgroup<'_>, Cgroup<'_>) -> Claimant,
}

pub(super) static UNIT: Sort = Sort {
    word: "unit",
    names: |cgroups| cgroups.unit_and_cgroup().into_iter().collect(),
    claimant: Hierarchies::of_unit,
};

pub(super) static CONTAINER: Sort = Sort {
    word: "container",
    names: |cgroups| {
        let containers = cgroups.containers().into_iter();
        containers
            .map(|container| (container.id, container.cgroup))
            .collect()
    },
    claimant: Hierarchies::of_container,
};

/// A cgroup with the name of a unit or a container, and the processes in it and below that the same owner could put there.
pub(crate) struct NamedCgroup {
    pub(super) sort: &'static Sort,
    pub(super) name: Vec<u8>,
    hierarchy: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) claimant: Claimant,
    members: Vec<Pid>,
}

/// The units that processes are in.
pub(crate) fn units() -> Result<Vec<NamedCgroup>> {
    all([&UNIT]).map(|[units]| units)
}

/// The containers that processes are in.
pub(crate) fn containers() -> Result<Vec<NamedCgroup>> {
    all([&CONTAINER]).map(|[containers]| containers)
}

/// The units and the containers that processes are in.
pub(crate) fn units_and_containers() -> Result<[Vec<NamedCgroup>; 2]> {
    all([&UNIT, &CONTAINER])
}

/// The cgroups of each sort, from the cgroups of all processes that `/proc` shows.
fn all<const N: usize>(sorts: [&'static Sort; N]) -> Result<[Vec<NamedCgroup>; N]> {
    let hierarchies = Hierarchies::of_caller()?;
    let mut found = [(); N].map(|()| BTreeMap::new());
    let mut claimants: BTreeMap<_, Claimant> = BTreeMap::new();
    let mut scan = scan()?;
    while let Some(pid) = scan.next() {
        let pid = pid?;
        let cgroups = match cgroups(scan.proc(), pid) {
            Gathered::Known(cgroups) => cgroups,
            // A process that cannot be read may be in another cgroup of this name. Processes that are hidden from the caller
            // are an exception.
            Gathered::Unreadable(errno) if !is_refusal(errno) => {
                return Err(errno).doing(|| format!("read the cgroups of process {pid}"));
            }
            _ => continue,
        };
        for (sort, found) in sorts.iter().zip(&mut found) {
            for (name, cgroup) in (sort.names)(&cgroups) {
                let part = part_of(&cgroups, cgroup);
                let claimant = claimants
                    .entry((
                        sort.word,
                        [cgroup.hierarchy, cgroup.path, part.path].map(<[u8]>::to_vec),
                    ))
                    .or_insert_with(|| (sort.claimant)(&hierarchies, cgroup, part));
                let (hierarchy, path) = (cgroup.hierarchy.to_vec(), cgroup.path.to_vec());
                let key = (hierarchy.clone(), path.clone(), claimant.clone());
                let named = found.entry(key).or_insert_with(|| NamedCgroup {
                    sort,
                    name: name.to_vec(),
                    claimant: claimant.clone(),
                    hierarchy,
                    path,
                    members: Vec::new(),
                });
                named.members.push(pid);
            }
        }
    }
    Ok(found.map(|found| found.into_values().collect()))
}

/// True if the kernel refuses to show a process.
fn is_refusal(errno: Errno) -> bool {
    matches!(errno, Errno::EACCES | Errno::EPERM)
}

/// The cgroups of a process. If its first thread has exited, they may be those of another thread.
fn cgroups(proc: BorrowedFd<'_>, pid: Pid) -> Gathered<Cgroups> {
    let files = Files::of(&proc, pid);
    files.cgroups().and_then(|cgroups| {
        if !cgroups.may_be_of_exited() {
            return Gathered::Known(cgroups);
        }
        let exited = |stat: &Stat| stat.state == b'Z' && stat.threads > 1;
        let thread = files
            .stat()
            .known()
            .filter(exited)
            .and_then(|_| living_thread(proc, pid));
        match thread {
            Some(thread) => Files::of(&proc, thread).cgroups(),
            None => Gathered::Known(cgroups),
        }
    })
}

/// The cgroup of a process in the hierarchy of this one, which it is in or below.
fn part_of<'a>(cgroups: &'a Cgroups, cgroup: Cgroup<'a>) -> Cgroup<'a> {
    let mut all = cgroups.all();
    all.find(|own| own.hierarchy == cgroup.hierarchy)
        .unwrap_or(cgroup)
}

impl NamedCgroup {
    /// The process that started first and still exists.
    pub(super) fn leader(&self) -> Result<Process> {
        let hierarchies = Hierarchies::of_caller()?;
        for (started, pid) in self.by_age()? {
            match Process::open(pid) {
                // The PID may belong to another process by now, or the process may be in another cgroup.
                Ok(process) if process.stat()?.started == started => {
                    if self.has(&hierarchies, &Cgroups::new(process.read("cgroup")?)) {
                        return Ok(process);
                    }
                }
                Ok(_) | Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let (word, name) = (self.sort.word, shown(&self.name));
        Err(Error::NotFound(format!("the {word} {name} has ended")))
    }

    /// The start time in clock ticks since boot and the PID of each process in it, from the oldest on.
    fn by_age(&self) -> Result<Vec<(u64, Pid)>> {
        let scan = scan()?;
        let mut members = Vec::with_capacity(self.members.len());
        for pid in &self.members {
            match Files::of(&scan.proc(), *pid).stat() {
                Gathered::Known(stat) => members.push((stat.started, *pid)),
                Gathered::Unreadable(errno) if !is_refusal(errno) => {
                    return Err(errno).doing(|| format!("read the age of process {pid}"));
                }
                _ => {}
            }
        }
        members.sort_unstable();
        Ok(members)
    }

    /// True if a process with these cgroups is in it, and only the same owner could put the process there.
    fn has(&self, hierarchies: &Hierarchies, cgroups: &Cgroups) -> bool {
        let cgroup = Cgroup {
            hierarchy: &self.hierarchy,
            path: &self.path,
        };
        cgroups.are_in(cgroup)
            && (self.sort.claimant)(hierarchies, cgroup, part_of(cgroups, cgroup)) == self.claimant
    }

    pub(super) fn is_same_cgroup(&self, other: &Self) -> bool {
        (&self.hierarchy, &self.path) == (&other.hierarchy, &other.path)
    }

    /// The text after the colon in a target, with this many bytes of the name; `None` if only the path names the
    /// cgroup.
    fn spelled(&self, length: usize) -> Option<Vec<u8>> {
        let name = &self.name[..self.name.len().min(length)];
        if self.claimant.is_meant() {
            return Some(name.to_vec());
        }
        let owner = self.claimant.name()?;
        Some([owner.as_bytes(), b"/", name].concat())
    }

    /// The number of processes in it.
    pub fn processes(&self) -> usize {
        self.members.len()
    }

    /// The process with the lowest PID in it.
    pub fn lowest(&self) -> Option<Pid> {
        self.members.iter().min().copied()
    }

    /// True if the start of its name is enough.
    fn is_container(&self) -> bool {
        self.sort.word == CONTAINER.word
    }

    /// A target that names it.
    pub(super) fn target(&self) -> String {
        let spelled = self.spelled(if self.is_container() { SHORT } else { usize::MAX });
        in_a_shell(self.sort.word, &spelled.unwrap_or_else(|| self.path.clone()))
    }
}

/// The text after the colon that names each of these, long enough to distinguish them. Cgroups that only their path
/// names are left out.
pub(crate) fn spellings(all: &[NamedCgroup]) -> Vec<(Vec<u8>, &NamedCgroup)> {
    let spelled = |length: usize| {
        let mut known: BTreeMap<Vec<u8>, Vec<&NamedCgroup>> = BTreeMap::new();
        for named in all {
            if let Some(spelled) = named.spelled(length) {
                let all = known.entry(spelled).or_default();
                if !all.iter().any(|known| known.is_same_cgroup(named)) {
                    all.push(named);
                }
            }
        }
        known
    };
    let (short, whole) = (spelled(SHORT), spelled(usize::MAX));
    let alone = |(spelled, named): (Vec<u8>, Vec<_>)| match named[..] {
        [named] => Some((spelled, named)),
        _ => None,
    };
    let is_short = |named: &NamedCgroup| named.is_container();
    let mut spellings: Vec<_> = short
        .into_iter()
        .filter_map(alone)
        .filter(|(_, named)| is_short(named))
        .collect();
    let is_spelled = |named: &NamedCgroup| spellings.iter().any(|(_, known)| std::ptr::eq(*known, named));
    let rest: Vec<_> = whole
        .into_iter()
        .filter_map(alone)
        .filter(|(_, named)| !is_spelled(named))
        .collect();
    spellings.extend(rest);
    spellings
}

/// A target as a person types it in a shell.
pub(super) fn in_a_shell(prefix: &str, rest: &[u8]) -> String {
    word(OsString::from_vec([prefix.as_bytes(), b":", rest].concat()))
}

pub(super) fn shown(name: &[u8]) -> String {
    escape_for_terminal(name).into_owned()
}
