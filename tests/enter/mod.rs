//! `ns-enter`: in real namespaces.

mod cgroups;
mod dying_targets;
mod etc;
mod hanging;
mod ids;
mod indirect;
mod keys;
mod names;
mod namespaces;
mod refused;
mod safety;
mod side_by_side;
mod surroundings;

use std::process::Command;

use crate::support::case::Skip;
use crate::support::{Case, Held, Run as _, User, program, tool};

/// The cases of `ns-enter`.
pub fn cases() -> Vec<Case> {
    [
        cgroups::cases(),
        dying_targets::cases(),
        etc::cases(),
        hanging::cases(),
        ids::cases(),
        indirect::cases(),
        keys::cases(),
        names::cases(),
        namespaces::cases(),
        refused::cases(),
        safety::cases(),
        side_by_side::cases(),
        surroundings::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Makes commands for one of two users.
struct Who {
    name: &'static str,
    user: Option<&'static User>,
}

impl Who {
    /// One of our programs, or an installed tool.
    fn program(&self, name: &str) -> Command {
        match (self.user, name.starts_with("ns-")) {
            (None, true) => program(name),
            (None, false) => tool(name),
            (Some(user), true) => user.program(name),
            (Some(user), false) => user.tool(name),
        }
    }

    fn enter(&self) -> Command {
        self.program("ns-enter")
    }
}

/// The caller and the ordinary user. For an ordinary caller, both are the same user.
fn both() -> Result<[Who; 2], Skip> {
    let caller = Who {
        name: "the caller",
        user: None,
    };
    let user = Who {
        name: "the ordinary user",
        user: Some(User::ordinary()?),
    };
    Ok([caller, user])
}

/// A process in new namespaces of all kinds, made by ns-unshare, that sees the `/proc` of the caller.
fn in_all(who: &Who) -> Held {
    Held::new(
        who.program("ns-unshare")
            .args("-U -r -m -p -u -i -n -C -T".split(' ')),
        "",
    )
}

/// The inode of each kind as the program sees it.
fn inodes_inside(command: &mut Command) -> Vec<(&'static str, u64)> {
    let text = command
        .arg("readlink")
        .args(KINDS.map(|kind| format!("/proc/self/ns/{kind}")))
        .ran()
        .ok();
    let inode = |line: &str| line.split(['[', ']']).nth(1)?.parse().ok();
    let inodes = text
        .lines()
        .map(|line| inode(line).unwrap_or_else(|| panic!("{line}")));
    KINDS.into_iter().zip(inodes).collect()
}
