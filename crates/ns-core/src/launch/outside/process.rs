//! The process outside: the resources of its steps, the messages from the process inside, and undoing its work.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use super::made::Made;
use super::unanswered::PATIENCE;
use crate::Error;
use crate::error::Doing;
use crate::launch::change;
use crate::launch::channel::{Channel, Message};
use crate::launch::ending::Ending;
use crate::launch::facts::Demands;
use crate::launch::failure::{Failure, Reporter};
use crate::process::{self, OwnProcess, is_known_within};
use crate::sys::errno::{from_io, from_rustix};

/// The process outside, and everything that it has made.
pub(in crate::launch) struct OutsideProcess<'a> {
    pub(super) channel: Channel,
    /// The PID of the process inside, as seen from outside.
    child: Pid,
    /// The process inside, held open after the first use.
    held: Option<Rc<OwnProcess>>,
    /// The demands of the plan's steps on the process inside.
    demands: Demands,
    pub(in crate::launch) reporter: Reporter,
    /// The descriptors of the caller that were taken from the program, each with the number it had in the caller.
    pub(super) descriptors: &'a [(i32, OwnedFd)],
    /// The signals that end the launch, if they are meant for this process.
    pub(in crate::launch) ending: Option<&'a Ending>,
    /// The first process inside, if another process has replaced it.
    parent: Option<Pid>,
    /// True if another process has replaced the first process inside.
    followed: bool,
    /// True if the process inside has said that it becomes the program.
    pub(super) is_executing: bool,
    /// True if this helper has agreed to the start of the program, and the process inside may be the program.
    has_agreed: bool,
    made: Vec<Made>,
    pub(super) pairs: super::pairs::VethPairs,
}

/// The time to become the program, after a signal that ends the launch.
const MOMENT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};

/// A message of the other side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It is the turn of this side.
    Go,
    /// Another process goes on inside.
    Child,
    /// The process inside becomes the program now.
    Executing,
}

impl<'a> OutsideProcess<'a> {
    /// A process that has done no step yet. `child` is the process inside.
    pub(in crate::launch) fn new(
        channel: Channel,
        child: Pid,
        demands: Demands,
        reporter: Reporter,
        descriptors: &'a [(i32, OwnedFd)],
    ) -> Self {
        Self {
            channel,
            child,
            held: None,
            demands,
            reporter,
            descriptors,
            ending: None,
            parent: None,
            followed: false,
            is_executing: false,
            has_agreed: false,
            made: Vec::new(),
            pairs: super::pairs::VethPairs::default(),
        }
    }

    /// The process that the program runs in.
    pub(in crate::launch) fn child(&self) -> Pid {
        self.child
    }

    /// True if this process is the helper of the caller, which becomes the program.
    pub(super) fn is_helper(&self) -> bool {
        self.ending.is_none()
    }

    /// The demands of the plan's steps on the process inside.
    pub(super) fn demands(&self) -> Demands {
        self.demands
    }

    /// The first process inside, if another process has replaced it, and its end was not waited for.
    pub(in crate::launch) fn take_parent(&mut self) -> Option<Pid> {
        self.parent.take()
    }

    /// Gives the turn to the other side.
    pub(in crate::launch) fn give_turn(&self) -> nix::Result<()> {
        self.channel.send(&Message::Go)
    }

    /// Tells the other side what failed here, or prints it if the other side cannot be told.
    pub(in crate::launch) fn tell(&self, failure: &Failure) {
        self.channel.fail(failure, self.reporter.error);
    }

    /// Waits for the turn of this side. After a fork inside, this also waits for the PID of the child. The two messages
    /// come from two processes, in either order.
    pub(in crate::launch) fn await_turn(&mut self, forked: bool) -> Result<(), Failure> {
        let mut ours = false;
        while !ours || (forked && !self.followed) {
            ours |= self.receive()?.ok_or_else(ended)? == Heard::Go;
        }
        Ok(())
    }

    /// Waits until the program is executed, or until the process inside has ended if there is no program: the channel closes
    /// then.
    ///
    /// A child that has not become the program after a failure or a signal has ended when this returns: no program runs
    /// while its names are removed.
    pub(in crate::launch) fn await_program(&mut self, runs_a_program: bool) -> Result<(), Failure> {
        let started = self.hear_of_program(runs_a_program);
        if started.is_err() && !self.is_helper() {
            let is_signalled = self.is_signalled();
            // If a signal came, and the program was faster than the kill, the program has started, and this was its end.
            if self.end_inside() && is_signalled {
                return Ok(());
            }
        }
        started
    }

