//! Values of options, and of the surroundings.

use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser};

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
