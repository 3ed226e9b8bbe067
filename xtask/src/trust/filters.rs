//! Commands behind real filters of system calls (`seccomp(2)`), as containers have them. Each refuses one call in all
//! processes, or ends the process that makes it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::calls;
use super::commands::CommandLine;
use super::starved::words;

/// The calls. The loader of the C library and the start-up of the standard library make none of them.
#[rustfmt::skip]
const CALLS: [&str; 44] = [
    "capget", "capset", "chdir", "chroot", "clone", "clone3", "dup", "execveat", "fchdir", "flock", "fstatfs",
    "getdents64", "inotify_init1", "kill", "mkdir", "mount", "mount_setattr", "move_mount", "name_to_handle_at",
    "open_tree", "openat2", "pidfd_open", "pidfd_send_signal", "prctl", "readlink", "recvfrom", "sendmsg", "sendto",
    "setdomainname", "setgroups", "sethostname", "setns", "setresgid", "setresuid", "signalfd4", "socket", "socketpair",
    "statmount", "statx", "umount2", "uname", "unlink", "unshare", "wait4",
];

const ACTIONS: [&str; 3] = ["EPERM", "ENOSYS", "KILL"];

/// A run behind each filter.
pub fn jobs(command: CommandLine) -> Vec<Value> {
    let job = |call: &str, action: &str| json!({ "words": words(command), "options": [format!("--filter={call}:{action}")] });
    CALLS
        .iter()
        .flat_map(|call| ACTIONS.iter().map(move |action| job(call, action)))
        .collect()
}

/// The command behind a filter for a number that no call has.
pub fn clean(command: CommandLine) -> Value {
    json!({ "words": words(command), "options": ["--filter=call-9999:EPERM"] })
}

/// The option as the probe takes it, with the number of the call.
pub fn with_number(option: &str) -> Result<String> {
    let Some(filter) = option.strip_prefix("--filter=") else {
        return Ok(option.to_owned());
    };
    let (call, action) = filter.split_once(':').context("a filter is CALL:ACTION")?;
    Ok(format!("--filter={}:{action}", calls::number(call)?))
}

/// The run is behind a filter.
pub fn is_filtered(job: &Value) -> bool {
    job["options"].to_string().contains("--filter=")
}

/// The filter ends processes.
pub fn is_killing(job: &Value) -> bool {
    is_filtered(job) && job["options"].to_string().contains(":KILL")
}
