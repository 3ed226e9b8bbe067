//! Carrying out a plan: which process does which step, who waits for whom, and what is undone when one fails.
//!
//! There are two sides. Inside is the process that becomes the program; outside is one that stays where the caller was,
//! with all that the caller may. Both walk over the same steps and do their own; where the side changes, one waits for
//! the other's word. With a fork the caller is the outside and its child the inside. Without one the caller is the
//! inside, and the outside, where some step is for it, is a helper that nobody has to wait for.

use std::convert::Infallible;
use std::os::fd::OwnedFd;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};

use super::cause;
use super::channel::{Channel, Message};
use super::enter::Entering;
use super::failure::{Failure, Warn};
use super::inside::Inside;
use super::outside::Outside;
use super::plan::Plan;
use super::step::Step;
use super::wait::{Ended, Waiter};
use crate::Error;
use crate::error::Doing;
use crate::sys::fork::{Fork, SingleThread, exit, fork};
use crate::sys::{fd, signals};

/// Carries the plan out. Comes back when the program has ended, or could not be started; without a fork, only the
/// latter.
///
/// The plan is let go of when the program runs: what it holds is not to live for as long as the program because of us.
pub fn run(plan: Plan, warn: Warn) -> Result<Ended, Failure> {
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
        plan: &plan,
        warn,
        thread,
        info: info.as_ref(),
    };
    // An inherited SIG_IGN would have the kernel reap our children.
    signals::restore_default(Signal::SIGCHLD).doing(|| "reset SIGCHLD")?;
    if !plan.fork {
        match launch.in_place()? {}
    }
    let started = launch.with_child()?;
    drop((plan, info));
    started.wait()
}

/// A program that runs in a child.
struct Started {
    waiter: Waiter,
    child: Pid,
    /// From its init, where it has one.
    from_init: Option<Channel>,
}

impl Started {
    fn wait(self) -> Result<Ended, Failure> {
        let ended = self.waiter.wait(self.child, self.from_init.as_ref());
        Ok(ended.doing(|| "wait for the program")?)
    }
}

/// A plan being carried out.
#[derive(Clone, Copy)]
pub(super) struct Launch<'a> {
    pub(super) plan: &'a Plan,
    pub(super) warn: Warn,
    pub(super) thread: SingleThread,
    /// Where PID and namespaces are told.
    info: Option<&'a OwnedFd>,
}

impl Launch<'_> {
    /// The caller is outside, and its child is inside.
    fn with_child(self) -> Result<Started, Failure> {
        let entering = Entering::prepare(self.plan, self.warn)?;
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
                let mut outside = Outside::new(outer, child, self.warn, self.info);
                let started = outside.walk(self.plan);
                let child = outside.child();
                drop(outside);
                match started {
                    Ok(()) => Ok(Started {
                        waiter,
                        child,
                        from_init,
                    }),
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
        forked.map_err(|error| cause::explain(&Step::ForkFirst, error))
    }

    /// The caller is inside; what is to be done outside is done by a helper.
    fn in_place(self) -> Result<Infallible, Failure> {
        let channel = if self.plan.has_outside() {
            Some(self.helper()?)
        } else {
            None
        };
        let mut inside = Inside {
            launch: self,
            entering: Entering::prepare(self.plan, self.warn)?,
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
    pub(super) fn makes_bindable(self) -> bool {
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
                    let mut outside = Outside::new(outer, own, self.warn, self.info);
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
