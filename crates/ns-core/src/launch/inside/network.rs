//! Interfaces of the network namespace that the process is in.

use std::fmt;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::Result;
use crate::error::Doing;
use crate::explain::capability::lacking;
use crate::explain::{Finding, Look, restrictions};
use crate::launch::facts::StepFacts;
use crate::sys::interface;

/// A step that changes interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkStep {
    /// Bring the loopback interface up.
    LoopbackUp,
}

impl fmt::Display for NetworkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoopbackUp => f.write_str("bring the loopback interface up"),
        }
    }
}

impl InsideFamily for NetworkStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::LoopbackUp => StepFacts::of("loopback-up").may_fail(),
        }
    }

    fn perform(&self, _: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::LoopbackUp => interface::loopback_up(),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::LoopbackUp => lacking(look, errno, CapabilitySet::NET_ADMIN)
                .or_else(|| restrictions::in_user_namespace(look, errno)),
        }
    }
}
