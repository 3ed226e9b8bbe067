//! The side that stays where the caller was: writes maps, binds namespaces to files, tells who the program is.

use std::fs::OpenOptions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::channel::{Channel, Message};
use super::failure::{Failure, Warn};
use super::plan::{Plan, Side};
use super::step::Step;
use super::{cause, info, names, perform};
use crate::error::Doing;
use crate::explain::{Look, maps};
use crate::idmap::{IdKind, IdMap, MapWriter};
use crate::process::{self, OwnProcess};
use crate::sys::errno::{from_io, from_rustix};
use crate::sys::signals::Ignored;
use crate::{Error, pins};

/// The process outside, and what it has made.
pub(super) struct Outside<'a> {
    channel: Channel,
    /// The process inside, as it is seen here.
    child: Pid,
    /// The same, held, once that was needed.
    held: Option<Rc<OwnProcess>>,
    warn: Warn,
    info: Option<&'a OwnedFd>,
    /// Whether the process inside forks on its way.
    forks: bool,
    /// Whether it has done so.
    followed: bool,
    made: Vec<Made>,
    #[cfg(feature = "net")]
    pairs: super::pairs::Pairs,
}

/// What the other side has said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// It is our turn.
    Go,
    /// It is another process now.
    Child,
}

/// What is taken away again when the program is not started.
enum Made {
    Mount(PathBuf),
    File(PathBuf),
    Name(pins::Made),
}

impl<'a> Outside<'a> {
    pub(super) fn new(channel: Channel, child: Pid, warn: Warn, info: Option<&'a OwnedFd>) -> Self {
        Self {
            channel,
            child,
            held: None,
            warn,
            info,
            forks: false,
            followed: false,
            made: Vec::new(),
            #[cfg(feature = "net")]
            pairs: super::pairs::Pairs::default(),
        }
    }

    /// The process that the program runs in.
    pub(super) fn child(&self) -> Pid {
        self.child
    }

    /// Tells the other side what went wrong here.
    pub(super) fn tell(&self, failure: Failure) {
        self.channel.send(&Message::Failed(failure));
    }

    /// Does the steps of this side, and waits until the program runs. What was made is undone where it does not.
    pub(super) fn walk(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.forks = plan.steps.iter().any(|(_, step)| step.goes_on_elsewhere());
        self.steps(plan)
            .and_then(|()| self.await_program())
            .inspect_err(|_| self.undo())
    }

    fn steps(&mut self, plan: &Plan) -> Result<(), Failure> {
        for (index, (side, step)) in plan.steps.iter().enumerate() {
            if *side == Side::Inside {
                continue;
            }
            let forked = plan.steps[..index]
                .iter()
                .any(|(_, step)| step.goes_on_elsewhere());
            if index > 0 && plan.steps[index - 1].0 == Side::Inside {
                self.await_turn(forked)?;
            }
            self.step(step).map_err(|error| cause::explain(step, error))?;
            if let Some((Side::Inside, _)) = plan.steps.get(index + 1) {
                self.channel.send(&Message::Go);
            }
        }
        Ok(())
    }

    /// Waits for the other side's word, and, once it has forked, to be told which process it is now: the two come from two
    /// processes, in any order.
    fn await_turn(&mut self, forked: bool) -> Result<(), Failure> {
        let mut ours = false;
        while !ours || (forked && !self.followed) {
            ours |= self.receive()?.ok_or_else(ended)? == Heard::Go;
        }
        Ok(())
    }

    /// The channel closes without a word when the program is executed.
    fn await_program(&mut self) -> Result<(), Failure> {
        while self.receive()?.is_some() {}
        Ok(())
    }

    /// Waits for a word. `None` when the other side has closed the channel.
    fn receive(&mut self) -> Result<Option<Heard>, Failure> {
        let heard = |errno| Error::kernel("hear from the process inside", errno);
        match self.channel.receive().map_err(heard)? {
            None => Ok(None),
            Some(Message::Go | Message::Status(_)) => Ok(Some(Heard::Go)),
            Some(Message::Child(pid)) => {
                self.follow(pid);
                Ok(Some(Heard::Child))
            }
            Some(Message::Failed(failure)) => {
                // Who it was may yet be told. Without a fork the other side waits for us now.
                while self.forks
                    && let Ok(Some(message)) = self.channel.receive()
                {
                    if let Message::Child(pid) = message {
                        self.follow(pid);
                    }
                }
                Err(failure)
            }
        }
    }

    /// The process inside goes on as this one; the one that forked it has nothing left to do.
    fn follow(&mut self, pid: crate::process::Pid) {
        let _ = waitpid(self.child, None);
        self.child = pid.into();
        self.held = None;
        self.followed = true;
    }

