//! Settings of new namespaces: names of the host, and clocks.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::Result;
use crate::error::Doing;
use crate::escape::quoted;
use crate::explain::capability::lacking;
use crate::explain::{Finding, Look, limits, restrictions};
use crate::launch::facts::StepFacts;
use crate::launch::proc_file;
use crate::launch::settings::{Clock, ClockOffset, MOST_SECONDS};
use crate::sys::errno::from_rustix;

/// A step that changes a setting of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingStep {
    /// Set the host name.
    HostName(Vec<u8>),
    /// Set the NIS domain name.
    DomainName(Vec<u8>),
    /// Set how far a clock of the new time namespace is ahead of the initial clock (`/proc/PID/timens_offsets`).
    Clock(Clock, ClockOffset),
}

impl fmt::Display for SettingStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostName(name) => write!(f, "set the host name {}", quoted(name)),
            Self::DomainName(name) => write!(f, "set the NIS domain name {}", quoted(name)),
            Self::Clock(clock, offset) => {
                let clock = clock.word();
                write!(
                    f,
                    "set the {clock} clock {offset} from that of the initial time namespace"
                )
            }
        }
    }
}

impl InsideFamily for SettingStep {
    fn facts(&self) -> StepFacts {
        StepFacts::of(match self {
            Self::HostName(_) => "host-name",
            Self::DomainName(_) => "domain-name",
            Self::Clock(..) => "set-clock",
        })
    }

    fn perform(&self, _: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::HostName(name) => nix::unistd::sethostname(OsStr::from_bytes(name)),
            Self::DomainName(name) => rustix::system::setdomainname(name).map_err(from_rustix),
            Self::Clock(clock, offset) => proc_file::write(
                "/proc/self/timens_offsets",
                format!("{} {}\n", clock.word(), offset.kernel()),
            ),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::HostName(_) | Self::DomainName(_) => lacking(look, errno, CapabilitySet::SYS_ADMIN)
                .or_else(|| restrictions::in_user_namespace(look, errno)),
            Self::Clock(clock, offset) => match errno {
                Errno::EPERM | Errno::EACCES => lacking(look, errno, CapabilitySet::SYS_TIME),
                Errno::ENOENT => restrictions::no_proc(look),
                Errno::ERANGE => limits::clock(look, clock.word(), offset.behind, MOST_SECONDS),
                _ => None,
            },
        }
    }
}