    fn hear_of_program(&mut self, runs_a_program: bool) -> Result<(), Failure> {
        while let Some(heard) = self.receive()? {
            if heard == Heard::Executing {
                self.is_executing = true;
                if self.is_helper() {
                    // The PID can be of another process after the caller has ended.
                    let _ = self.hold();
                    let is_there = self
                        .channel
                        .reaches(&Message::Go)
                        .doing(|| "tell the process inside that the program can start")?;
                    if !is_there {
                        return Err(ended());
                    }
                    self.has_agreed = true;
                }
            }
        }
        // The process inside waits for the agreement of a helper before it starts the program.
        let has_missed = self.has_agreed && self.channel.is_unread();
        if !self.is_executing
            || has_missed
            || runs_a_program && self.has_made_anything() && self.has_ended_without_program()
        {
            return Err(ended());
        }
        // It has ended: otherwise its child would not have gone on.
        if let Some(parent) = self.take_parent() {
            let _ = change::await_end(parent);
        }
        Ok(())
    }

    /// Waits until one of these events has happened to the descriptor. Returns `EINTR` if a signal ends the launch
    /// first, or if the process inside has ended.
    pub(super) fn await_ready(&self, fd: impl AsFd, events: PollFlags) -> nix::Result<()> {
        let mut fds = vec![
            PollFd::new(&fd, events),
            PollFd::new(&self.channel, PollFlags::empty()),
        ];
        fds.extend(self.ending.map(|ending| PollFd::new(ending, PollFlags::IN)));
        loop {
            retry_on_intr(|| poll(&mut fds, None)).map_err(from_rustix)?;
            let happened = |index: usize| fds.get(index).is_some_and(|fd| !fd.revents().is_empty());
            // The order matters: if a signal comes after the channel is closed, it is for the program, which runs.
            if happened(0) {
                return Ok(());
            }
            if happened(1) || happened(2) {
                // The kernel looks at one descriptor after the other: the first event may have come meanwhile.
                let mut first = [PollFd::new(&fd, events)];
                // A process that is about to become the program nearly always does: then the signal is for the program.
                let time = if self.is_executing {
                    MOMENT
                } else {
                    Timespec::default()
                };
                let ready = retry_on_intr(|| poll(&mut first, Some(&time))).map_err(from_rustix)?;
                return if ready == 0 { Err(Errno::EINTR) } else { Ok(()) };
            }
        }
    }

    /// True if the launch should go on.
    pub(super) fn is_wanted(&self) -> bool {
        !self.channel.is_closed().unwrap_or(false) && !self.is_signalled()
    }

    /// True if a signal that ends the launch has come.
    fn is_signalled(&self) -> bool {
        let has_come = |ending: &Ending| ending.has_come().unwrap_or(false);
        self.ending.is_some_and(has_come)
    }

    /// The failure of a step; if the step was given up because the process inside has ended, that.
    pub(in crate::launch) fn failure_of(&self, error: Error) -> Failure {
        if error.errno() != Some(Errno::EINTR) || self.is_wanted() {
            return error.into();
        }
        match self.channel.take_waiting() {
            Some(Message::Failed(failure)) => failure,
            _ => ended(),
        }
    }

    /// The failure, or the signal that has ended the launch.
    pub(in crate::launch) fn ended_or(&self, failure: Failure) -> Failure {
        match self.ending.and_then(|ending| ending.take().ok().flatten()) {
            Some(signal) => Failure {
                signal: Some(signal),
                ..Error::Unfit(format!("{signal} came before the program was started")).into()
            },
            None => failure,
        }
    }

    /// The child of the process inside that was to go on, if that process has ended and its message about the child was
    /// not read.
    pub(in crate::launch) fn unread_child(&self) -> Option<Pid> {
        std::iter::from_fn(|| self.channel.take_waiting()).find_map(|message| match message {
            Message::Child(pid) => Some(pid.into()),
            _ => None,
        })
    }

