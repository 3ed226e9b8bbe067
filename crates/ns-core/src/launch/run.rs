//! Carrying out a plan: which process does which step, who waits for whom, and what is undone when one fails.
//!
//! There are two sides. Inside is the process that becomes the program; outside is one that stays where the caller was,
//! with all that the caller may. Both walk over the same steps and do their own; where the side changes, one waits for
//! the other's word. With a fork the caller is the outside and its child the inside. Without one the caller is the
//! inside, and the outside, where some step is for it, is a helper that nobody has to wait for.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::wait::waitpid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::process::{PidfdFlags, pidfd_open};

use super::channel::{Channel, Message};
use super::enter::Entering;
use super::outside::Outside;
use super::perform::{self, from_rustix};
use super::plan::{Plan, Side};
use super::program;
use super::signal::SignalNumber;
use super::step::Step;
use super::wait::{Ended, Waiter};
use super::{init, perform::perform};
use crate::Error;
use crate::error::Doing;
use crate::idmap::MapWriter;
use crate::process::Pid;
use crate::sys::fork::{Fork, SingleThread, exit, fork, fork_sibling};
use crate::sys::{fd, ioctl, signals};

/// What the executor asks of the program that uses it.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Finds out why a step failed, by looking, in the process in which it did.
    pub explain: fn(&Step, Error) -> Error,
    /// Tells the person about something that is not as it should be and stops nothing.
    pub warn: fn(&Error),
}

/// Why the program was not started.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What could not be done.
    pub error: Error,
    /// The exit status for it: 127 or 126 where the program could not be run, else 1.
    pub status: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, status: 1 }
    }
}

/// Carries the plan out. Comes back when the program has ended, or could not be started; without a fork, only the
/// latter.
pub fn run(plan: &Plan, hooks: Hooks) -> Result<Ended, Failure> {
    let thread = SingleThread::check().doing(|| "go on with more than one thread")?;
    let info = plan.steps.iter().find_map(|(_, step)| match step {
        Step::WriteInfo(fd) => Some((step, *fd)),
        _ => None,
    });
    // From here on it is not the program's any more.
    let info = info
        .map(|(step, fd)| fd::take(fd).doing(|| step.to_string()))
        .transpose()?;
    let launch = Launch {
        plan,
        hooks,
        thread,
        info: info.as_ref(),
    };
    // An inherited SIG_IGN would have the kernel reap our children.
    signals::restore_default(Signal::SIGCHLD).doing(|| "reset SIGCHLD")?;
    if plan.fork {
        launch.with_child()
    } else {
        launch.in_place()
    }
}

/// A plan being carried out.
#[derive(Clone, Copy)]
struct Launch<'a> {
    plan: &'a Plan,
    hooks: Hooks,
    thread: SingleThread,
    /// Where PID and namespaces are told.
    info: Option<&'a OwnedFd>,
}

impl Launch<'_> {
    /// The caller is outside and waits for its child, which is inside.
    fn with_child(self) -> Result<Ended, Failure> {
        let entering = Entering::prepare(self.plan, self.hooks)?;
        let (outer, inner) = Channel::pair().doing(|| "make a channel to the child")?;
        let parent =
            pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).doing(|| "hold the parent")?;
        let has_init = self.plan.steps.iter().any(|(_, step)| *step == Step::StayAsInit);
        let init = has_init
            .then(Channel::pair)
            .transpose()
            .doing(|| "make a channel to init")?;
        let (from_init, to_parent) = init.unzip();
        let waiter =
            Waiter::prepare(self.plan.forward_signals).doing(|| "prepare to wait for the program")?;
        match self.fork()? {
            Fork::Child => {
                drop((outer, from_init));
                let inside = Inside {
                    launch: self,
                    entering,
                    channel: Some(inner),
                    to_parent,
                    parent: Some(parent),
                    mask: waiter.mask(),
                    mount_before: None,
                    kept: None,
                };
                inside.in_child()
            }
            Fork::Parent(child) => {
                drop((inner, to_parent, parent));
                let mut outside = Outside::new(outer, child, self.hooks, self.info);
                let started = outside.walk(self.plan);
                let child = outside.child();
                drop(outside);
                match started {
                    Ok(()) => Ok(waiter
                        .wait(child, from_init.as_ref())
                        .doing(|| "wait for the program")?),
                    Err(failure) => {
                        // It has ended by itself, or does so now that the channel is closed.
                        let _ = waitpid(child, None);
                        Err(failure)
                    }
                }
            }
        }
    }

    fn fork(self) -> Result<Fork, Error> {
        let forked = fork(self.thread).doing(|| "fork");
        forked.map_err(|error| (self.hooks.explain)(&Step::ForkFirst, error))
    }

    /// The caller is inside; what is to be done outside is done by a helper.
    fn in_place(self) -> Result<Ended, Failure> {
        let channel = if self.plan.has_outside() {
            Some(self.helper()?)
        } else {
            None
        };
        let mut inside = Inside {
            launch: self,
            entering: Entering::prepare(self.plan, self.hooks)?,
            channel,
            to_parent: None,
            parent: None,
            mask: SigSet::thread_get_mask().doing(|| "read the signal mask")?,
            mount_before: None,
            kept: None,
        };
        let failure = inside.walk();
        if let Some(channel) = &inside.channel {
            channel.send(&Message::Failed(failure.clone()));
            // The helper closes its end when all it made is undone.
            let _ = channel.receive();
        }
        Err(failure)
    }

    /// Whether the id of the mount namespace before has to be known.
    fn makes_bindable(self) -> bool {
        self.plan
            .steps
            .iter()
            .any(|(_, step)| *step == Step::MakeBindable)
    }

    /// Makes the helper: a grandchild, so that the program has no child that it does not know of.
    fn helper(self) -> Result<Channel, Failure> {
        let (outer, inner) = Channel::pair().doing(|| "make a channel to the helper")?;
        let own = nix::unistd::getpid();
        match self.fork()? {
            Fork::Child => {
                drop(inner);
                if let Ok(Fork::Child) = fork(self.thread) {
                    let mut outside = Outside::new(outer, own, self.hooks, self.info);
                    if let Err(failure) = outside.walk(self.plan) {
                        outside.tell(failure);
                    }
                }
                exit(0)
            }
            Fork::Parent(child) => {
                waitpid(child, None).doing(|| "wait for the helper to be made")?;
                Ok(inner)
            }
        }
    }
}

/// The process that becomes the program.
struct Inside<'a> {
    launch: Launch<'a>,
    /// What was entered of what there is.
    entering: Entering,
    /// To the outside, where there is one.
    channel: Option<Channel>,
    /// From an init to the parent, where there will be one.
    to_parent: Option<Channel>,
    /// The parent, where it waits for us.
    parent: Option<OwnedFd>,
    /// The signal mask that the program gets.
    mask: SigSet,
    /// The id of the mount namespace we came from.
    mount_before: Option<u64>,
    /// What would go if nobody held it.
    kept: Option<OwnedFd>,
}

impl Inside<'_> {
    /// Walks, as the child of a parent that is told what went wrong.
    fn in_child(mut self) -> ! {
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
    fn walk(&mut self) -> Failure {
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
                let error = (self.launch.hooks.explain)(step, error);
                if *step == Step::LoopbackUp {
                    (self.launch.hooks.warn)(&error);
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
