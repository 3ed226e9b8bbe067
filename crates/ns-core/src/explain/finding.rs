//! The result of an explanation: a cause, and what would help.

use crate::Error;

/// The cause of a failure, and what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The fact that explains the failure.
    pub(super) cause: String,
    /// A command or a sentence about what to do.
    pub(super) help: Option<String>,
}

impl Finding {
    /// A cause without help.
    pub(super) fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            help: None,
        }
    }

    /// This cause with the given help in place of its own.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The error with this cause and this help.
    pub(crate) fn explain(self, error: Error) -> Error {
        error.explained(Some(self.cause), self.help)
    }
}
