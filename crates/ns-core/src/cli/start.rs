//! From the arguments to the exit status.

use std::error::Error as StdError;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::failure;

/// The exit status of wrong usage, in all the programs.
const USAGE: u8 = 2;

/// Reads the arguments, runs the program with them, and says on stderr what went wrong.
///
/// The status is what `run` gives; 1 where it fails, 2 where the arguments are wrong. A reader of stdout that has gone
/// away is no failure.
pub fn main<C, E>(run: impl FnOnce(C) -> Result<ExitCode, E>) -> ExitCode
where
    C: Parser + CommandFactory,
    E: AsRef<dyn StdError + Send + Sync>,
{
    let command = C::command();
    let program = command.get_name();
    let cli = match C::try_parse() {
        Ok(cli) => cli,
        Err(error) => return answer(program, &error),
    };
    match run(cli) {
        Ok(status) => status,
        Err(error) if failure::is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            // clap's own errors are those of a value that only the program could judge.
            if let Some(usage) = error.as_ref().downcast_ref::<clap::Error>() {
                return answer(program, usage);
            }
            failure::report(program, error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments.
fn answer(program: &str, error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print().and_then(|()| io::stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                failure::report(program, &error);
                ExitCode::FAILURE
            }
        };
    }
    let text = error.render();
    let text = if io::stderr().is_terminal() {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    // clap says "error:" where a program says its name.
    let text = text.replacen("error:", &format!("{program}:"), 1);
    // Nothing is left to do where stderr cannot be written to.
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(USAGE)
}
