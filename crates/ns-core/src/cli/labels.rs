//! The labels of what is written to stderr, with the colours that clap gives to usage errors or without.

use std::fmt::Display;
use std::io;

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{Style, Styles};

/// clap's styles, which no program changes.
const STYLES: Styles = Styles::styled();

/// How labels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Labels {
    coloured: bool,
}

impl Labels {
    /// Labels for stderr. They have colours under the conditions under which help has them: stderr is a terminal that
    /// knows colours, and neither `NO_COLOR` nor `CLICOLOR=0` is set; or `CLICOLOR_FORCE` is set.
    pub fn of_stderr() -> Self {
        Self {
            coloured: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// Labels with or without colours.
    pub const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// True if stderr gets colours.
    pub fn are_coloured(self) -> bool {
        self.coloured
    }

    /// The label of an error: the name of the program.
    pub fn error(self, program: impl Display) -> String {
        self.styled(STYLES.get_error(), program)
    }

    /// `cause:`
    pub fn cause(self) -> String {
        self.styled(STYLES.get_invalid(), "cause:")
    }

    /// `note:`
    pub fn note(self) -> String {
        self.styled(STYLES.get_literal(), "note:")
    }

    /// `help:`
    pub fn help(self) -> String {
        self.styled(STYLES.get_valid(), "help:")
    }

    /// clap's label for advice.
    pub fn tip(self) -> String {
        self.styled(STYLES.get_valid(), "tip:")
    }

    fn styled(self, style: &Style, text: impl Display) -> String {
        if self.coloured {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

#[cfg(test)]
impl Labels {
    /// Labels without colours.
    pub const PLAIN: Self = Self { coloured: false };

    /// Labels with colours.
    pub const COLOURED: Self = Self { coloured: true };
}
