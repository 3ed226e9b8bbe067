//! The side that becomes the program: takes the steps that change the process itself, and executes.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};

use super::channel::{Channel, Message};
use super::enter::Entering;
use super::failure::Failure;
use super::perform::{self, perform};
use super::plan::Side;
use super::program;
use super::run::Launch;
use super::signal::SignalNumber;
use super::step::Step;
use super::{init, names};
use crate::Error;
use crate::error::Doing;
use crate::idmap::MapWriter;
use crate::process::Pid;
use crate::sys::errno::from_rustix;
use crate::sys::fork::{Fork, exit, fork, fork_sibling};
use crate::sys::{ioctl, signals};

/// The process that becomes the program.
pub(super) struct Inside<'a> {
    pub(super) launch: Launch<'a>,
    /// What was entered of what there is.
    pub(super) entering: Entering,
    /// To the outside, where there is one.
    pub(super) channel: Option<Channel>,
    /// From an init to the parent, where there will be one.
    pub(super) to_parent: Option<Channel>,
    /// The parent, where it waits for us.
    pub(super) parent: Option<OwnedFd>,
    /// The signal mask that the program gets.
    pub(super) mask: SigSet,
    /// The id of the mount namespace we came from.
    pub(super) mount_before: Option<u64>,
    /// What would go if nobody held it.
    pub(super) kept: Option<OwnedFd>,
}

impl Inside<'_> {
    /// Walks, as the child of a parent that is told what went wrong.
    pub(super) fn in_child(mut self) -> ! {
        let failure = match self.guard() {
            Ok(()) => self.walk(),
            Err(error) => error.into(),
        };
        if let Some(channel) = &self.channel {
            channel.send(&Message::Failed(failure));
        }
        exit(1)
    }

    /// Until the program runs, this process is of no use without its parent.
    fn guard(&self) -> Result<(), Error> {
        self.die_with_parent(SignalNumber::KILL)
            .doing(|| "live without a parent")
    }

    fn die_with_parent(&self, signal: SignalNumber) -> nix::Result<()> {
        signals::on_death_of_parent(Some(signal.as_raw()))?;
        let Some(parent) = &self.parent else { return Ok(()) };
        // It may have ended before the signal was set. Its pidfd is readable then; its PID may mean another process, and
        // getppid() is 0 in a new PID namespace.
        let mut fds = [PollFd::new(parent, PollFlags::IN)];
        match poll(&mut fds, Some(&Timespec::default())).map_err(from_rustix)? {
            0 => Ok(()),
            _ => Err(Errno::ESRCH),
        }
    }

    /// Does the steps of this side. Comes back only with what went wrong.
    pub(super) fn walk(&mut self) -> Failure {
        let steps = &self.launch.plan.steps;
        for (index, (side, step)) in steps.iter().enumerate() {
            if *side == Side::Outside {
                continue;
            }
            if index > 0
                && steps[index - 1].0 == Side::Outside
                && let Err(failure) = self.await_turn()
            {
                return failure;
            }
            if let Err(error) = self.step(step) {
                let errno = error.errno();
                let error = self.entering.explain(step, error);
                if step.may_fail(errno) {
                    (self.launch.warn)(&error);
                } else {
                    let status = if matches!(step, Step::Execute(_)) {
                        program::status_of(errno.unwrap_or(Errno::EINVAL))
                    } else {
                        1
                    };
                    return Failure { error, status };
                }
            }
            if let (Some((Side::Outside, _)), Some(channel)) = (steps.get(index + 1), &self.channel) {
                channel.send(&Message::Go);
            }
        }
        Error::Unfit("the plan ends without a program".into()).into()
    }

    fn await_turn(&self) -> Result<(), Failure> {
        let Some(channel) = &self.channel else {
            return Ok(());
        };
        match channel.receive().doing(|| "wait for the process outside")? {
            Some(Message::Failed(failure)) => Err(failure),
            Some(_) => Ok(()),
            // A parent that failed has said so itself; a helper that is gone was killed.
            None => Err(Error::Unfit("the process outside has ended".into()).into()),
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), Error> {
        if let Some(outcome) = names::perform(step, self.launch.warn) {
            return outcome;
        }
        match self.entering.perform(step) {
            Some(outcome) => outcome,
            None => self.other_step(step).doing(|| step.to_string()),
        }
    }

    fn other_step(&mut self, step: &Step) -> nix::Result<()> {
        match step {
            Step::Unshare(kinds) => {
                if self.launch.makes_bindable() {
                    self.mount_before = own_mount_id();
                }
                nix::sched::unshare(kinds.flags())
            }
            // Without ids in the kernel there is nothing to compare, and no need to.
            Step::MakeBindable => self.mount_before.map_or(Ok(()), perform::make_bindable),
            Step::Map {
                ids,
                map,
                writer: MapWriter::Inside,
            } => perform::write(format!("/proc/self/{}", ids.map_file()), map.contents()),
            Step::RegisterInterpreter(_, binfmt) => {
                // The kernel forgets the interpreters when nothing is left of the mount, as when another root comes.
                let flags = OFlags::PATH | OFlags::CLOEXEC;
                self.kept = Some(rustix::fs::open(binfmt, flags, Mode::empty()).map_err(from_rustix)?);
                perform(step).unwrap_or(Ok(()))
            }
            Step::ForkFirst | Step::ForkInto => self.fork_in_place(),
            Step::DieWithParent(signal) => self.die_with_parent(*signal),
            Step::StayAsInit => self.stay_as_init(),
            Step::Execute(program) => {
                self.hand_over()?;
                Err(match self.entering.take_environment() {
                    Some(environment) => program.with_environment(environment).execute(),
                    None => program.execute(),
                })
            }
            Step::End => exit(0),
            step => perform(step).unwrap_or(Err(Errno::EOPNOTSUPP)),
        }
    }

    /// Goes on in a child of our parent's; the parent is told which it is.
    fn fork_in_place(&mut self) -> nix::Result<()> {
        match fork_sibling(self.launch.thread)? {
            Fork::Parent(child) => {
                if let (Some(channel), Some(pid)) = (&self.channel, Pid::new(child.as_raw())) {
                    channel.send(&Message::Child(pid));
                }
                exit(0)
            }
            Fork::Child => self.die_with_parent(SignalNumber::KILL),
        }
    }

    /// Goes on in a child; this process becomes its init.
    fn stay_as_init(&mut self) -> nix::Result<()> {
        match fork(self.launch.thread)? {
            Fork::Parent(child) => {
                // Only the program's own copy is to say that it runs.
                self.channel = None;
                init::stay(child, self.to_parent.as_ref())
            }
            Fork::Child => {
                self.to_parent = None;
                Ok(())
            }
        }
    }

    /// Gives the program the signals that the caller was started with.
    fn hand_over(&self) -> nix::Result<()> {
        let asked = self
            .launch
            .plan
            .steps
            .iter()
            .any(|(_, step)| matches!(step, Step::DieWithParent(_)));
        if self.parent.is_some() && !asked {
            signals::on_death_of_parent(None)?;
        }
        signals::restore_pipe()?;
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.mask), None)
    }
}

fn own_mount_id() -> Option<u64> {
    let file = std::fs::File::open("/proc/self/ns/mnt").ok()?;
    ioctl::ns_get_id(&file).ok()
}
