//! Id maps that the process in the new user namespace writes itself, and the setting that comes before
//! (`user_namespaces(7)`).

use std::fmt;

use nix::errno::Errno;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::Result;
use crate::error::Doing;
use crate::explain::{Finding, Look, credentials, maps, restrictions};
use crate::idmap::{IdKind, IdMap};
use crate::launch::facts::StepFacts;
use crate::launch::proc_file;
use crate::launch::settings::Setgroups;

/// A step that sets up the user namespace of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnMapStep {
    /// Write the map of uids or gids.
    Write(IdKind, IdMap),
    /// Allow or deny `setgroups(2)` (`/proc/PID/setgroups`).
    Setgroups(Setgroups),
}

impl fmt::Display for OwnMapStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(ids, map) => write!(f, "write the {} map {map}", ids.name()),
            Self::Setgroups(setgroups) => write!(f, "{} setgroups(2)", setgroups.word()),
        }
    }
}

impl InsideFamily for OwnMapStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::Write(IdKind::User, _) => StepFacts::of("map-uids"),
            Self::Write(IdKind::Group, _) => StepFacts::of("map-gids"),
            Self::Setgroups(_) => StepFacts::of("setgroups"),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::Write(ids, map) => {
                let answer = proc_file::write(format!("/proc/self/{}", ids.map_file()), map.contents());
                return answer.doing(|| self.to_string()).map_err(|error| {
                    process.explain(error, |look, errno| {
                        let without_root = process.without_root_map.clone().filter(|_| errno == Errno::EPERM);
                        maps::refused_inside(*ids, map, without_root).or_else(|| self.cause(look, errno))
                    })
                });
            }
            Self::Setgroups(setgroups) => proc_file::write("/proc/self/setgroups", setgroups.word()),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match (self, errno) {
            (Self::Write(..), Errno::EPERM | Errno::EINVAL) => restrictions::apparmor(look),
            (Self::Setgroups(_), Errno::EPERM) => credentials::setgroups_fixed(look),
            (Self::Write(..) | Self::Setgroups(_), Errno::ENOENT) => restrictions::no_proc(look),
            (Self::Write(..) | Self::Setgroups(_), Errno::EROFS) => Some(restrictions::read_only_proc()),
            (Self::Write(..) | Self::Setgroups(_), _) => None,
        }
    }
}
