//! Processes as values: by PID, and by the unit and the container that they are in.

use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStringExt as _;

use super::choice::{Choice, Word};
use crate::inventory::share;
use crate::process::{Files, Links, Pid, Process, command_line, living_thread, read_links, scan};
use crate::target::{self, NamedCgroup};
use crate::{Gathered, Result, Target};

/// Units, containers and PIDs, in this order.
pub(super) fn choices(word: Word<'_>) -> Result<Vec<Choice>> {
    if let Some(pid) = word.number_before_colon() {
        return Ok(same_process(pid).into_iter().collect());
    }
    let pids = word.may_be_digits();
    let (units, containers) = (word.may_begin("unit:"), word.may_begin("container:"));
    if !pids && !units && !containers {
        return Ok(Vec::new());
    }
    let named = match (units, containers) {
        (true, true) => target::units_and_containers()?,
        (true, false) => [target::units()?, Vec::new()],
        (false, true) => [Vec::new(), target::containers()?],
        (false, false) => [Vec::new(), Vec::new()],
    };
    let mut choices = Vec::new();
    for (prefix, named) in ["unit:", "container:"].into_iter().zip(&named) {
        choices.extend(cgroups(prefix, named)?);
    }
    if pids {
        choices.extend(look(word)?);
    }
    Ok(choices)
}

/// The units or the containers, each with its number of processes and the command of the lowest PID.
fn cgroups(prefix: &str, all: &[NamedCgroup]) -> Result<Vec<Choice>> {
    let scan = scan()?;
    let proc = scan.proc();
    let choice = |(spelled, named): (Vec<u8>, &NamedCgroup)| {
        let pid = named.lowest()?;
        let command = Files::of(&proc, pid).command().known()?;
        let first = [pid.to_string().as_bytes(), b" ", &command].concat();
        let about = match named.processes() {
            1 => first,
            several => [format!("{several} processes: ").as_bytes(), &first].concat(),
        };
        Some(Choice::new([prefix.as_bytes(), &spelled].concat(), about))
    };
    Ok(target::spellings(all).into_iter().filter_map(choice).collect())
}

/// `PID:INODE`, which never names another process.
fn same_process(pid: &str) -> Option<Choice> {
    let pid: Pid = pid.parse().ok()?;
    let process = Process::open(pid).ok()?;
    let target = Target::SameProcess(pid, process.inode().ok()?.known()?);
    let proc = scan().ok()?;
    let command = Files::of(&proc.proc(), pid).command().known()?;
    Some(Choice::new(target.to_os_string().into_vec(), command))
}

/// Every process whose PID can start with the word. Processes in other namespaces are first: the others are where the
/// caller is already, and there are many of them.
fn look(word: Word<'_>) -> Result<impl Iterator<Item = Choice>> {
    let mut scan = scan()?;
    let pids = scan.by_ref().collect::<Result<Vec<_>>>()?;
    let proc = scan.proc();
    let own = read_links(proc, Pid::own());
    let parts = share(&pids, |found: &mut Vec<(bool, Pid, Choice)>, pid| {
        let known = choice(proc, pid, word);
        found.extend(
            known.map(|(number, choice)| (is_elsewhere(&read_links(proc, number), &own), pid, choice)),
        );
        1
    });
    let mut all = parts.concat();
    all.sort_unstable_by_key(|(elsewhere, pid, _)| (!elsewhere, *pid));
    Ok(all.into_iter().map(|(.., choice)| choice))
}

/// True if one of these namespaces is known to be another one than the caller's.
fn is_elsewhere(links: &Links, own: &Links) -> bool {
    let differs = |kind, inode| matches!(own.get(kind), Gathered::Known(own) if own != inode);
    links.known().any(|(kind, inode)| differs(kind, inode))
}

/// A process that can be a target, and the number in `/proc` of a living thread of it. Kernel threads and zombies have no
/// command line, and nobody enters them.
fn choice(proc: BorrowedFd<'_>, pid: Pid, word: Word<'_>) -> Option<(Pid, Choice)> {
    let number = pid.to_string();
    if pid == Pid::own() || !word.may_be_of(&number) {
        return None;
    }
    // A process that has ended meanwhile is left out.
    let command = |number| command_line(&Files::of(&proc, number).read("cmdline").known()?);
    let (thread, command) = if let Some(command) = command(pid) {
        (pid, command)
    } else {
        let thread = living_thread(proc, pid)?;
        (thread, command(thread)?)
    };
    Some((thread, Choice::new(number, command)))
}
