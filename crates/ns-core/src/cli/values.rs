//! Values of options, read for clap.

use std::ffi::OsStr;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::escape::quoted;
use crate::output::{Filter, Headed, Heading, choose};
use crate::{Error, Target};

/// Reads a value for clap, which adds the option and the text.
pub fn value<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(reason)
}

/// Reads a [`Target`] for clap, from bytes, because a path need not be text.
pub fn target() -> impl TypedValueParser<Value = Target> {
    OsStringValueParser::new().try_map(|text| Target::parse(text).map_err(reason))
}

/// Reads a time in seconds for clap.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| "expected a number of seconds".to_owned())
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
    columns_or(all, NO_OTHERS)
}

/// Reads a list of columns as [`columns`] does, or a list of the columns that another task of the program has.
pub fn columns_or<C: Headed, D: Headed>(
    all: &'static [C],
    others: &'static [D],
) -> impl TypedValueParser<Value = String> {
    Columns(all, others)
}

const NO_OTHERS: &[&Heading] = &[];

/// Reads a filter over these columns for clap.
pub fn filter<C: Headed>(all: &'static [C]) -> impl TypedValueParser<Value = Filter<C>> {
    StringValueParser::new().try_map(move |text| Filter::parse(&text, all).map_err(reason))
}

#[derive(Clone)]
struct Columns<C: 'static, D: 'static>(&'static [C], &'static [D]);

impl<C: Headed, D: Headed> TypedValueParser for Columns<C, D> {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> clap::error::Result<String> {
        let (all, others) = (self.0, self.1);
        let check = move |list: String| match choose(&list, all, &[]) {
            Ok(_) => Ok(list),
            Err(_) if choose(&list, others, &[]).is_ok() => Ok(list),
            Err(Error::Invalid { text, why, .. }) => {
                let others: Vec<_> = others.iter().map(|column| column.heading().name).collect();
                let others = if others.is_empty() {
                    String::new()
                } else {
                    format!("; with another task {}", others.join(", "))
                };
                Err(format!("no column {}: {why}{others}", quoted(&text)))
            }
            Err(error) => Err(error.to_string()),
        };
        let parser = StringValueParser::new().try_map(check);
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |heading: &'static Heading| PossibleValue::new(heading.name).help(heading.about);
        let own = self.0.iter().map(|column| column.heading());
        // A name that both have is shown once.
        let is_new = |heading: &&Heading| self.0.iter().all(|column| column.heading().name != heading.name);
        let others = self.1.iter().map(|column| column.heading()).filter(is_new);
        Some(Box::new(own.chain(others).map(value)))
    }
}
