//! Why the kernel does not let the caller look into a process (`ptrace(2)`, "Ptrace access mode checking"): found by
//! looking at what every user may see of the process.

use rustix::thread::CapabilitySet;

use super::{Pid, Status, caller};
use crate::Error;

/// The cause and the help; `None` if every check that can be seen would pass.
pub(super) fn reason(pid: Pid, its: &Status) -> Option<(String, Option<String>)> {
    let (its_uid, own_uid) = (its.effective_uid()?, caller::ids().uid);
    if its_uid != own_uid && !caller::has(CapabilitySet::SYS_PTRACE).ok()? {
        let cause = format!("process {pid} has uid {its_uid}, and the caller has uid {own_uid}");
        return Some((cause, Some("run it as root".into())));
    }
    let lacking = lacking(its)?;
    (!lacking.is_empty()).then(|| {
        (
            format!("process {pid} has {lacking}, which the caller lacks"),
            None,
        )
    })
}

/// The names of the capabilities that the process has and the caller lacks.
pub(crate) fn lacking(its: &Status) -> Option<String> {
    let own = rustix::thread::capabilities(None).ok()?.permitted;
    let lacking = CapabilitySet::from_bits_retain(its.permitted()?) - own;
    let names = lacking.iter_names().map(|(name, _)| format!("CAP_{name}"));
    Some(names.collect::<Vec<_>>().join(", "))
}

/// The error for a process that is alive, with an empty directory in `/proc`: `hidepid` of proc(5).
pub(super) fn hidden(pid: Pid) -> Error {
    not_shown(pid).explained(
        Some("/proc hides the processes of others (hidepid)".into()),
        Some("run it as root".into()),
    )
}

/// The error for a process that is alive and has no directory in `/proc`.
pub(super) fn not_shown(pid: Pid) -> Error {
    Error::NotFound(format!("process {pid} is not in /proc")).or_without_proc()
}

/// The error for a PID that is one process to system calls, and another one in `/proc`.
pub(super) fn another(pid: Pid) -> Error {
    Error::Unfit(format!("process {pid} is not the one that has this PID in /proc")).explained(
        Some("/proc belongs to another PID namespace".into()),
        Some("mount a /proc for this PID namespace: ns-unshare --mount-proc".into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_user_and_more_capabilities_stand_in_the_way() {
        let pid = Pid::new(4711).unwrap();
        let status = |uid: u32, capabilities: u64| {
            Status::new(
                format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nCapPrm:\t{capabilities:016x}\n").into_bytes(),
            )
        };
        let own = caller::ids().uid;
        assert_eq!(reason(pid, &status(own, 0)), None);
        let all = reason(pid, &status(own, u64::MAX));
        let permitted = rustix::thread::capabilities(None).unwrap().permitted;
        if permitted != CapabilitySet::all() {
            let (cause, _) = all.unwrap();
            assert!(cause.starts_with("process 4711 has CAP_"), "{cause}");
        }
        if !caller::has(CapabilitySet::SYS_PTRACE).unwrap() {
            let (cause, help) = reason(pid, &status(own + 1, 0)).unwrap();
            assert_eq!(
                cause,
                format!("process 4711 has uid {}, and the caller has uid {own}", own + 1)
            );
            assert_eq!(help.unwrap(), "run it as root");
        }
    }
}
