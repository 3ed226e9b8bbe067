//! Values of options, read for clap.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::escape::quoted;
use crate::output::{Column, Field, choose};
use crate::{Error, Target};

/// Reads a value for clap, which names the option and the text itself.
pub fn value<T: FromStr<Err = Error>>(text: &str) -> Result<T, String> {
    text.parse().map_err(reason)
}

/// Reads a [`Target`] for clap, from bytes: a path may be no text.
pub fn target() -> impl TypedValueParser<Value = Target> {
    OsStringValueParser::new().try_map(|text| Target::parse(text).map_err(reason))
}

/// What is left to say beside the option and the text.
fn reason(error: Error) -> String {
    match error {
        Error::Invalid { why, .. } => why,
        error => error.to_string(),
    }
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
