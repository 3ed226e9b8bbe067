//! Looking around after the kernel refused something, in the process that it refused: limits, capabilities, restrictions,
//! policies. A cause is a fact that was found. If nothing is found, nothing is said: a guess is never printed as a cause.
//!
//! The functions here know nothing of steps. They take plain facts, such as a kind of namespace, a path or an id map, and
//! each step says which of them look into its own failures.

pub(crate) mod capability;
pub(crate) mod credentials;
pub(crate) mod entering;
pub(crate) mod limits;
pub(crate) mod links;
mod look;
pub(crate) mod maps;
pub(crate) mod mounts;
pub(crate) mod names;
pub(crate) mod program;
pub(crate) mod restrictions;
mod rights;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use crate::{Error, Namespace};
pub(crate) use look::Look;

/// The cause of a failure, and what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The fact that stands in the way.
    cause: String,
    /// What would take it away, or go around it.
    help: Option<String>,
}

impl Finding {
    fn new(cause: impl Into<String>) -> Self {
        Self {
            cause: cause.into(),
            help: None,
        }
    }

    /// The same cause with other help.
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

/// The error with its cause, if `cause` or a look at the policies of the system finds one. An error that has a cause
/// already keeps it: that one was found closer to the failure.
pub(crate) fn explain(error: Error, cause: impl FnOnce(&Look, Errno) -> Option<Finding>) -> Error {
    let (Some(errno), None) = (error.errno(), error.cause()) else {
        return error;
    };
    let look = Look::around();
    match cause(&look, errno).or_else(|| restrictions::filtered(&look, errno)) {
        Some(finding) => finding.explain(error),
        None => error,
    }
}

/// The error of something that was done in a namespace, with its cause where that is one of rights.
pub fn explain_in(namespace: &Namespace, error: Error) -> Error {
    if error.errno() != Some(Errno::EPERM) || error.cause().is_some() {
        return error;
    }
    let look = Look::around();
    let lacking = rights::lacking(&look, namespace, CapabilitySet::SYS_ADMIN);
    match lacking.or_else(|| restrictions::seccomp(&look)) {
        Some(finding) => finding.explain(error),
        None => error,
    }
}
