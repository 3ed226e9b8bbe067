//! Values of options, and of the surroundings.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::escape::quoted;
use crate::output::{Column, Field, choose};
use crate::{Error, Target};

/// Reads a value for clap, which names the option and the text itself: only the reason is left to say.
pub fn value<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| match error {
        Error::Invalid { why, .. } => why,
        error => error.to_string(),
    })
}

/// Reads a [`Target`] for clap, from bytes: a path may be no text.
pub fn target() -> impl TypedValueParser<Value = Target> {
    OsStringValueParser::new().try_map(|text| {
        Target::parse(text).map_err(|error| match error {
            Error::Invalid { why, .. } => why,
            error => error.to_string(),
        })
    })
}

/// Reads a list of columns for clap, `pid,command` or `+id`, as text for [`choose`]. Help, pages and completions show them
/// with what they say.
pub fn columns<F: Field + Send + Sync>() -> impl TypedValueParser<Value = String> {
    Columns::<F>(PhantomData)
}

#[derive(Clone)]
struct Columns<F>(PhantomData<F>);

impl<F: Field + Send + Sync> TypedValueParser for Columns<F> {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> clap::error::Result<String> {
        let check = |list: String| match choose::<F>(&list, &[]) {
            Ok(_) => Ok(list),
            Err(Error::Invalid { text, why, .. }) => {
                Err(format!("there is no column {}: {why}", quoted(&text)))
            }
            Err(error) => Err(error.to_string()),
        };
        let parser = StringValueParser::new().try_map(check);
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |(_, column): &(F, Column)| PossibleValue::new(column.name).help(column.about);
        Some(Box::new(F::ALL.iter().map(value)))
    }
}

/// Waits so long; whether nobody reads stdout any more, in which case it waits no longer.
pub fn wait_or_reader_gone(time: std::time::Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let Ok(timeout) = Timespec::try_from(time) else {
        return false;
    };
    let stdout = rustix::stdio::stdout();
    // Asked for nothing, poll(2) tells of errors only: the other end of a pipe is closed.
    let mut fds = [PollFd::from_borrowed_fd(stdout, PollFlags::empty())];
    poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

/// The columns of the terminal that stdout is; `None` where it is none, and nothing is to be cut.
pub fn width_of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    // The shell's own count, where a person has set it.
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns
        .or(Some(usize::from(size.ws_col)))
        .filter(|columns| *columns > 0)
}
