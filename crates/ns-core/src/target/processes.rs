//! Finding a process: by its PID, or by the cgroup it is in (the oldest of a systemd unit or of a container).

use super::choices::list;
use super::meant;
use crate::escape::quoted;
use crate::output::escape_for_terminal;
use crate::process::{Cgroups, Files, Pid, Process, scan};
use crate::{Error, Gathered, Result};

/// A container's id is told apart by so many digits, as its runtime shows them.
const SHORT: usize = 12;

/// A process, and what its cgroups are.
struct Candidate {
    pid: Pid,
    /// In clock ticks since boot.
    started: u64,
    cgroups: Cgroups,
}

/// The process with this PID.
pub(super) fn by_pid(pid: Pid) -> Result<Process> {
    Process::open(pid).map_err(|error| meant::instead_of_pid(pid, error))
}

/// The process with this PID, if the inode of its pidfd is this one.
pub(super) fn by_pid_and_inode(pid: Pid, inode: u64) -> Result<Process> {
    let process = Process::open(pid)?;
    if process.inode()? == inode {
        return Ok(process);
    }
    Err(Error::NotFound(format!(
        "process {pid} is not the one with the pidfd inode {inode}: that one has ended"
    )))
}

/// The oldest process of this systemd unit; `nginx` is `nginx.service`, as for systemctl(1).
pub(super) fn by_unit(name: &str) -> Result<Process> {
    let whole = if name.contains('.') {
        name.to_owned()
    } else {
        format!("{name}.service")
    };
    let is_of = |cgroups: &Cgroups| cgroups.unit() == Some(whole.as_bytes());
    let processes = processes()?;
    if let Some(process) = oldest(&processes, is_of)? {
        return Ok(process);
    }
    let error = Error::NotFound(format!("no process is in the unit {}", quoted(whole.as_bytes())));
    let units = processes.iter().filter_map(|process| process.cgroups.unit());
    Err(with_choices(error, "units", name, units.map(<[u8]>::to_vec)))
}

/// The oldest process of the container whose id starts so.
pub(super) fn by_container(start: &str) -> Result<Process> {
    let processes = processes()?;
    let containers = |process: &Candidate| {
        let containers = process.cgroups.containers();
        containers
            .into_iter()
            .map(|container| container.id.to_vec())
            .collect::<Vec<_>>()
    };
    let mut ids: Vec<_> = processes.iter().flat_map(containers).collect();
    ids.sort_unstable();
    ids.dedup();
    let wanted: Vec<_> = ids.iter().filter(|id| id.starts_with(start.as_bytes())).collect();
    let id = match *wanted {
        [id] => id,
        [] => {
            let error = Error::NotFound(format!(
                "no process is in a container whose id starts with {}",
                quoted(start.as_bytes())
            ));
            let short = ids.iter().map(|id| id[..id.len().min(SHORT)].to_vec());
            return Err(with_choices(error, "containers", start, short));
        }
        // The whole name of one may be the start of another's.
        _ => match wanted.iter().find(|id| ***id == start.as_bytes()) {
            Some(id) => *id,
            None => {
                return Err(Error::Ambiguous(format!(
                    "{} containers have an id that starts with {}: {}",
                    wanted.len(),
                    quoted(start.as_bytes()),
                    list(
                        wanted
                            .iter()
                            .map(|id| shown(&id[..id.len().min(start.len() + SHORT)]))
                    )
                )));
            }
        },
    };
    let is_of = |cgroups: &Cgroups| cgroups.containers().iter().any(|container| *container.id == **id);
    oldest(&processes, is_of)?
        .ok_or_else(|| Error::NotFound(format!("the container {} has ended", shown(id))))
}

/// Every process whose cgroups can be read, which all can be where `/proc` shows them.
fn processes() -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    let mut scan = scan()?;
    while let Some(pid) = scan.next() {
        let pid = pid?;
        let proc = scan.proc();
        let files = Files::of(&proc, pid);
        if let (Gathered::Known(cgroups), Gathered::Known(stat)) = (files.cgroups(), files.stat()) {
            found.push(Candidate {
                pid,
                started: stat.started,
                cgroups,
            });
        }
    }
    Ok(found)
}

/// The one that started first among those whose cgroups are as wanted, and that is still there.
fn oldest(processes: &[Candidate], wanted: impl Fn(&Cgroups) -> bool) -> Result<Option<Process>> {
    let mut some: Vec<_> = processes
        .iter()
        .filter(|process| wanted(&process.cgroups))
        .collect();
    some.sort_unstable_by_key(|process| (process.started, process.pid));
    for found in some {
        match Process::open(found.pid) {
            // The PID may have come to mean another process.
            Ok(process) if process.stat()?.started == found.started => return Ok(Some(process)),
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The error with those there are: the ones that are much like what was asked for, or else all.
fn with_choices(error: Error, what: &str, asked: &str, choices: impl Iterator<Item = Vec<u8>>) -> Error {
    let mut choices: Vec<_> = choices.map(|choice| shown(&choice)).collect();
    choices.sort_unstable();
    choices.dedup();
    if choices.is_empty() {
        return error.with_help(format!("there are no {what} by the cgroups of the processes"));
    }
    if choices.iter().any(|choice| choice.contains(asked)) {
        choices.retain(|choice| choice.contains(asked));
    }
    error.with_help(format!("the {what} are {}", list(choices)))
}

fn shown(name: &[u8]) -> String {
    escape_for_terminal(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_only_itself() {
        let inode = Process::open(Pid::own()).unwrap().inode().unwrap();
        assert!(by_pid_and_inode(Pid::own(), inode).is_ok());
        let error = by_pid_and_inode(Pid::own(), inode + 1).unwrap_err();
        assert!(error.to_string().ends_with("that one has ended"), "{error}");
    }
}
