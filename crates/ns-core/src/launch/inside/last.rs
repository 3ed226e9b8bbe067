//! The last step of a plan: after it, the process is the program, or has ended.

use std::fmt;

use nix::errno::Errno;

use super::process::{InsideProcess, has_proc};
use crate::Error;
use crate::escape::quoted;
use crate::explain::{self, Finding, Look, program};
use crate::launch::channel::Message;
use crate::launch::facts::Demands;
use crate::launch::failure::Failure;
use crate::launch::program::{self as executed, Program};
use crate::sys::fork::exit;
use crate::sys::signals;

/// The last step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::launch) enum LastStep {
    /// Become the program.
    Execute(Program),
    /// End without a program: names keep the new namespaces.
    End,
}

impl fmt::Display for LastStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execute(program) => write!(f, "run {}", quoted(program.file().to_bytes())),
            Self::End => f.write_str("end"),
        }
    }
}

impl LastStep {
    /// The step in one word, for programs.
    pub(in crate::launch) const fn word(&self) -> &'static str {
        match self {
            Self::Execute(_) => "execute",
            Self::End => "end",
        }
    }

    /// Does the step. Returns only if it fails, with the reason.
    pub(in crate::launch) fn perform(&self, process: &mut InsideProcess) -> Failure {
        if let Some(channel) = &process.channel
            && let Err(errno) = channel.send(&Message::Executing)
        {
            let doing = "tell the process outside that the program starts";
            return Error::kernel(doing, errno).into();
        }
        let program = match self {
            Self::Execute(program) => program,
            Self::End => exit(process.end_status),
        };
        if let Err(errno) = hand_over(process) {
            return Error::kernel("give the program the signals of the caller", errno).into();
        }
        let errno = execute(program, process);
        let mut error = self.explain(Error::kernel(self.to_string(), errno));
        if errno == Errno::ENOENT && process.elsewhere && error.cause().is_none() {
            error = error.explained(Some("it was not found below the new root directory".into()), None);
        }
        Failure {
            status: executed::status_of(errno),
            ..error.into()
        }
    }

    /// Adds the cause to the error. The files that this looks at may belong to anybody.
    fn explain(&self, error: Error) -> Error {
        explain::aside(error, |error| {
            let look = if has_proc() {
                Look::around()
            } else {
                Look::nowhere()
            };
            explain::explain_by(&look, error, |look, errno| self.cause(look, errno))
        })
    }

    fn cause(&self, _: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::Execute(program) => match errno {
                Errno::ENOENT | Errno::EACCES => {
                    program::not_run(&program.places(), program.is_looked_for(), errno)
                }
                _ => None,
            },
            Self::End => None,
        }
    }
}

fn execute(program: &Program, process: &mut InsideProcess) -> Errno {
    match process.environment.take() {
        Some(environment) => program.with_environment(environment).execute(),
        None => program.execute(),
    }
}

/// Gives the program the signals as the caller was started with them: SIGPIPE, the mask, and no signal for the parent's
/// end unless the plan has one.
fn hand_over(process: &InsideProcess) -> nix::Result<()> {
    if process.has_parent && !process.demands.contains(Demands::DEATH_SIGNAL) {
        signals::on_death_of_parent(None)?;
    }
    signals::restore_pipe()?;
    process.mask.block_only()
}
