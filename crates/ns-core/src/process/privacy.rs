//! Why the kernel does not let the caller look into a process (`ptrace(2)`, "Ptrace access mode checking"): found by
//! looking at what every user may see of the process.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use rustix::thread::CapabilitySet;

use super::{Pid, Status, caller, remedy};
use crate::error::has_proc;
use crate::idmap::IdKind;
use crate::sys::fd::read_text_at_once;
use crate::{Error, Kind, Namespace};

/// The cause and the help; `None` if every check that can be seen would pass. `owner` is the owner of its files in `/proc`:
/// another user than its own if it is not dumpable (`PR_SET_DUMPABLE(2const)`). `is_outside` tells whether it is seen to be
/// outside the caller's user namespace.
pub(super) fn reason(
    pid: Pid,
    its: &Status,
    owner: Option<u32>,
    is_outside: impl FnOnce() -> bool,
) -> Option<(String, Option<String>)> {
    let own = caller::ids().uid;
    let traces = caller::has(CapabilitySet::SYS_PTRACE).ok()?;
    // The capability counts in the user namespace of the process.
    if is_unmapped(its) || traces && is_stronger(its) || is_outside() {
        let cause = format!("process {pid} is outside the caller's user namespace");
        return Some((cause, Some("run it outside this user namespace".into())));
    }
    if traces {
        return None;
    }
    let its_uid = its.effective_uid()?;
    let protected = if its_uid != own {
        format!("process {pid} has uid {its_uid}, and the caller has uid {own}")
    } else if !lacking(its)?.is_empty() {
        format!("process {pid} has capabilities that the caller lacks")
    } else if owner.is_some_and(|owner| owner != its_uid) {
        format!("process {pid} is not dumpable: it changed its user, or runs a file that it cannot read")
    } else {
        return None;
    };
    Some(if own == 0 {
        let name = caller::name_of(CapabilitySet::SYS_PTRACE);
        let help = remedy::for_missing(CapabilitySet::SYS_PTRACE);
        (format!("{name} is missing; {protected}"), Some(help))
    } else {
        (protected, remedy::as_root())
    })
}

/// True if the process has a user that has no mapping in the caller's user namespace.
fn is_unmapped(its: &Status) -> bool {
    its.effective_uid().is_some_and(caller::sees_as_unmapped)
}

/// True if the process has a capability that the caller lacks, and the caller may not be in the first user namespace.
fn is_stronger(its: &Status) -> bool {
    Namespace::own(Kind::User).is_ok_and(|own| !own.is_initial())
        && lacking(its).is_some_and(|lacking| !lacking.is_empty())
}

/// True if the process with this directory in `/proc` is seen to be outside the caller's user namespace: its user
/// namespace maps ids that the caller's does not have, or the caller's capabilities do not count there.
pub(super) fn is_outside(directory: BorrowedFd<'_>) -> bool {
    if Namespace::own(Kind::User).is_ok_and(|own| own.is_initial()) {
        return false;
    }
    let open = |file, flags| openat(directory, file, flags | OFlags::CLOEXEC, Mode::empty());
    let mut map = String::new();
    let read = open("uid_map", OFlags::RDONLY).map(|file| File::from(file).read_to_string(&mut map));
    if matches!(read, Ok(Ok(_))) && has_unknown_ids(&map) {
        return true;
    }
    // Opened for writing, this file asks for CAP_SYS_ADMIN in the user namespace of the process. First, the kernel looks
    // at the mode of the file, which lets its owner write.
    let own = caller::ids();
    let owned = statat(directory, "setgroups", AtFlags::empty())
        .is_ok_and(|file| (file.st_uid, file.st_gid) == (own.uid, own.gid) && is_mapped(&own));
    owned
        && caller::has(CapabilitySet::SYS_ADMIN) == Ok(true)
        && open("setgroups", OFlags::WRONLY).is_err_and(|errno| errno == Errno::ACCESS)
}

/// True if the caller's ids are mapped in its user namespace.
fn is_mapped(own: &caller::Credentials) -> bool {
    let has = |ids, id| caller::id_map(ids).is_ok_and(|map| map.outer(id).is_some());
    has(IdKind::User, own.uid) && has(IdKind::Group, own.gid)
}

/// True if a map, as the caller reads it, leads to ids that the caller's user namespace does not have: the kernel shows
/// them as -1.
fn has_unknown_ids(map: &str) -> bool {
    let unknown = u32::MAX.to_string();
    map.lines()
        .any(|line| line.split_whitespace().nth(1) == Some(unknown.as_str()))
}

/// The names of the capabilities that the process has and the caller lacks.
fn lacking(its: &Status) -> Option<String> {
    let own = rustix::thread::capabilities(None).ok()?.permitted;
    let lacking = CapabilitySet::from_bits_retain(its.permitted()?) - own;
    Some(caller::name_of(lacking))
}

/// The error for a process that is alive, with an empty directory in `/proc`: `hidepid` of proc(5).
pub(super) fn hidden(pid: Pid) -> Error {
    let (cause, help) = hidepid();
    Error::NotFound(format!("process {pid} is not in /proc")).explained(Some(cause), Some(help))
}

/// The error for a process that is alive and has no directory in `/proc`.
pub(super) fn not_shown(pid: Pid) -> Error {
    if hides_processes() {
        return hidden(pid);
    }
    Error::NotFound(format!("process {pid} is not in /proc")).or_without_proc()
}

