//! Steps after which a child goes on: in a PID namespace, and below a small init (`pid_namespaces(7)`).

use std::fmt;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::error::{Doing, words};
use crate::explain::{Finding, Look, limits};
use crate::launch::channel::{Channel, Message};
use crate::launch::facts::{Demands, StepFacts};
use crate::launch::init::Init;
use crate::launch::signal::SignalNumber;
use crate::process::Pid;
use crate::sys::fork::{Fork, exit, fork, fork_sibling};
use crate::{Error, Result};

/// A step after which another process does the steps that follow. Only [`Steps`](crate::launch::Steps) adds it: each at
/// most once, and an init last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForkStep(ForkKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForkKind {
    First,
    Into,
    StayAsInit,
}

impl ForkStep {
    /// Go on in a child: the first process of the new PID namespace.
    pub(in crate::launch) const FIRST: Self = Self(ForkKind::First);
    /// Go on in a child in the entered PID namespace.
    pub(in crate::launch) const INTO: Self = Self(ForkKind::Into);
    /// Stay behind as a small init, and go on in a child.
    pub(in crate::launch) const STAY_AS_INIT: Self = Self(ForkKind::StayAsInit);
}

impl fmt::Display for ForkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ForkKind::First => "fork the first process of the PID namespace",
            ForkKind::Into => "fork a process of the PID namespace",
            ForkKind::StayAsInit => "fork, and stay as init",
        })
    }
}

impl InsideFamily for ForkStep {
    fn facts(&self) -> StepFacts {
        match self.0 {
            ForkKind::First => StepFacts::of("fork").demanding(Demands::FIRST_PROCESS),
            ForkKind::Into => StepFacts::of("fork-into").demanding(Demands::NEXT_PROCESS),
            ForkKind::StayAsInit => StepFacts::of("init").demanding(Demands::INIT),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        match self.0 {
            ForkKind::First | ForkKind::Into => self.fork_in_place(process),
            ForkKind::StayAsInit => stay_as_init(process).doing(|| self.to_string()),
        }
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        limits::fork(look, errno)
    }
}

impl ForkStep {
    /// Goes on in a child of the parent. The child goes on only after the parent knows its PID.
    fn fork_in_place(self, process: &mut InsideProcess) -> Result<()> {
        let (ours, childs) = Channel::pair().doing(|| "make a channel to the child")?;
        match fork_sibling(process.thread).doing(|| self.to_string())? {
            Fork::Parent(child) => match hand_over_to(child, process, &ours) {
                Ok(()) => exit(0),
                Err(errno) => {
                    let _ = kill(child, Signal::SIGKILL);
                    let doing = "tell the process outside which process goes on inside";
                    // The limits of a fork are not the cause of this.
                    Err(Error::Unfit(format!("cannot {doing}: {}", words(errno))))
                }
            },
            Fork::Child => {
                drop(ours);
                process
                    .die_with_parent(SignalNumber::KILL)
                    .doing(|| self.to_string())?;
                match childs.receive() {
                    Ok(Some(Message::Go)) => Ok(()),
                    // The parent, or another process, reports the reason, unless this process was killed.
                    _ => exit(1),
                }
            }
        }
    }
}

/// Tells the process outside that this child goes on, and tells the child to do so.
fn hand_over_to(child: nix::unistd::Pid, process: &InsideProcess, to_child: &Channel) -> nix::Result<()> {
    if let (Some(channel), Some(pid)) = (&process.channel, Pid::new(child.as_raw())) {
        channel.send(&Message::Child(pid))?;
    }
    to_child.send(&Message::Go)
}

/// Goes on in a child. This process becomes its init.
fn stay_as_init(process: &mut InsideProcess) -> nix::Result<()> {
    let init = Init::prepare()?;
    match fork(process.thread)? {
        Fork::Parent(child) => {
            // Only the program's own copy may announce that it runs.
            process.channel = None;
            init.stay(child, process.to_parent.as_ref(), process.reporter)
        }
        Fork::Child => {
            process.to_parent = None;
            Ok(())
        }
    }
}
