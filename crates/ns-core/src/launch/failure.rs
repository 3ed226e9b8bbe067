//! What goes wrong in a launch, and how a launch reports what it cannot return.

use super::signal::SignalNumber;
use crate::Error;

/// How a launch reports on stderr what it cannot return. Its functions are called in children, too.
#[derive(Clone, Copy, Debug)]
pub struct Reporter {
    /// Reports an error that stops nothing.
    pub note: fn(&Error),
    /// Reports an error that ends a process of the launch and that no other process can be told.
    pub error: fn(&Error),
}

/// Why the program was not started.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What could not be done.
    pub error: Error,
    /// The exit status for it: 127 or 126 where the program could not be run, else 1.
    pub status: u8,
    /// The signal that ended the launch. The caller dies of it, and says nothing.
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
