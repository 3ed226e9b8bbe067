//! Finding a process by the cgroup it is in: the leader of a systemd unit or of a container, which is its oldest process.
//!
//! The creator of a cgroup chooses its name, and others may be able to put processes into it. A name alone means what
//! belongs to the system and to the caller. What other users could put there needs the owner in the target, or the path of
//! the cgroup.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use nix::errno::Errno;

use super::choices::list;
use super::claimant::{Claimant, Hierarchies, SHORT};
use crate::error::Doing;
use crate::escape::{quoted, word};
use crate::output::escape_for_terminal;
use crate::process::{Cgroup, Cgroups, Files, Pid, Process, hides_processes, living_thread, scan};
use crate::{Error, Gathered, Result};

/// The word before the colon in a target.
const UNIT: &str = "unit";
const CONTAINER: &str = "container";

/// The leader of this systemd unit; `nginx` is `nginx.service`, as for systemctl(1).
pub(super) fn by_unit(text: &str) -> Result<Process> {
    let asked = Asked::of(text);
    let whole = if asked.name.contains('.') {
        asked.name.to_owned()
    } else {
        format!("{}.service", asked.name)
    };
    let units = units()?;
    let matches = |unit: &NamedCgroup| unit.name == whole.as_bytes();
    let found = asked.select(&units, matches);
    match found[..] {
        [unit] => unit.leader(),
        [] => {
            let what = match asked.owner {
                Owner::Path => format!(
                    "no process is in a unit with the cgroup {}",
                    quoted(text.as_bytes())
                ),
                _ => format!("no process is in the unit {}", quoted(whole.as_bytes())),
            };
            Err(missing(what, UNIT, &units, matches, asked.name))
        }
        _ => {
            let what = format!("{} units are called {}", found.len(), quoted(whole.as_bytes()));
            Err(ambiguous(&what, &found, usize::MAX))
        }
    }
}

/// The leader of the container whose id starts with this text.
pub(super) fn by_container(text: &str) -> Result<Process> {
    let asked = Asked::of(text);
    let containers = containers()?;
    let matches = |container: &NamedCgroup| container.name.starts_with(asked.name.as_bytes());
    let mut found = asked.select(&containers, matches);
    // The whole name of one container can be the start of another name.
    let is_whole = |container: &&NamedCgroup| container.name == asked.name.as_bytes();
    if found.iter().any(is_whole) {
        found.retain(is_whole);
    }
    match found[..] {
        [container] => container.leader(),
        [] => {
            let start = quoted(asked.name.as_bytes());
            let what = match asked.owner {
                Owner::Path => format!("no process is in a container with the cgroup {start}"),
                _ => format!("no process is in a container whose id starts with {start}"),
            };
            Err(missing(what, CONTAINER, &containers, matches, asked.name))
        }
        _ => {
            let (count, start) = (found.len(), quoted(asked.name.as_bytes()));
            let what = format!("{count} containers have an id that starts with {start}");
            let names: Vec<_> = found.iter().map(|container| &*container.name).collect();
            Err(ambiguous(&what, &found, alike(&names) + SHORT))
        }
    }
}

/// The name that a person gave.
struct Asked<'a> {
    owner: Owner<'a>,
    /// The name or the start of an id; a path, if that is what was written.
    name: &'a str,
}

/// The owner that was asked for.
#[derive(Clone, Copy)]
enum Owner<'a> {
    /// No owner was given: a cgroup of the system or of the caller.
    Meant,
    /// A cgroup of a user, or in the cgroup of a container.
    Of(&'a str),
    /// Any owner, because the path of the cgroup was given.
    Path,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str) -> Self {
        match text.split_once('/') {
            Some(("", _)) => Self {
                owner: Owner::Path,
                name: text,
            },
            Some((owner, name)) => Self {
                owner: Owner::Of(owner),
                name,
            },
            None => Self {
                owner: Owner::Meant,
                name: text,
            },
        }
    }

    fn select<'n>(
        &self,
        all: &'n [NamedCgroup],
        matches: impl Fn(&NamedCgroup) -> bool,
    ) -> Vec<&'n NamedCgroup> {
        let is_asked_for = |named: &&NamedCgroup| match self.owner {
            Owner::Meant => named.claimant.is_meant() && matches(named),
            Owner::Of(owner) => named.claimant.is_called(owner) && matches(named),
            Owner::Path => named.path == self.name.as_bytes(),
        };
        let mut found: Vec<_> = all.iter().filter(is_asked_for).collect();
        // The processes that others cannot put there are first.
        found.dedup_by(|other, first| first.is_same_cgroup(other));
        found
    }
}