    /// Holds the process inside.
    fn hold(&mut self) -> Result<Rc<OwnProcess>, Error> {
        if let Some(process) = &self.held {
            return Ok(Rc::clone(process));
        }
        let process = Rc::new(OwnProcess::open(self.pid()?)?);
        Ok(Rc::clone(self.held.insert(process)))
    }

    fn pid(&self) -> Result<process::Pid, Error> {
        process::Pid::new(self.child.as_raw()).ok_or_else(|| Error::NotFound("there is no program".into()))
    }

    fn step(&mut self, step: &Step) -> Result<(), Error> {
        #[cfg(feature = "net")]
        if let Step::CreateVeth(_) | Step::SetUpVeth(..) = step {
            let process = self.hold()?;
            return self.pairs.perform(step, &process);
        }
        let kernel = |errno: Errno| Error::kernel(step.to_string(), errno);
        match step {
            Step::Map {
                ids,
                map,
                writer: MapWriter::Outside,
            } => {
                let number = self.hold()?.number();
                perform::write(format!("/proc/{number}/{}", ids.map_file()), map.contents()).map_err(kernel)
            }
            Step::Map {
                ids,
                map,
                writer: MapWriter::Helper,
            } => self.have_mapped(*ids, map),
            Step::Pin(kind, file) => {
                self.make_file(file).map_err(kernel)?;
                let namespace = self.hold()?.namespace(*kind)?;
                pins::bind(&namespace, file).map_err(kernel)?;
                self.made.push(Made::Mount(file.clone()));
                Ok(())
            }
            Step::PinNew(name, kinds) => {
                let made = names::pin_new(name, *kinds, &*self.hold()?, &self.channel, self.warn)?;
                self.made.extend(made.into_iter().map(Made::Name));
                Ok(())
            }
            Step::WritePidFile(file) => {
                self.make_file(file).map_err(kernel)?;
                let line = format!("{}\n", self.child);
                let _limited = Ignored::start(Signal::SIGXFSZ).map_err(kernel)?;
                std::fs::write(file, line).doing(|| step.to_string())
            }
            Step::WriteInfo(_) => {
                #[cfg(feature = "net")]
                let interfaces = self.pairs.json();
                #[cfg(not(feature = "net"))]
                let interfaces = serde_json::json!([]);
                let line = info::line(self.pid()?, &interfaces)?;
                let file = self.info.ok_or_else(|| kernel(Errno::EBADF))?;
                let _limited = Ignored::start(Signal::SIGXFSZ).map_err(kernel)?;
                match rustix::io::write(file, line.as_bytes()) {
                    Ok(length) if length == line.len() => Ok(()),
                    Ok(_) => Err(kernel(Errno::EIO)),
                    Err(errno) => Err(kernel(from_rustix(errno))),
                }
            }
            _ => Err(kernel(Errno::EOPNOTSUPP)),
        }
    }

    /// Makes an empty file, where there is none.
    fn make_file(&mut self, path: &Path) -> nix::Result<()> {
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(path)
        {
            Ok(_) => self.made.push(Made::File(path.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(from_io(&error)),
        }
        Ok(())
    }

    /// Has `newuidmap(1)` or `newgidmap(1)` write the map.
    fn have_mapped(&mut self, ids: IdKind, map: &IdMap) -> Result<(), Error> {
        let helper = ids.helper();
        let numbers = map
            .ranges()
            .iter()
            .flat_map(|range| [range.inner, range.outer, range.count]);
        let output = std::process::Command::new(helper)
            .arg(self.hold()?.number().to_string())
            .args(numbers.map(|number| number.to_string()))
            .output()
            .doing(|| format!("run {helper}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said
            .trim()
            .trim_start_matches(helper)
            .trim_start_matches(": ")
            .to_owned();
        let error = Error::Unfit(format!(
            "{helper} does not write the {} map {map}: {reason}",
            ids.name()
        ));
        Err(match maps::refused_by_helper(&Look::around(), ids, map) {
            Some(finding) => finding.explain(error),
            None => error,
        })
    }

    /// Takes away what was made, the last first.
    fn undo(&mut self) {
        #[cfg(feature = "net")]
        self.pairs.undo();
        for made in self.made.drain(..).rev() {
            // There is nobody to tell that it could not be: what went wrong before is what counts.
            match made {
                Made::Mount(path) => drop(umount2(&path, MntFlags::MNT_DETACH)),
                Made::File(path) => drop(nix::unistd::unlink(&path)),
                Made::Name(name) => drop(name.undo()),
            }
        }
    }
}

fn ended() -> Failure {
    Error::Unfit("the process inside was killed before it ran the program".into()).into()
}
