//! From the arguments to the exit status.

use std::error::Error as StdError;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Parser};

use super::abbreviated::LongOpts;
use super::advice;
use super::compat_name::{self, CompatName};
use super::labels::Labels;
use super::notes::{self, Notes};
use super::{complete, failure, foreign, help, usage};
use crate::Error;
use crate::explain::explain_filter;
use crate::sys::{nss, stack};

/// The exit status of wrong usage, in all the programs.
const USAGE: u8 = 2;

/// Reads the arguments, runs the program with them, and reports errors on stderr.
///
/// The status is the result of `run`, 1 if it fails, and 2 if the arguments are wrong. The run does not fail if the
/// reader of stdout has gone.
pub fn main<C, E>(long_opts: LongOpts, run: impl FnOnce(C) -> Result<ExitCode, E>) -> ExitCode
where
    C: Parser + CommandFactory + AsRef<Notes>,
    E: AsRef<dyn StdError + Send + Sync>,
{
    stack::with_room(|| start(long_opts, run)).unwrap_or_else(|errno| {
        // The arguments are not read on a stack that is too small for that.
        let own = std::env::args_os().next().unwrap_or_default();
        let own = Path::new(&own).file_name().unwrap_or_default();
        failure::report(&own.to_string_lossy(), &Error::kernel("map a stack", errno));
        ExitCode::FAILURE
    })
}

fn start<C, E>(long_opts: LongOpts, run: impl FnOnce(C) -> Result<ExitCode, E>) -> ExitCode
where
    C: Parser + CommandFactory + AsRef<Notes>,
    E: AsRef<dyn StdError + Send + Sync>,
{
    nss::load_no_modules();
    // It is made once, and not taken apart: each costs as much as many a program does.
    let command = Box::leak(Box::new(C::command()));
    let program = command.get_name().to_owned();
    let program = program.as_str();
    if let Some(question) = complete::asked(std::env::args_os()) {
        return answer_shell(program, &question);
    }
    let cli = match help::parse::<C>(command, long_opts) {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            let help = help::print(C::command(), &error);
            return printed(program, help, CompatName::help_status);
        }
        Err(error) => return answer(&C::command(), &error),
    };
    notes::follow(*cli.as_ref());
    match run(cli) {
        Ok(status) => {
            if CompatName::current().is_none() {
                super::stdout::tell_cuts(program);
            }
            status
        }
        Err(error) if failure::is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            // An error of clap is about a value that only the program could check.
            if let Some(usage) = error.as_ref().downcast_ref::<clap::Error>() {
                return answer(&C::command(), usage);
            }
            let command = C::command();
            let runs_program = command.get_positionals().any(Arg::is_trailing_var_arg_set);
            let advice = (!runs_program).then(|| advice::for_operand(&command)).flatten();
            // A filter of system calls can be the cause of anything.
            match error.as_ref().downcast_ref::<Error>() {
                Some(error) => {
                    failure::report_with_advice(program, &explain_filter(error.clone()), advice.as_deref());
                }
                None => failure::report_with_advice(program, error.as_ref(), advice.as_deref()),
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints the version, or the error about the arguments.
fn answer(command: &Command, error: &clap::Error) -> ExitCode {
    let program = command.get_name();
    let compat = CompatName::current();
    if error.kind() == ErrorKind::DisplayVersion {
        return printed(program, print_version(error, compat), |_| 0);
    }
    let mut text = usage::text(command, error, Labels::of_stderr().are_coloured());
    if let Some(compat) = compat {
        text = compat.renamed(&text);
    }
    if error.kind() == ErrorKind::MissingRequiredArgument
        && let Some(advice) = advice::for_operand(command)
    {
        let end = text.find('\n').map_or(text.len(), |end| end + 1);
        text.insert_str(end, &failure::help_line(&advice));
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && let Some(help) = foreign::help(program, argument)
    {
        let end = text.find('\n').map_or(text.len(), |end| end + 1);
        text.insert_str(end, &failure::help_line(help));
    }
    // clap says "error:" where a program says its name.
    let text = text.replacen("error:", &format!("{}:", compat_name::shown(program)), 1);
    failure::write(&text);
    ExitCode::from(compat.map_or(USAGE, |compat| compat.usage_status(error.kind())))
}

fn print_version(error: &clap::Error, compat: Option<CompatName>) -> io::Result<()> {
    let mut out = super::stdout()?;
    match compat {
        Some(compat) => out.write_all(compat.version().as_bytes())?,
        None => error.print()?,
    }
    out.flush()
}

/// Prints the values that a completion script asks for.
fn answer_shell(program: &str, question: &complete::CompletionQuery) -> ExitCode {
    printed(program, complete::answer(question), |_| 0)
}

/// The status after something was printed, which may depend on the name. Printing does not fail if the reader has gone.
fn printed(program: &str, result: io::Result<()>, status: impl FnOnce(CompatName) -> u8) -> ExitCode {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            failure::report(program, &error);
            ExitCode::FAILURE
        }
        _ => ExitCode::from(CompatName::current().map_or(0, status)),
    }
}
