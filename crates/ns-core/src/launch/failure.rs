//! Failures of a launch, and how a launch reports errors that it cannot return.

use super::signal::SignalNumber;
use crate::Error;

/// How a launch reports errors on stderr that it cannot return. Its functions are called in children, too.
#[derive(Clone, Copy, Debug)]
pub struct Reporter {
    /// Reports an error that does not stop the launch.
    pub note: fn(&Error),
    /// Reports an error that ends a process of the launch, if no other process can be told.
    pub error: fn(&Error),
}

/// Why the program was not started.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// The exit status: 127 or 126 if the program could not be run, otherwise 1.
    pub status: u8,
    /// The signal that ended the launch. The caller dies of it without a message.
    pub signal: Option<SignalNumber>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            status: 1,
            signal: None,
        }
    }
}
