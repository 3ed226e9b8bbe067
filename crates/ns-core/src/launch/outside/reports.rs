//! Reports of the program to others: its PID in a file, its namespaces on a descriptor.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use rustix::event::PollFlags;

use super::family::OutsideFamily;
use super::made::Made;
use super::process::OutsideProcess;
use crate::error::Doing;
use crate::escape::word;
use crate::explain::{Finding, Look, limits, paths};
use crate::launch::facts::StepFacts;
use crate::launch::info;
use crate::launch::words::in_quotes;
use crate::sys::errno::from_io;
use crate::sys::signals::Ignored;
use crate::{Error, Result};

/// A step that reports the process to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportStep {
    /// Write the PID to a file.
    PidFile(PathBuf),
    /// Write PID and namespaces, as JSON, to this descriptor.
    Info(i32),
}

impl fmt::Display for ReportStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PidFile(file) => write!(f, "write the PID to {}", in_quotes(file)),
            Self::Info(fd) => write!(f, "write the PID and the namespaces to descriptor {fd}"),
        }
    }
}

impl OutsideFamily for ReportStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::PidFile(_) => StepFacts::of("write-pid-file"),
            Self::Info(fd) => StepFacts::of("write-info").writing_to(*fd),
        }
    }

    fn perform(&self, process: &mut OutsideProcess) -> Result<()> {
        match self {
            Self::PidFile(file) => self.write_pid(file, process),
            Self::Info(number) => self.write_info(*number, process),
        }
    }

    fn removal(&self) -> Option<String> {
        match self {
            Self::PidFile(file) => Some(format!("truncate -s 0 {}", word(file))),
            Self::Info(_) => None,
        }
    }

    fn cause(&self, _: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::PidFile(_) | Self::Info(_) if errno == Errno::EFBIG => limits::file_size(),
            Self::PidFile(file) => paths::not_written(file, errno),
            Self::Info(fd) if errno == Errno::EBADF => Some(limits::unusable(*fd, true)),
            Self::Info(_) => None,
        }
    }
}

impl ReportStep {
    fn write_pid(&self, file: &Path, process: &mut OutsideProcess) -> Result<()> {
        let doing = || self.to_string();
        // A held process still tells, after its end, whether it became the program.
        let _ = process.hold();
        if !process.make_file(file).doing(doing)? {
            process.has_made([Made::Content(file.to_owned())]);
        }
        let line = format!("{}\n", process.child());
        let _limited = Ignored::start(Signal::SIGXFSZ).doing(doing)?;
        // A FIFO may never get a reader.
        process
            .in_child(|| write(file, line.as_bytes()).map_err(|error| from_io(&error)))
            .doing(doing)
    }

    fn write_info(&self, number: i32, process: &OutsideProcess) -> Result<()> {
        let interfaces = process.pairs.json();
        let line = info::line(process.pid()?, &interfaces)?;
        let doing = || self.to_string();
        let taken = process.descriptors.iter().find(|(taken, _)| *taken == number);
        let (_, file) = taken.ok_or(Errno::EBADF).doing(doing)?;
        let _limited = Ignored::start(Signal::SIGXFSZ).doing(doing)?;
        // A pipe may be full.
        process.await_ready(file, PollFlags::OUT).doing(doing)?;
        match rustix::io::write(file, line.as_bytes()).doing(doing)? {
            length if length == line.len() => Ok(()),
            _ => Err(Error::kernel(self.to_string(), Errno::EIO)),
        }
    }
}

/// Replaces the content of a file that is there: a link to nowhere makes no file.
fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).truncate(true).open(file)?.write_all(content)
}
