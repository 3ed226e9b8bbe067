//! `ns-unshare`: the new namespaces, the program in them, its end, and the messages if it does not start.

mod causes;
mod clocks;
mod dead;
mod faults;
mod helps;
mod id_causes;
mod ids;
mod interrupted;
mod keys;
mod kill_child;
mod lost_answers;
mod more_causes;
mod mounts;
mod namespaces;
mod network;
mod no_proc;
mod path_causes;
mod pins;
mod private_ids;
mod scripts;
mod side_by_side;
mod signals;
mod start;
mod starved;
mod surroundings;
mod true_causes;
mod unexecuted;
mod veth;
mod veth_refused;

use std::process::Command;

use crate::support::case::Skip;
use crate::support::{Case, User, needs, program};

/// The cases of all modules.
pub fn cases() -> Vec<Case> {
    [
        causes::cases(),
        clocks::cases(),
        dead::cases(),
        faults::cases(),
        helps::cases(),
        id_causes::cases(),
        ids::cases(),
        interrupted::cases(),
        keys::cases(),
        kill_child::cases(),
        lost_answers::cases(),
        more_causes::cases(),
        mounts::cases(),
        namespaces::cases(),
        network::cases(),
        no_proc::cases(),
        path_causes::cases(),
        pins::cases(),
        private_ids::cases(),
        scripts::cases(),
        side_by_side::cases(),
        signals::cases(),
        start::cases(),
        starved::cases(),
        surroundings::cases(),
        true_causes::cases(),
        unexecuted::cases(),
        veth::cases(),
        veth_refused::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The user who runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// The user who runs the tests: root, in CI.
    Caller,
    /// The ordinary user.
    Ordinary,
}

impl Who {
    /// Both users. If an ordinary user runs the tests, both are the same.
    fn both() -> Result<[Self; 2], Skip> {
        User::ordinary()?;
        Ok([Self::Caller, Self::Ordinary])
    }

    /// `ns-unshare` run by this user.
    fn unshare(self) -> Command {
        match self {
            Self::Caller => program("ns-unshare"),
            Self::Ordinary => ordinary(),
        }
    }
}

/// `ns-unshare` run by the ordinary user.
fn ordinary() -> Command {
    needs::met(User::ordinary()).program("ns-unshare")
}

/// `ns-unshare` run by the caller.
fn unshare() -> Command {
    program("ns-unshare")
}

/// Appends a script for `sh`.
fn script(command: &mut Command, options: &str, text: &str) -> crate::support::Ran {
    use crate::support::Run as _;
    command
        .args(options.split_whitespace())
        .args(["sh", "-c", text])
        .ran()
}
