//! The attributes of a process beyond its namespaces, ids and directories: cgroups, environment, security context,
//! access by other processes, and the signal that it gets when its parent ends.

use std::fmt;

use nix::errno::Errno;
use rustix::fs::{Mode, OFlags};

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::Result;
use crate::error::Doing;
use crate::escape::quoted;
use crate::explain::{Finding, Look};
use crate::launch::cgroup::OpenCgroups;
use crate::launch::facts::{Demands, StepFacts};
use crate::launch::signal::SignalNumber;
use crate::process::Process;
use crate::sys::errno::from_rustix;

/// A step that changes such an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeStep {
    /// Join these cgroups.
    JoinCgroups(OpenCgroups),
    /// Hide this process from processes that may inspect only the processes of the target (`PR_SET_DUMPABLE`).
    Hide,
    /// Use the environment of this process, which can be read at this point.
    ReadEnvironment(Process),
    /// Run the program in this security context (`/proc/PID/attr/exec`).
    SetContext(Vec<u8>),
    /// Get this signal when the parent ends.
    DieWithParent(SignalNumber),
}

impl fmt::Display for AttributeStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JoinCgroups(cgroups) => write!(f, "join {cgroups}"),
            Self::Hide => f.write_str("hide from the processes inside"),
            Self::ReadEnvironment(process) => write!(f, "read the environment of process {}", process.pid()),
            Self::SetContext(context) => write!(f, "set the security context {}", quoted(context)),
            Self::DieWithParent(signal) => write!(f, "get {signal} when the parent ends"),
        }
    }
}

impl InsideFamily for AttributeStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::JoinCgroups(_) => StepFacts::of("join-cgroups"),
            Self::Hide => StepFacts::of("hide"),
            Self::ReadEnvironment(_) => StepFacts::of("read-environment"),
            Self::SetContext(_) => StepFacts::of("set-context").demanding(Demands::PROC),
            Self::DieWithParent(_) => StepFacts::of("die-with-parent").demanding(Demands::DEATH_SIGNAL),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::JoinCgroups(cgroups) => return cgroups.join(),
            Self::Hide => nix::sys::prctl::set_dumpable(false),
            Self::ReadEnvironment(target) => {
                process.environment = Some(target.environment()?);
                Ok(())
            }
            Self::SetContext(context) => set_context(context, process),
            Self::DieWithParent(signal) => process.die_with_parent(*signal),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, _: &Look, _: Errno) -> Option<Finding> {
        match self {
            // The errors of these steps come with their causes.
            Self::JoinCgroups(_)
            | Self::Hide
            | Self::ReadEnvironment(_)
            | Self::SetContext(_)
            | Self::DieWithParent(_) => None,
        }
    }
}

/// The SELinux context of a process (`proc_pid_attr(5)`); `None` if SELinux is off.
pub fn security_context(process: &Process) -> Result<Option<Vec<u8>>> {
    // If SELinux is on, its file system is mounted here (selinux(8)).
    if !std::path::Path::new("/sys/fs/selinux/enforce").exists() {
        return Ok(None);
    }
    let mut context = process.read("attr/current")?;
    context.pop_if(|byte| *byte == 0 || *byte == b'\n');
    Ok(Some(context))
}

/// Sets the security context of the program that is about to start (`proc_pid_attr(5)`).
fn set_context(context: &[u8], process: &InsideProcess) -> nix::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let proc = process.proc.as_ref().ok_or(Errno::EBADF)?;
    let file = rustix::fs::openat(proc, "self/attr/exec", flags, Mode::empty()).map_err(from_rustix)?;
    rustix::io::write(&file, context).map_err(from_rustix).map(|_| ())
}
