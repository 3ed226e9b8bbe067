//! Carrying out a plan: which process does which step, which one waits, and what is undone if a step fails.
//!
//! A launch has two sides. The process inside becomes the program. The process outside stays where the caller was, with
//! all rights of the caller. Both go through the same plan and do their own steps; at each change of sides, one waits
//! for a message of the other. With a fork, the caller is outside and its child is inside. Without a fork, the caller
//! is inside. The process outside is then a helper, which exists only if there are steps outside, and which nobody has
//! to wait for.

use std::convert::Infallible;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::fs::{Mode, OFlags};

use super::change;
use super::channel::Channel;
use super::ending::Ending;
use super::facts::Demands;
use super::failure::{Failure, Reporter};
use super::inside::InsideProcess;
use super::outside::OutsideProcess;
use super::plan::Plan;
use super::relay::OF_OWN_CALLS;
use super::signal::SignalNumber;
use super::terminal::Terminal;
use super::wait::{Ended, Waited, Waiter};
use super::walk;
use crate::error::Doing;
use crate::explain::limits;
use crate::process::parse_stat;
use crate::sys::fork::{Fork, SingleThread, exit, fork};
use crate::sys::signal_set::SignalSet;
use crate::sys::{fd, signals};
use crate::{Error, explain};

/// Carries the plan out. Returns when the program has ended, or if it could not be started; without a fork, only if it
/// could not be started.
///
/// The plan is dropped when the program runs, so that the caller does not hold its files for as long as the program
/// runs.
pub fn run(plan: Plan, reporter: Reporter) -> Result<Ended, Failure> {
    let (_, waited) = start(plan, reporter)?.wait().map_err(explained)?;
    Ok(waited.ended)
}

/// Carries one of several plans out. The caller goes on after it: signals have their former effect again. Also returns the
/// signal by which another process asked the caller to end, if the program did not get it.
pub fn run_one(plan: Plan, reporter: Reporter) -> Result<(Ended, Option<SignalNumber>), Failure> {
    let (waiter, end) = start(plan, reporter)?.wait().map_err(explained)?;
    waiter.stop_waiting().doing(|| "restore the signal mask")?;
    Ok((end.ended, end.asked))
}

