//! Id maps of the new user namespace that another process writes: one with the capability for it, or `newuidmap(1)` and
//! `newgidmap(1)` (`user_namespaces(7)`).

use std::fmt;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use rustix::event::PollFlags;

use super::family::OutsideFamily;
use super::process::OutsideProcess;
use crate::error::Doing;
use crate::explain::{Finding, Look, limits, maps, restrictions};
use crate::idmap::{IdKind, IdMap};
use crate::launch::facts::StepFacts;
use crate::launch::proc_file;
use crate::sys::errno::from_io;
use crate::sys::fork::{Fork, SingleThread, exit, fork};
use crate::sys::signals::on_death_of_parent;
use crate::{Error, Result};

/// A step that writes an id map of the user namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapStep {
    /// Write the map of uids or gids.
    Write(IdKind, IdMap),
    /// Let `newuidmap(1)` or `newgidmap(1)` write the map.
    HaveWritten(IdKind, IdMap),
}

impl fmt::Display for MapStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(ids, map) => write!(f, "write the {} map {map}", ids.name()),
            Self::HaveWritten(ids, map) => {
                write!(f, "let {} write the {} map {map}", ids.helper(), ids.name())
            }
        }
    }
}

impl OutsideFamily for MapStep {
    fn facts(&self) -> StepFacts {
        StepFacts::of(match self {
            Self::Write(IdKind::User, _) | Self::HaveWritten(IdKind::User, _) => "map-uids",
            Self::Write(IdKind::Group, _) | Self::HaveWritten(IdKind::Group, _) => "map-gids",
        })
    }

    fn perform(&self, process: &mut OutsideProcess) -> Result<()> {
        let number = process.hold()?.number();
        match self {
            Self::Write(ids, map) => {
                proc_file::write(format!("/proc/{number}/{}", ids.map_file()), map.contents())
                    .doing(|| self.to_string())
            }
            Self::HaveWritten(ids, map) => have_written(*ids, map, &number.to_string(), process),
        }
    }

    fn removal(&self) -> Option<String> {
        None
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match (self, errno) {
            (Self::Write(ids, map), Errno::EPERM | Errno::EINVAL) => maps::refused(look, *ids, map),
            (Self::Write(..), Errno::ENOENT) => restrictions::no_proc(look),
            (Self::Write(..), Errno::EROFS) => Some(restrictions::read_only_proc()),
            (Self::HaveWritten(ids, _), Errno::ENOENT | Errno::EACCES) => Some(maps::no_helper(*ids)),
            (Self::HaveWritten(..), Errno::EAGAIN) => limits::processes(look),
            (Self::Write(..) | Self::HaveWritten(..), _) => None,
        }
    }
}

fn have_written(ids: IdKind, map: &IdMap, pid: &str, process: &OutsideProcess) -> Result<()> {
    let helper = ids.helper();
    let numbers = map
        .ranges()
        .iter()
        .flat_map(|range| [range.inner, range.outer, range.count]);
    let mut command = Command::new(helper);
    command.arg(pid).args(numbers.map(|number| number.to_string()));
    let (succeeded, said) = run(command, process).doing(|| format!("run {helper}"))?;
    if succeeded {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&said);
    let reason = said
        .trim()
        .trim_start_matches(helper)
        .trim_start_matches(": ")
        .to_owned();
    let error = Error::Unfit(format!(
        "{helper} did not write the {} map {map}: {reason}",
        ids.name()
    ));
    Err(
        match maps::refused_by_helper(&Look::around(), ids, map, &reason) {
            Some(finding) => finding.explain(error),
            None => error,
        },
    )
}

/// Runs the command until it ends, and returns whether it succeeded, and its output on stderr. If the launch ends first,
/// the command is ended too.
///
/// [`Command::spawn`] would wait for the file system of the program, which may never answer.
fn run(mut command: Command, process: &OutsideProcess) -> io::Result<(bool, Vec<u8>)> {
    let (said, saying) = io::pipe()?;
    let (refused, mut refusing) = io::pipe()?;
    match SingleThread::check().and_then(fork)? {
        Fork::Child => {
            // A program with privileges of its own is not ended by this.
            let _ = on_death_of_parent(Some(Signal::SIGKILL as i32));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(saying);
            // This comes back only if the program does not run.
            let errno = from_io(&command.exec()) as i32;
            let _ = refusing.write_all(&errno.to_ne_bytes());
            exit(1)
        }
        Fork::Parent(child) => {
            drop((saying, refusing));
            let heard = hear(refused, process).and_then(|errno| match errno.try_into() {
                Ok(errno) => Err(io::Error::from_raw_os_error(i32::from_ne_bytes(errno))),
                Err(_) => hear(said, process),
            });
            if heard.is_err() {
                let _ = kill(child, Signal::SIGKILL);
            }
            let status = loop {
                match waitpid(child, None) {
                    Err(Errno::EINTR) => {}
                    answer => break answer,
                }
            };
            let said = heard?;
            Ok((matches!(status?, WaitStatus::Exited(_, 0)), said))
        }
    }
}

/// The bytes written to this pipe, until the last writer closes it.
fn hear(mut pipe: PipeReader, process: &OutsideProcess) -> io::Result<Vec<u8>> {
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        process.await_ready(&pipe, PollFlags::IN)?;
        match pipe.read(&mut buffer)? {
            0 => return Ok(said),
            length => said.extend_from_slice(&buffer[..length]),
        }
    }
}
