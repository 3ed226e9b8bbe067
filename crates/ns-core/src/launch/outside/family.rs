//! What a family of steps done outside says of each of its steps.

use std::fmt;

use nix::errno::Errno;

use super::process::OutsideProcess;
use crate::Result;
use crate::explain::{Finding, Look};
use crate::launch::facts::StepFacts;

/// A family. As text a step stands after "cannot" in an error.
///
/// Each of these is a match over all steps of the family, without `_`: so the compiler finds what a new step does not say
/// yet.
pub(in crate::launch) trait OutsideFamily: fmt::Display {
    /// The word for it, what it demands, and which failures stop nothing.
    fn facts(&self) -> StepFacts;

    /// Does it, in the process outside.
    fn perform(&self, process: &mut OutsideProcess) -> Result<()>;

    /// Looks for the cause of this answer of the kernel's.
    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding>;
}