/// Who could choose the name of a cgroup, or put processes into a part of it.
type ClaimantOf = fn(&Hierarchies, Cgroup<'_>, Cgroup<'_>) -> Claimant;

/// A cgroup with the name of a unit or a container, and the processes in it and below that the same owner could put there.
pub(crate) struct NamedCgroup {
    /// [`UNIT`] or [`CONTAINER`].
    word: &'static str,
    name: Vec<u8>,
    hierarchy: Vec<u8>,
    path: Vec<u8>,
    claimant: Claimant,
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
    fn leader(&self) -> Result<Process> {
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

    fn is_same_cgroup(&self, other: &Self) -> bool {
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
    fn target(&self) -> String {
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

/// The error that there is none. The help names the cgroups of other owners with this name, or all cgroups that a name
/// alone can mean.
fn missing(
    what: String,
    word: &str,
    all: &[NamedCgroup],
    matches: impl Fn(&NamedCgroup) -> bool,
    asked: &str,
) -> Error {
    let error = Error::NotFound(what);
    let others: Vec<_> = all.iter().filter(|named| matches(named)).collect();
    if let [first, ..] = others[..] {
        let cause = format!(
            "{} could create the cgroup {}, or put processes into it",
            first.claimant,
            quoted(&first.path)
        );
        let mut targets: Vec<_> = others.iter().map(|named| named.target()).collect();
        targets.sort_unstable();
        targets.dedup();
        let help = if targets.len() == others.len() {
            format!("name its owner: {}", list(targets))
        } else {
            let paths = others.iter().map(|named| in_a_shell(named.word, &named.path));
            format!("name its cgroup: {}", list(paths))
        };
        return error.explained(Some(cause), Some(help));
    }
    let mut choices: Vec<_> = spellings(all).iter().map(|(choice, _)| shown(choice)).collect();
    choices.sort_unstable();
    if choices.is_empty() {
        let hidden = if hides_processes() {
            " that is shown here: /proc hides the processes of others (hidepid)"
        } else {
            ""
        };
        return error.with_note(format!("no process{hidden} is in the cgroup of any {word}"));
    }
    if choices.iter().any(|choice| choice.contains(asked)) {
        choices.retain(|choice| choice.contains(asked));
    }
    error.with_help(format!("the {word}s are {}", list(choices)))
}

/// The number of bytes that all these names start with.
fn alike(names: &[&[u8]]) -> usize {
    let [first, others @ ..] = names else { return 0 };
    let with = |other: &&[u8]| {
        let pairs = first.iter().zip(*other);
        pairs.take_while(|(one, other)| one == other).count()
    };
    others.iter().map(with).min().unwrap_or_default()
}

/// The error that there are several, with their owners, and help on how to name one. `length` bytes of each name
/// distinguish it.
fn ambiguous(what: &str, found: &[&NamedCgroup], length: usize) -> Error {
    let short = |named: &NamedCgroup| shown(&named.name[..named.name.len().min(length)]);
    let each = found
        .iter()
        .map(|named| format!("{} of {}", short(named), named.claimant));
    let error = Error::Ambiguous(format!("{what}: {}", list(each)));
    let mut names: Vec<_> = found.iter().map(|named| &named.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == found.len() {
        return error;
    }
    let paths = found.iter().map(|named| in_a_shell(named.word, &named.path));
    error.with_help(format!("name one by its cgroup: {}", list(paths)))
}

/// A target as a person types it in a shell.
fn in_a_shell(prefix: &str, rest: &[u8]) -> String {
    word(OsString::from_vec([prefix.as_bytes(), b":", rest].concat()))
}

fn shown(name: &[u8]) -> String {
    escape_for_terminal(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn ids_are_shown_up_to_where_they_differ() {
        let ids = [&b"3f000000000000000000a1"[..], b"3f000000000000000000b2"];
        assert_eq!(alike(&ids), 20);
        assert_eq!(alike(&ids[..1]), 0);
    }
}
