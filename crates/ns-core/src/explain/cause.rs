//! Giving an error its cause.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{filter, limits, rights};
use crate::{Error, Namespace};

/// The error with its cause, if `cause` finds one. If the error already has a cause, it keeps that one, which was found
/// closer to the failure. Without a cause, an active filter of system calls is noted.
pub(crate) fn explain(error: Error, cause: impl FnOnce(&Look, Errno) -> Option<Finding>) -> Error {
    explain_by(&Look::around(), error, cause)
}

/// The error with its cause, as [`explain`] finds it by this look.
pub(crate) fn explain_by(
    look: &Look,
    error: Error,
    cause: impl FnOnce(&Look, Errno) -> Option<Finding>,
) -> Error {
    let (Some(errno), None) = (error.errno(), error.cause()) else {
        return error;
    };
    match cause(look, errno).or_else(|| limits::files(errno)) {
        Some(finding) => finding.explain(error),
        None => filter::noted(look, error, errno),
    }
}

/// The error with a note, if a filter of system calls may be the reason, and nobody has found a cause.
pub fn explain_filter(error: Error) -> Error {
    explain(error, |_, _| None)
}

/// The error of an operation in a namespace, with its cause if rights were missing.
pub fn explain_in(namespace: &Namespace, error: Error) -> Error {
    explain(error, |look, errno| match errno {
        Errno::EPERM => rights::lacking(look, namespace, CapabilitySet::SYS_ADMIN),
        // A child enters it.
        Errno::EAGAIN => limits::processes(look),
        _ => None,
    })
}
