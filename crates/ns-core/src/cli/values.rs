//! Values of options, read for clap.

use std::ffi::OsStr;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::escape::quoted;
use crate::output::{Filter, Headed, choose};
use crate::{Error, Target};

/// Reads a value for clap, which adds the option and the text.
pub fn value<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(reason)
}

/// Reads a [`Target`] for clap, from bytes, because a path need not be text.
pub fn target() -> impl TypedValueParser<Value = Target> {
    OsStringValueParser::new().try_map(|text| Target::parse(text).map_err(reason))
}

/// The reason, without the option and the text.
fn reason(error: Error) -> String {
    match error {
        Error::Invalid { why, .. } => why,
        error => error.to_string(),
    }
}

/// Reads a list of these columns for clap, `pid,command` or `+id`, as text for [`choose`]. Help, pages and completions
/// show the columns with their descriptions.
pub fn columns<C: Headed>(all: &'static [C]) -> impl TypedValueParser<Value = String> {
    Columns(all)
}

/// Reads a filter over these columns for clap.
pub fn filter<C: Headed>(all: &'static [C]) -> impl TypedValueParser<Value = Filter<C>> {
    StringValueParser::new().try_map(move |text| Filter::parse(&text, all).map_err(reason))
}

#[derive(Clone)]
struct Columns<C: 'static>(&'static [C]);

impl<C: Headed> TypedValueParser for Columns<C> {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> clap::error::Result<String> {
        let all = self.0;
        let check = move |list: String| match choose(&list, all, &[]) {
            Ok(_) => Ok(list),
            Err(Error::Invalid { text, why, .. }) => Err(format!("no column {}: {why}", quoted(&text))),
            Err(error) => Err(error.to_string()),
        };
        let parser = StringValueParser::new().try_map(check);
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |column: &C| {
            let heading = column.heading();
            PossibleValue::new(heading.name).help(heading.about)
        };
        Some(Box::new(self.0.iter().map(value)))
    }
}
