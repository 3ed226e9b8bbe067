//! The trait of the families of steps that are done outside.

use std::fmt;

use nix::errno::Errno;

use super::process::OutsideProcess;
use crate::Result;
use crate::explain::{Finding, Look};
use crate::launch::facts::StepFacts;

/// A family. A step's text completes "cannot …" in an error.
///
/// Each method is a match over all steps of the family, without `_`. So the compiler finds what a new step lacks.
pub(in crate::launch) trait OutsideFamily: fmt::Display {
    /// The word for the step, its demands, and the failures that do not stop the launch.
    fn facts(&self) -> StepFacts;

    /// Does the step, in the process outside.
    fn perform(&self, process: &mut OutsideProcess) -> Result<()>;

    /// The command that removes what the step makes, if it outlives the program.
    fn removal(&self) -> Option<String>;

    /// Looks for the cause of this answer of the kernel.
    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding>;
}
