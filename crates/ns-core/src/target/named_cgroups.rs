//! The cgroups that are named after a systemd unit or a container, and the processes in them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use nix::errno::Errno;

use super::claimant::{Claimant, Hierarchies, SHORT};
use crate::error::Doing;
use crate::escape::word;
use crate::output::escape_for_terminal;
use crate::process::{Cgroup, Cgroups, Files, Pid, Process, living_thread, scan};
use crate::{Error, Gathered, Result};

/// The word before the colon in a target.
pub(super) const UNIT: &str = "unit";
pub(super) const CONTAINER: &str = "container";

/// Who could choose the name of a cgroup, or put processes into a part of it.
type ClaimantOf = fn(&Hierarchies, Cgroup<'_>, Cgroup<'_>) -> Claimant;

/// A cgroup with the name of a unit or a container, and the processes in it and below that the same owner could put there.
pub(crate) struct NamedCgroup {
    /// [`UNIT`] or [`CONTAINER`].
    pub(super) word: &'static str,
    pub(super) name: Vec<u8>,
    hierarchy: Vec<u8>,
    pub(super) path: Vec<u8>,
    pub(super) claimant: Claimant,
    claimant_of: ClaimantOf,
    /// The start time in clock ticks since boot and the PID of each.
    members: Vec<(u64, Pid)>,
}

/// The units that processes are in.
pub(crate) fn units() -> Result<Vec<NamedCgroup>> {
    let of = |cgroups: &Cgroups, take: &mut dyn FnMut(&[u8], Cgroup<'_>)| {
        if let Some((name, cgroup)) = cgroups.unit_and_cgroup() {
            take(name, cgroup);
        }
    };
    all(UNIT, of, Hierarchies::of_unit)
}

/// The containers that processes are in.
pub(crate) fn containers() -> Result<Vec<NamedCgroup>> {
    let of = |cgroups: &Cgroups, take: &mut dyn FnMut(&[u8], Cgroup<'_>)| {
        for container in cgroups.containers() {
            take(container.id, container.cgroup);
        }
    };
    all(CONTAINER, of, Hierarchies::of_container)
}

/// Every cgroup that `of` finds a name for, from the cgroups of all processes that `/proc` shows.
fn all(
    word: &'static str,
    of: impl Fn(&Cgroups, &mut dyn FnMut(&[u8], Cgroup<'_>)),
    claimant_of: ClaimantOf,
) -> Result<Vec<NamedCgroup>> {
    let hierarchies = Hierarchies::of_caller()?;
    let mut found: BTreeMap<_, NamedCgroup> = BTreeMap::new();
    let mut claimants: BTreeMap<[Vec<u8>; 3], Claimant> = BTreeMap::new();
    let mut scan = scan()?;
    while let Some(pid) = scan.next() {
        let pid = pid?;
        let proc = scan.proc();
        let stat = Files::of(&proc, pid).stat();
        let exited = matches!(&stat, Gathered::Known(stat) if stat.state == b'Z' && stat.threads > 1);
        // A thread that has exited may no longer be shown in its cgroup.
        let thread = exited.then(|| living_thread(proc, pid)).flatten();
        let cgroups = Files::of(&proc, thread.unwrap_or(pid)).cgroups();
        let (cgroups, stat) = match (cgroups, stat) {
            (Gathered::Known(cgroups), Gathered::Known(stat)) => (cgroups, stat),
            // A process that cannot be read may be in another cgroup of this name. Processes that are hidden from the caller
            // are an exception.
            (Gathered::Unreadable(errno), _) | (_, Gathered::Unreadable(errno))
                if !matches!(errno, Errno::EACCES | Errno::EPERM) =>
            {
                return Err(errno).doing(|| format!("read the cgroups of process {pid}"));
            }
            _ => continue,
        };
        of(&cgroups, &mut |name, cgroup| {
            let part = part_of(&cgroups, cgroup);
            let claimant = claimants
                .entry([cgroup.hierarchy, cgroup.path, part.path].map(<[u8]>::to_vec))
                .or_insert_with(|| claimant_of(&hierarchies, cgroup, part));
            let (hierarchy, path) = (cgroup.hierarchy.to_vec(), cgroup.path.to_vec());
            let key = (hierarchy.clone(), path.clone(), claimant.clone());
            let named = found.entry(key).or_insert_with(|| NamedCgroup {
                word,
                name: name.to_vec(),
                claimant: claimant.clone(),
                claimant_of,
                hierarchy,
                path,
                members: Vec::new(),
            });
            named.members.push((stat.started, pid));
        });
    }
    Ok(found.into_values().collect())
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
        let mut members = self.members.clone();
        members.sort_unstable();
        let hierarchies = Hierarchies::of_caller()?;
        for (started, pid) in members {
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
        let (word, name) = (self.word, shown(&self.name));
        Err(Error::NotFound(format!("the {word} {name} has ended")))
    }

    /// True if a process with these cgroups is in it, and only the same owner could put the process there.
    fn has(&self, hierarchies: &Hierarchies, cgroups: &Cgroups) -> bool {
        let cgroup = Cgroup {
            hierarchy: &self.hierarchy,
            path: &self.path,
        };
        cgroups.are_in(cgroup)
            && (self.claimant_of)(hierarchies, cgroup, part_of(cgroups, cgroup)) == self.claimant
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
        self.members.iter().map(|(_, pid)| *pid).min()
    }

    /// A target that names it.
    pub(super) fn target(&self) -> String {
        let spelled = self.spelled(if self.word == CONTAINER { SHORT } else { usize::MAX });
        in_a_shell(self.word, &spelled.unwrap_or_else(|| self.path.clone()))
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
    let is_short = |named: &NamedCgroup| named.word == CONTAINER;
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
