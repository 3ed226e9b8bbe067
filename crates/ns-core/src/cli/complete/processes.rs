//! Processes as values: by PID, and by the unit and the container that they are in.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStringExt as _;

use super::choice::{Choice, Word};
use crate::inventory::share;
use crate::process::{Files, Pid, Process, command_line, scan};
use crate::{Gathered, Result, Target};

/// A container's id is told apart by so many digits, as its runtime shows them.
const SHORT: usize = 12;

/// Units, containers and PIDs, the few before the many.
pub(super) fn choices(word: Word<'_>) -> Result<Vec<Choice>> {
    if let Some(pid) = word.number_before_colon() {
        return Ok(same_process(pid).into_iter().collect());
    }
    let pids = word.may_be_digits();
    let (units, containers) = (word.may_begin("unit:"), word.may_begin("container:"));
    if !pids && !units && !containers {
        return Ok(Vec::new());
    }
    let found = look(word, units || containers)?;
    let mut choices = Vec::new();
    if units {
        choices.extend(found.units());
    }
    if containers {
        choices.extend(found.containers());
    }
    choices.extend(found.processes.into_iter().map(|(_, process)| process));
    Ok(choices)
}

/// `PID:INODE`, which names this process for ever.
fn same_process(pid: &str) -> Option<Choice> {
    let pid: Pid = pid.parse().ok()?;
    let process = Process::open(pid).ok()?;
    let target = Target::SameProcess(pid, process.inode().ok()?);
    let proc = scan().ok()?;
    let command = Files::of(&proc.proc(), pid).command().known()?;
    Some(Choice::new(target.to_os_string().into_vec(), command))
}

/// What is known of the processes.
#[derive(Default)]
struct Candidates {
    processes: Vec<(Pid, Choice)>,
    units: BTreeMap<Vec<u8>, Group>,
    containers: BTreeMap<Vec<u8>, Group>,
}

/// The processes of a unit or a container.
struct Group {
    /// The one with the lowest PID, and what it runs.
    first: (Pid, String),
    processes: usize,
}

/// Looks at every process, and at its cgroups where that is asked for.
fn look(word: Word<'_>, cgroups: bool) -> Result<Candidates> {
    let mut scan = scan()?;
    let pids = scan.by_ref().collect::<Result<Vec<_>>>()?;
    let proc = scan.proc();
    let parts = share(&pids, |found: &mut Candidates, pid| {
        found.add(proc, pid, word, cgroups);
    });
    let mut all = Candidates::default();
    for part in parts {
        all.processes.extend(part.processes);
        merge(&mut all.units, part.units);
        merge(&mut all.containers, part.containers);
    }
    all.processes.sort_unstable_by_key(|(pid, _)| *pid);
    Ok(all)
}

impl Candidates {
    /// The kernel's own threads and zombies have no command line, and nobody enters them.
    fn add(&mut self, proc: BorrowedFd<'_>, pid: Pid, word: Word<'_>, cgroups: bool) {
        let number = pid.to_string();
        let offered = word.may_be_digits() && word.may_be_of(&number);
        if pid == Pid::own() || !offered && !cgroups {
            return;
        }
        let files = Files::of(&proc, pid);
        // One that has ended since is no choice.
        let Gathered::Known(cmdline) = files.read("cmdline") else {
            return;
        };
        let Some(command) = command_line(&cmdline) else {
            return;
        };
        let process = Choice::new(number, command);
        if cgroups && let Gathered::Known(cgroups) = files.cgroups() {
            let group = || Group {
                first: (pid, process.about.clone()),
                processes: 1,
            };
            if let Some(unit) = cgroups.unit() {
                merge(&mut self.units, [(unit.to_owned(), group())]);
            }
            for container in cgroups.containers() {
                merge(&mut self.containers, [(container.id.to_owned(), group())]);
            }
        }
        if offered {
            self.processes.push((pid, process));
        }
    }

    fn units(&self) -> impl Iterator<Item = Choice> {
        self.units.iter().map(|(name, group)| {
            let value = [b"unit:", name.as_slice()].concat();
            Choice::new(value, group.about())
        })
    }

    /// By as much of their ids as their runtimes show, where that tells them apart.
    fn containers(&self) -> impl Iterator<Item = Choice> {
        self.containers.iter().map(|(id, group)| {
            let short = &id[..id.len().min(SHORT)];
            let alike = self.containers.keys().filter(|id| id.starts_with(short)).count();
            let id = if alike == 1 { short } else { id };
            Choice::new([b"container:", id].concat(), group.about())
        })
    }
}

fn merge(groups: &mut BTreeMap<Vec<u8>, Group>, more: impl IntoIterator<Item = (Vec<u8>, Group)>) {
    for (name, group) in more {
        match groups.entry(name) {
            Entry::Vacant(place) => {
                place.insert(group);
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.processes += group.processes;
                if group.first.0 < known.first.0 {
                    known.first = group.first;
                }
            }
        }
    }
}

impl Group {
    fn about(&self) -> String {
        match (self.processes, &self.first) {
            (1, (pid, command)) => format!("{pid} {command}"),
            (several, (pid, command)) => format!("{several} processes: {pid} {command}"),
        }
    }
}
