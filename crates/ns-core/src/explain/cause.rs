//! Giving an error its cause.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{limits, restrictions, rights};
use crate::{Error, Namespace};

/// The error with its cause, if `cause` or a look at the policies of the system finds one. If the error already has a
/// cause, it keeps that one, which was found closer to the failure.
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
    match cause(look, errno).or_else(|| restrictions::filtered(look, errno)) {
        Some(finding) => finding.explain(error),
        None => error,
    }
}

/// The error with its cause, if a filter of system calls may be that, and nobody has found another one.
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
