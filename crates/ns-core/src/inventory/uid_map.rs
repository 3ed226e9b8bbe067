//! The uid map of a user namespace without processes. `/proc` shows the map only for a process, so a child enters the
//! namespace.

use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::process::{Files, Pid, beside_child};
use crate::{Gathered, Namespace};

use super::descriptors::Surroundings;

/// Reads the map; `proc` is the open directory `/proc`. The ids outside are those of the caller's user namespace.
pub(super) fn without_process(
    proc: &impl AsFd,
    namespace: &Namespace,
    surroundings: Surroundings,
) -> Gathered<Vec<u8>> {
    if !surroundings.same_pids {
        // The child has another PID there.
        return Gathered::Unreadable(Errno::EOPNOTSUPP);
    }
    let read = |child: nix::unistd::Pid| match Pid::new(child.as_raw()) {
        Some(child) => Files::of(proc, child).read("uid_map"),
        None => Gathered::Absent,
    };
    match beside_child(|| namespace.enter(), read) {
        Ok(map) => map,
        Err(error) => Gathered::Unreadable(error.errno().unwrap_or(Errno::ECHILD)),
    }
}
