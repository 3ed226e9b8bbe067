//! Paths on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use ns_core::cli::CompatName;

/// Reads a path. An empty one is an error, or the root directory as in findmnt(8).
pub fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|text| match (text.is_empty(), takes_empty_values()) {
        (false, _) => Ok(PathBuf::from(text)),
        (true, true) => Ok(PathBuf::from("/")),
        (true, false) => Err("it is empty"),
    })
}

/// Reads a source or a path. In findmnt(8), an empty one is the root directory.
pub fn operand() -> impl TypedValueParser<Value = OsString> {
    OsStringValueParser::new().map(|text| {
        if text.is_empty() && takes_empty_values() {
            "/".into()
        } else {
            text
        }
    })
}

/// True if empty values have a meaning.
pub fn takes_empty_values() -> bool {
    CompatName::current().is_some_and(CompatName::takes_empty_values)
}
