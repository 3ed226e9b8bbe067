//! The option for colours on stdout.

use std::io;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::CompatName;
use crate::output::Style;

/// The option for colours, for the listings that have them.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Colours {
    /// Use colours in tables
    ///
    /// Without WHEN, the value is always. The default is auto. See `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and TERM in
    /// ns-utils(7).
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always")]
    pub color: Option<UseColours>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UseColours {
    /// Use colours if stdout is a terminal that knows them
    Auto,
    /// Always use colours
    Always,
    /// Never use colours
    Never,
}

impl Colours {
    /// The style with colours or without.
    pub fn in_style(self, style: Style) -> Style {
        Style {
            colours: self.are_used(),
            ..style
        }
    }

    /// True if tables have colours. The relatives have none.
    pub fn are_used(self) -> bool {
        match self.color {
            Some(UseColours::Always) => true,
            Some(UseColours::Never) => false,
            None if CompatName::current().is_some() => false,
            Some(UseColours::Auto) | None => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        }
    }
}
