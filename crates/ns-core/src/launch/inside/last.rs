//! The last step of a plan: after it, the process is the program, or has ended.

use std::ffi::CString;
use std::{fmt, iter};

use nix::errno::Errno;

use super::process::InsideProcess;
use crate::escape::quoted;
use crate::explain::{self, Finding, Look, program};
use crate::launch::facts::Demands;
use crate::launch::failure::Failure;
use crate::launch::program::{self as executed, Program};
use crate::sys::fork::exit;
use crate::sys::signals;
use crate::{Error, Kind};

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
    /// True if the process becomes a program.
    pub(in crate::launch) const fn runs_a_program(&self) -> bool {
        matches!(self, Self::Execute(_))
    }

    /// The step in one word, for programs.
    pub(in crate::launch) const fn word(&self) -> &'static str {
        match self {
            Self::Execute(_) => "execute",
            Self::End => "end",
        }
    }

    /// The step with the arguments of the program, for a plan.
    pub(in crate::launch) fn with_arguments(&self) -> String {
        let Self::Execute(program) = self else {
            return self.to_string();
        };
        let arguments = program.arguments().map(|argument| quoted(argument.to_bytes()));
        iter::once(self.to_string())
            .chain(arguments)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Does the step. Returns only if it fails, with the reason.
    pub(in crate::launch) fn perform(&self, process: &mut InsideProcess) -> Failure {
        let program = match self {
            Self::Execute(program) => program,
            Self::End => exit(process.end_status),
        };
        if let Err(errno) = hand_over(process) {
            return Error::kernel("give the program the signals of the caller", errno).into();
        }
        let errno = execute(program, process);
        Failure {
            status: executed::status_of(errno),
            ..self
                .explain(Error::kernel(self.to_string(), errno), process)
                .into()
        }
    }

    /// Adds the cause to the error. The files that this looks at may belong to anybody.
    fn explain(&self, error: Error, process: &InsideProcess) -> Error {
        explain::aside(error, &[], |error| {
            explain::explain_by(&Look::from_elsewhere(), error, |_, errno| {
                self.cause(errno, process)
            })
        })
    }

    /// The path of the program where this process is now, if it exists.
    pub(in crate::launch) fn program_here(&self) -> Option<CString> {
        match self {
            Self::Execute(program) => program::first_executable(&program.places()).cloned(),
            Self::End => None,
        }
    }

    fn cause(&self, errno: Errno, process: &InsideProcess) -> Option<Finding> {
        let Self::Execute(program) = self else {
            return None;
        };
        let (places, is_looked_for) = (program.places(), program.is_looked_for());
        let found = || program::not_run(&places, is_looked_for, errno, &process.reach);
        let finding = match errno {
            Errno::EACCES | Errno::ENOEXEC | Errno::ELOOP | Errno::EIO | Errno::ENOTDIR => found(),
            Errno::ENOENT => found().or_else(|| not_found(&places, is_looked_for, process)),
            _ => None,
        };
        match program.default_shell() {
            Some(shell) => program::shell_not_run(finding, program.file(), shell),
            None => finding,
        }
    }
}

/// Why a program is not found, and what to do if the caller has it.
fn not_found(places: &[CString], is_looked_for: bool, process: &InsideProcess) -> Option<Finding> {
    let outside = process.program_outside.as_deref();
    let finding = program::not_found(places, is_looked_for, outside, process.is_elsewhere())?;
    Some(match outside {
        Some(_) if process.has_joined(Kind::Mnt) => finding
            .help("to run the caller's program, enter all but the mount namespace: -p -n -u --mount-proc"),
        _ => finding,
    })
}

fn execute(program: &Program, process: &mut InsideProcess) -> Errno {
    let program = match process.environment.take() {
        Some(environment) => program.with_environment(environment),
        None => program.clone(),
    };
    let program = program.about_calling_process();
    let errno = program.execute();
    let other = (errno == Errno::ENOENT && process.is_elsewhere()).then(|| program.other_shell());
    match other.flatten().map(|shell| shell.execute()) {
        None | Some(Errno::ENOENT) => errno,
        Some(other) => other,
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