/// Carries the plan out until the program runs in a child.
fn start(plan: Plan, reporter: Reporter) -> Result<Started, Failure> {
    let thread = SingleThread::check().doing(|| "continue with more than one thread")?;
    // From here on the program does not have these descriptors.
    let descriptors = plan
        .descriptors()
        .iter()
        .map(|descriptor| {
            let number = descriptor.number;
            let taken = fd::take(number).doing(|| descriptor.doing.clone());
            let explained = |error| {
                explain::explain(error, |_, errno| {
                    (errno == Errno::EBADF).then(|| limits::unusable(number, false))
                })
            };
            Ok((number, taken.map_err(explained)?))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let launch = Launch {
        plan: &plan,
        reporter,
        thread,
        descriptors: &descriptors,
    };
    // With an inherited SIG_IGN, the kernel would reap the children of this process.
    signals::restore_default(Signal::SIGCHLD).doing(|| "reset SIGCHLD")?;
    if !plan.runs_in_child() {
        match launch.in_place()? {}
    }
    let started = launch.with_child().map_err(explained)?;
    drop((plan, descriptors));
    Ok(started)
}

/// Adds the cause to the failure, if none was found yet and the system has one: a filter of system calls.
fn explained(failure: Failure) -> Failure {
    Failure {
        error: explain::explain_filter(failure.error),
        ..failure
    }
}

/// A program that runs in a child.
struct Started {
    ending: Ending,
    /// The terminal as it was before the program started.
    terminal: Option<Terminal>,
    child: Pid,
    /// The channel from the program's init, if it has one.
    from_init: Option<Channel>,
    reporter: Reporter,
}

impl Started {
    fn wait(self) -> Result<(Waiter, Waited), Failure> {
        let waited = Waiter::start(self.ending, self.terminal).and_then(|waiter| {
            let waited = waiter.wait(self.child, self.from_init.as_ref())?;
            Ok((waiter, waited))
        });
        if waited.is_err() {
            // Otherwise the program would go on without a process that waits for it.
            end(self.child, self.reporter);
        }
        Ok(waited.doing(|| "wait for the program")?)
    }
}

/// Ends a child, and waits until it has ended. A child that the kernel does not end is left behind, with a report: it can
/// wait for a file system of the target, which never answers.
fn end(child: Pid, reporter: Reporter) {
    let _ = kill(child, Signal::SIGKILL);
    if change::await_end_within(child, change::TIME_TO_END) == Ok(false) {
        (reporter.error)(&does_not_end(child));
    }
}

fn does_not_end(child: Pid) -> Error {
    let error = Error::Unfit(format!("process {child} was killed, and does not end"));
    let stat = fd::read_at_once(format!("/proc/{child}/stat"))
        .ok()
        .and_then(|stat| parse_stat(&stat));
    match stat.filter(|stat| stat.state == b'D') {
        Some(_) => {
            let cause =
                "it waits in the kernel (state D), which a signal cannot end: a file system may not answer";
            error.explained(Some(cause.into()), None)
        }
        None => error,
    }
}

/// A plan being carried out.
#[derive(Clone, Copy)]
struct Launch<'a> {
    plan: &'a Plan,
    reporter: Reporter,
    thread: SingleThread,
    /// The descriptors of the caller that steps write to, each with the number it had in the caller.
    descriptors: &'a [(i32, OwnedFd)],
}

impl<'a> Launch<'a> {
    /// The caller is outside, and its child is inside.
    fn with_child(self) -> Result<Started, Failure> {
        let proc = self.proc()?;
        let (outer, inner) = Channel::pair().doing(|| "make a channel to the child")?;
        let has_init = self.plan.demands().contains(Demands::INIT);
        let init = has_init
            .then(Channel::pair)
            .transpose()
            .doing(|| "make a channel to init")?;
        let (from_init, to_parent) = init.unzip();
        let terminal = Terminal::ours().doing(|| "look at the terminal")?;
        // This is done before the child is made, so that no signal to the child comes too early.
        let ending =
            Ending::start(self.plan.forwards_signals()).doing(|| "prepare to wait for the program")?;
        let mask = ending.mask_of_set_up().doing(|| "read the signal mask")?;
        match self.fork()? {
            Fork::Child => {
                drop((outer, from_init));
                let mut inside = self.inside(ending.mask(), proc);
                // If this fails, the blocked signals stay blocked until the program starts.
                let _ = mask.block_only();
                inside.channel = Some(inner);
                inside.to_parent = to_parent;
                inside.has_parent = true;
                walk::inside_as_child(self.plan, inside)
            }
            Fork::Parent(child) => {
                drop((inner, to_parent));
                let mut outside = self.outside(outer, child);
                outside.ending = Some(&ending);
                let started = walk::outside(self.plan, &mut outside);
                let child = outside.child();
                match started {
                    Ok(()) => {
                        drop(outside);
                        Ok(Started {
                            ending,
                            terminal,
                            child,
                            from_init,
                            reporter: self.reporter,
                        })
                    }
                    Err(failure) => {
                        // Most children have ended by themselves, or end because the channel is closed. Any other child
                        // must not go on after the launch has failed.
                        end(child, self.reporter);
                        // The child may have forked, and its message about that may not have been read.
                        let others = [outside.unread_child(), outside.take_parent()];
                        // The other side may wait for the end of the channel.
                        drop(outside);
                        for other in others.into_iter().flatten() {
                            end(other, self.reporter);
                        }
                        ending.give_up();
                        Err(failure)
                    }
                }
            }
        }
    }

    fn fork(self) -> Result<Fork, Error> {
        fork(self.thread)
            .doing(|| "fork")
            .map_err(|error| explain::explain(error, limits::fork))
    }

    /// Carries the plan out with the caller inside. A helper does the steps outside.
    fn in_place(self) -> Result<Infallible, Failure> {
        let mut inside = self.prepare_in_place().map_err(explained)?;
        let failure = walk::inside(self.plan, &mut inside);
        if let Some(channel) = &inside.channel {
            // The caller reports the reason itself, even if the helper cannot be told. The helper closes its end after it
            // has undone its work. One that could not be told notices the end of this process.
            if channel.fail(&failure, |_| ()) {
                channel.await_end();
            }
        }
        Err(failure)
    }

    fn prepare_in_place(self) -> Result<InsideProcess, Failure> {
        let channel = self.plan.has_outside().then(|| self.helper()).transpose()?;
        let proc = self.proc()?;
        let mask = SignalSet::blocked().doing(|| "read the signal mask")?;
        let mut inside = self.inside(mask, proc);
        inside.channel = channel;
        Ok(inside)
    }

    /// Makes the helper: a grandchild, so that the program has no child that it does not know of.
    fn helper(self) -> Result<Channel, Failure> {
        let (outer, inner) = Channel::pair().doing(|| "make a channel to the helper")?;
        let own = nix::unistd::getpid();
        match self.fork()? {
            Fork::Child => {
                drop(inner);
                let forked = self.fork();
                if let Err(error) = &forked {
                    outer.fail(&error.clone().into(), self.reporter.error);
                }
                if let Ok(Fork::Child) = forked {
                    // A key at the terminal ends the caller. The helper notices that, and undoes its work.
                    let _ = SignalSet::ALL.without_all(OF_OWN_CALLS).block();
                    let mut outside = self.outside(outer, own);
                    if let Err(failure) = walk::outside(self.plan, &mut outside) {
                        outside.tell(&explained(failure));
                    }
                }
                exit(0)
            }
            Fork::Parent(child) => {
                change::await_end(child).doing(|| "wait for the helper to start")?;
                Ok(inner)
            }
        }
    }

    fn inside(self, mask: SignalSet, proc: Option<OwnedFd>) -> InsideProcess {
        let mut inside = InsideProcess::new(self.plan.demands(), self.reporter, self.thread, mask);
        inside.proc = proc;
        if self.plan.demands().contains(Demands::OTHER_ROOT) {
            inside.program_outside = self.plan.last().program_here();
        }
        inside
    }

    fn outside(self, channel: Channel, child: Pid) -> OutsideProcess<'a> {
        OutsideProcess::new(
            channel,
            child,
            self.plan.demands(),
            self.reporter,
            self.descriptors,
        )
    }

    /// The `/proc` of the caller, if a step needs it. It is opened while it is reachable.
    fn proc(self) -> Result<Option<OwnedFd>, Error> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::open("/proc", flags, Mode::empty()).doing(|| "open /proc");
        let needed = self.plan.demands().contains(Demands::PROC);
        needed.then(open).transpose()
    }
}
