//! `ns-hostname` in real UTS namespaces.

mod file;
mod list;
mod set;
mod show;
mod surroundings;
mod valid;
mod watch;

use std::process::Command;

use crate::support::{Case, Held, Run as _, User, needs, program, unshare};

/// The cases of `ns-hostname`.
pub fn cases() -> Vec<Case> {
    [
        show::cases(),
        set::cases(),
        file::cases(),
        list::cases(),
        surroundings::cases(),
        valid::cases(),
        watch::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The program, asked for the namespace of a process.
fn of(pid: i32, words: &str) -> Command {
    let mut command = program("ns-hostname");
    command
        .args(["-t", &pid.to_string()])
        .args(words.split_whitespace());
    command
}

/// A process in a UTS namespace of its own, with these names; as an ordinary user, in a user namespace of its own too.
fn container(host: &str, domain: &str) -> Held {
    needs::tools("hostname domainname");
    Held::new(
        unshare().arg("--uts"),
        &format!("hostname '{host}'; domainname '{domain}'"),
    )
}

/// A process of an ordinary user in a UTS namespace and a user namespace of that user, with these names.
fn container_of(user: &User, host: &str) -> Held {
    needs::tools("hostname");
    Held::new(
        user.tool("unshare").args(["-r", "-u"]),
        &format!("hostname '{host}'"),
    )
}

/// The names in the namespace of a process, as `ns-hostname` shows them.
#[track_caller]
fn names(pid: i32) -> (String, String) {
    (of(pid, "").ran().ok(), of(pid, "-y").ran().ok())
}
