//! What goes wrong in a launch, and how the person is told of what stops nothing.

use crate::Error;

/// Tells the person about something that is not as it should be and stops nothing.
pub type Warn = fn(&Error);

/// Why the program was not started.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What could not be done.
    pub error: Error,
    /// The exit status for it: 127 or 126 where the program could not be run, else 1.
    pub status: u8,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, status: 1 }
    }
}
