//! The shared parts of the programs that run a program: showing the plan, and ending with the status of the program.

use std::ffi::{CString, OsString};
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory;
use serde_json::json;

use super::{advice, note_error, report};
use crate::Result as CoreResult;
use crate::escape::{escape_for_terminal, escape_json};
use crate::launch::{Ended, Failure, Plan, Program, Reporter, SignalNumber, mirror, run, run_one, shell_in};
use crate::users;

/// The program to run, with its arguments and its environment. If none is named, it is the caller's shell, started as a
/// login shell: `SHELL` of the environment, or the shell in `/etc/passwd`, or `/bin/sh`.
pub fn program(words: &[OsString], environment: Vec<CString>) -> CoreResult<Program> {
    if let Some((file, arguments)) = words.split_first() {
        return Program::new(file, arguments, environment);
    }
    let shell = match shell_in(&environment) {
        Some(shell) => shell.to_owned(),
        None => users::own_shell()?.unwrap_or_else(|| "/bin/sh".into()),
    };
    Program::login_shell(&shell, environment)
}

/// Prints the plan, one line for each step, as text or as JSON.
pub fn show_plan(plan: &Plan, as_json: bool) -> io::Result<()> {
    let mut out = super::stdout()?;
    let lines = plan.lines();
    if as_json {
        let steps: Vec<_> = lines
            .iter()
            .map(|line| json!({"process": line.process, "step": line.step, "description": line.description}))
            .collect();
        writeln!(out, "{}", escape_json(&format!("{:#}", json!({"steps": steps}))))?;
    } else {
        for line in lines {
            let description = escape_for_terminal(line.description.as_bytes());
            writeln!(out, "{:7} {description}", line.process)?;
        }
    }
    out.flush()
}

/// Carries the plan out. The result is the exit status; errors and notes go to stderr. `C` are the arguments of this program.
pub fn launch<C: CommandFactory>(plan: Plan) -> ExitCode {
    let reporter = Reporter {
        note: |error| note_error(C::command().get_name(), error),
        error: |error| report(C::command().get_name(), error),
    };
    conclude::<C>(run(plan, reporter))
}

/// Carries out one of several plans. A failure is reported, and is an end with its status. Also returns the signal by
/// which another process asked the caller to end, if the program did not get it.
pub fn launch_one<C: CommandFactory>(plan: Plan) -> (Ended, Option<SignalNumber>) {
    let reporter = Reporter {
        note: |error| note_error(C::command().get_name(), error),
        error: |error| report(C::command().get_name(), error),
    };
    match run_one(plan, reporter) {
        Ok(ended) => ended,
        Err(Failure {
            signal: Some(signal), ..
        }) => (Ended::Killed(signal), None),
        Err(Failure { error, status, .. }) => {
            report(C::command().get_name(), &error);
            (Ended::Exited(status), None)
        }
    }
}

/// The exit status for the end of the program. If a signal killed the program, this process dies of the same signal. If
/// the program was not started, reports why.
fn conclude<C: CommandFactory>(outcome: Result<Ended, Failure>) -> ExitCode {
    match outcome {
        Ok(ended) => mirror(ended).into(),
        Err(Failure {
            signal: Some(signal), ..
        }) => mirror(Ended::Killed(signal)).into(),
        Err(Failure { error, status, .. }) => {
            let command = C::command();
            let error = match advice::for_failed_program(&command, status) {
                Some(help) => error.with_help(help),
                None => error,
            };
            report(command.get_name(), &error);
            status.into()
        }
    }
}