    /// Waits for a message. Returns `None` after the other side has closed the channel.
    fn receive(&mut self) -> Result<Option<Heard>, Failure> {
        let heard = |errno| Error::kernel("receive from the process inside", errno);
        let message = patiently(|| {
            self.await_ready(&self.channel, PollFlags::IN)?;
            self.channel.receive()
        });
        // The process inside of a helper closes the channel when it becomes the program. After a failure, it waits for the
        // helper first. So the message that cannot be read is of no failure.
        let message = match message {
            Err(_) if self.has_agreed && self.channel.is_closed().unwrap_or(false) => Ok(None),
            message => message,
        };
        match message.map_err(heard)? {
            None => Ok(None),
            Some(Message::Go | Message::Status(_)) => Ok(Some(Heard::Go)),
            Some(Message::Executing) => Ok(Some(Heard::Executing)),
            Some(Message::Child(pid)) => {
                self.follow(pid);
                Ok(Some(Heard::Child))
            }
            Some(Message::Failed(failure)) => {
                // The PID of the failing process may still arrive. Without a fork, the other side already waits for
                // this process.
                while self.demands.intersects(Demands::GOES_ON_ELSEWHERE)
                    && let Ok(Some(message)) = self.channel.receive()
                {
                    match message {
                        Message::Child(pid) => self.follow(pid),
                        Message::Lost => break,
                        Message::Go | Message::Executing | Message::Status(_) | Message::Failed(_) => {}
                    }
                }
                Err(failure)
            }
            Some(Message::Lost) => {
                let error = Error::Unfit("the process inside failed, and could not report why".into());
                Err(error.into())
            }
        }
    }

    /// Kills the process inside, and waits for a limited time. Its end stays unread.
    pub(super) fn kill_child(&self) {
        let _ = kill(self.child, Signal::SIGKILL);
        let _ = change::await_unread_end(self.child, change::TIME_TO_END);
    }

    /// A message that has arrived.
    pub(super) fn take_waiting(&self) -> Option<Message> {
        self.channel.take_waiting()
    }

    /// Continues with this child as the process inside. Its parent has nothing left to do, unless it fails to tell the child
    /// to go on: then it waits for this process.
    pub(super) fn follow(&mut self, pid: process::Pid) {
        self.parent = Some(self.child);
        self.child = pid.into();
        self.held = None;
        self.followed = true;
    }

    /// Holds the process inside.
    pub(super) fn hold(&mut self) -> Result<Rc<OwnProcess>, Error> {
        if let Some(process) = &self.held {
            return Ok(Rc::clone(process));
        }
        let process = Rc::new(OwnProcess::open(self.pid()?)?);
        Ok(Rc::clone(self.held.insert(process)))
    }

    /// The PID of the process inside.
    pub(super) fn pid(&self) -> Result<process::Pid, Error> {
        process::Pid::new(self.child.as_raw())
            .ok_or_else(|| Error::NotFound("the process inside is unknown".into()))
    }

    /// Makes an empty file, if there is no file yet. Returns true if it made one.
    pub(super) fn make_file(&mut self, path: &Path) -> nix::Result<bool> {
        let make = || {
            let mut options = OpenOptions::new();
            let made = options.write(true).create_new(true).mode(0o644).open(path);
            made.map(drop).map_err(|error| from_io(&error))
        };
        let undo = || {
            let _ = nix::unistd::unlink(path);
        };
        let was_absent = is_known_within(PATIENCE, &[], || {
            let before = path.symlink_metadata();
            before.is_err_and(|error| error.kind() == ErrorKind::NotFound)
        });
        match self.in_child_to_undo(make, undo) {
            Ok(()) => {
                self.made.push(Made::File(path.to_owned()));
                Ok(true)
            }
            Err(Errno::EEXIST) => Ok(false),
            Err(errno) => {
                // The answer of the child can be lost, although it has made the file.
                let is_ours = || {
                    path.symlink_metadata()
                        .is_ok_and(|file| file.is_file() && file.len() == 0)
                };
                if was_absent && is_known_within(PATIENCE, &[], is_ours) {
                    self.made.push(Made::File(path.to_owned()));
                }
                Err(errno)
            }
        }
    }

    /// Remembers objects to remove if the program is not started.
    pub(super) fn has_made(&mut self, made: impl IntoIterator<Item = Made>) {
        self.made.extend(made);
    }

    fn has_made_anything(&self) -> bool {
        !self.made.is_empty() || !self.pairs.is_empty()
    }

    /// Removes everything that was made, the last first. A removal that fails is reported: the caller has to do it.
    pub(in crate::launch) fn undo(&mut self) {
        self.pairs.undo(self.reporter.error);
        for made in self.made.drain(..).rev() {
            let _ = made.undo().inspect_err(self.reporter.error);
        }
    }
}

/// Tries again if the kernel is short of memory. When the other side has said that it starts the program, or a child makes
/// something, it is too late to give up.
pub(super) fn patiently<T>(mut work: impl FnMut() -> nix::Result<T>) -> nix::Result<T> {
    for _ in 0..10 {
        match work() {
            Err(Errno::ENOMEM | Errno::ENOBUFS) => std::thread::sleep(Duration::from_millis(1)),
            answer => return answer,
        }
    }
    work()
}

fn ended() -> Failure {
    Error::Unfit("the process inside ended before it ran the program".into()).into()
}