/// The cause and the help if `/proc` hides a process.
pub(super) fn hidepid() -> (String, String) {
    (
        "/proc hides the processes of others (hidepid)".into(),
        remedy::for_missing(CapabilitySet::SYS_PTRACE),
    )
}

/// The cause and the help if Yama restricts tracing (`ptrace_scope` of Yama.rst in the kernel's documentation). `None` if
/// it does not restrict this caller.
pub(super) fn ptrace_scope() -> Option<(String, Option<String>)> {
    let scope = read_text_at_once("/proc/sys/kernel/yama/ptrace_scope").ok()?;
    restricted_by(scope.trim(), caller::has(CapabilitySet::SYS_PTRACE).ok()?)
}

/// The cause and the help with this `ptrace_scope`, if the caller can trace everything else or not.
fn restricted_by(scope: &str, traces: bool) -> Option<(String, Option<String>)> {
    let who = match scope {
        "1" if !traces => "only processes that the caller started",
        "2" if !traces => "no process without CAP_SYS_PTRACE",
        "3" => "no process",
        _ => return None,
    };
    let help = if traces {
        "restart the system without this setting: it cannot be lowered".into()
    } else {
        remedy::for_missing(CapabilitySet::SYS_PTRACE)
    };
    let cause = format!("kernel.yama.ptrace_scope is {scope}: {who} can be traced");
    Some((cause, Some(help)))
}

/// True if `/proc` was mounted with `hidepid`.
pub(crate) fn hides_processes() -> bool {
    read_text_at_once("/proc/self/mountinfo").is_ok_and(|table| has_hidepid(&table))
}

/// True if the uppermost mount on `/proc` in this table (`proc_pid_mountinfo(5)`) has the option.
fn has_hidepid(table: &str) -> bool {
    let mut lines = table.lines();
    let proc = lines.rfind(|line| line.split(' ').nth(4) == Some("/proc"));
    let options = proc.and_then(|line| line.rsplit(' ').next());
    options.is_some_and(|options| options.split(',').any(|option| option.starts_with("hidepid=")))
}

/// The error for a PID that is one process to system calls, and another one in `/proc`.
pub(super) fn another(pid: Pid) -> Error {
    let error = Error::Unfit(format!("process {pid} is not the one that has this PID in /proc"));
    if !has_proc() {
        return error.or_without_proc();
    }
    error.explained(
        Some("/proc belongs to another PID namespace".into()),
        Some("mount a /proc for this PID namespace: ns-unshare --mount-proc".into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uppermost_mount_on_proc_may_hide_processes() {
        let open = "22 1 0:5 / /proc rw shared:5 - proc proc rw\n";
        let hiding = "40 22 0:5 / /proc rw - proc proc rw,hidepid=ptraceable\n";
        assert!(
            has_hidepid(&format!("{open}{hiding}")) && has_hidepid("2 1 0:5 / /proc rw - proc p hidepid=1\n")
        );
        assert!(!has_hidepid(&format!("{hiding}{open}")) && !has_hidepid(""));
    }

    #[test]
    fn yama_stands_in_the_way_of_those_it_restricts() {
        let cause = |scope, traces| restricted_by(scope, traces).map(|(cause, _)| cause);
        for (scope, traces) in [("0", false), ("0", true), ("1", true), ("2", true), ("", false)] {
            assert_eq!(cause(scope, traces), None, "{scope} {traces}");
        }
        let started = "kernel.yama.ptrace_scope is 1: only processes that the caller started can be traced";
        assert_eq!(cause("1", false).as_deref(), Some(started));
        assert!(cause("2", false).is_some() && cause("3", false).is_some() && cause("3", true).is_some());
    }

    #[test]
    fn a_map_that_leads_outside_has_unknown_ids() {
        assert!(has_unknown_ids("         0 4294967295 4294967295\n"));
        assert!(has_unknown_ids("0 5 1\n1 4294967295 10\n"));
        for inside in ["         0          0 4294967295\n", "0 48711 1\n", ""] {
            assert!(!has_unknown_ids(inside), "{inside}");
        }
    }

    #[test]
    fn another_user_and_more_capabilities_stand_in_the_way() {
        let pid = Pid::new(4711).unwrap();
        let status = |uid: u32, capabilities: u64| {
            Status::new(
                format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapPrm:\t{capabilities:016x}\n").into_bytes(),
            )
        };
        let own = caller::ids().uid;
        let found = |uid, capabilities, owner| reason(pid, &status(uid, capabilities), Some(owner), || false);
        assert_eq!(found(own, 0, own), None);
        if caller::has(CapabilitySet::SYS_PTRACE).unwrap() {
            // Everything in the first user namespace can be traced with it.
            return;
        }
        let missing = if own == 0 {
            "CAP_SYS_PTRACE is missing; "
        } else {
            ""
        };
        for (found, cause) in [
            (
                found(own + 1, 0, own + 1),
                format!("has uid {}, and the caller has uid {own}", own + 1),
            ),
            (
                found(own, u64::MAX, own),
                "has capabilities that the caller lacks".into(),
            ),
            (
                found(own, 0, own + 1),
                "is not dumpable: it changed its user, or runs a file that it cannot read".into(),
            ),
        ] {
            let (found, help) = found.unwrap();
            assert_eq!(found, format!("{missing}process 4711 {cause}"));
            assert_eq!(help, Some(remedy::for_missing(CapabilitySet::SYS_PTRACE)));
        }
    }
}
