//! The trait of the families of steps that are done inside.

use std::fmt;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use super::process::InsideProcess;
use crate::Result;
use crate::explain::{Finding, Look};
use crate::launch::facts::StepFacts;

/// A family. A step's text completes "cannot …" in an error.
///
/// Each method is a match over all steps of the family, without `_`. So the compiler finds what a new step lacks.
pub(in crate::launch) trait InsideFamily: fmt::Display {
    /// The word for the step, its demands, and the failures that do not stop the launch.
    fn facts(&self) -> StepFacts;

    /// Does the step, in the process that becomes the program.
    fn perform(&self, process: &mut InsideProcess) -> Result<()>;

    /// Looks for the cause of this answer of the kernel.
    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding>;

    /// The descriptors that [`cause`](Self::cause) looks at.
    fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}
