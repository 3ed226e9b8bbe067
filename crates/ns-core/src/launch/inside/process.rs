//! The process that becomes the program: what its steps have to hand, and what they leave for later ones.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::explain::{self, Finding, Look};
use crate::launch::channel::Channel;
use crate::launch::facts::Demands;
use crate::launch::failure::Reporter;
use crate::launch::signal::SignalNumber;
use crate::sys::fork::SingleThread;
use crate::sys::signal_set::SignalSet;
use crate::sys::signals;
use crate::{Error, Identity, Kind};

/// The process inside.
pub(in crate::launch) struct InsideProcess {
    /// What the steps of the plan demand.
    pub(in crate::launch) demands: Demands,
    pub(in crate::launch) reporter: Reporter,
    pub(in crate::launch) thread: SingleThread,
    /// To the outside, where there is one.
    pub(in crate::launch) channel: Option<Channel>,
    /// From an init to the parent, where there will be one.
    pub(in crate::launch) to_parent: Option<Channel>,
    /// Whether the process at the other end of the channel is the parent, which waits for this one.
    pub(in crate::launch) has_parent: bool,
    /// The signal mask that the program gets.
    pub(in crate::launch) mask: SignalSet,
    /// The `/proc` of the caller, where another one, or none, may be found later.
    pub(in crate::launch) proc: Option<OwnedFd>,
    /// The namespaces that were joined so far.
    pub(super) joined: Vec<(Kind, Identity)>,
    /// Whether the root directory is another one, where paths lead to what others may have made.
    pub(super) elsewhere: bool,
    /// Whether all groups were given up before a user namespace was entered.
    pub(super) groups_dropped: bool,
    /// The environment that was read on the way.
    pub(super) environment: Option<Vec<CString>>,
    /// The id of the mount namespace that the process came from.
    pub(super) mount_before: Option<u64>,
    /// What would go if nobody held it.
    pub(super) kept: Option<OwnedFd>,
}

impl InsideProcess {
    /// A process that has done no step yet.
    pub(in crate::launch) fn new(
        demands: Demands,
        reporter: Reporter,
        thread: SingleThread,
        mask: SignalSet,
    ) -> Self {
        Self {
            demands,
            reporter,
            thread,
            channel: None,
            to_parent: None,
            has_parent: false,
            mask,
            proc: None,
            joined: Vec::new(),
            elsewhere: false,
            groups_dropped: false,
            environment: None,
            mount_before: None,
            kept: None,
        }
    }

    /// Whether a namespace of this kind was joined.
    pub(super) fn has_joined(&self, kind: Kind) -> bool {
        self.joined.iter().any(|(joined, _)| *joined == kind)
    }

    /// The error with what is found of its cause. In another mount namespace, or below another root, the files may be
    /// anybody's, and so may `/proc`.
    pub(in crate::launch) fn explain(
        &self,
        error: Error,
        cause: impl FnOnce(&Look, Errno) -> Option<Finding>,
    ) -> Error {
        if !self.elsewhere && !self.has_joined(Kind::Mnt) {
            return explain::explain(error, cause);
        }
        explain::aside(error, |error| {
            if has_proc() {
                explain::explain(error, cause)
            } else {
                error
            }
        })
    }

    /// Asks for this signal when the parent ends.
    pub(in crate::launch) fn die_with_parent(&self, signal: SignalNumber) -> nix::Result<()> {
        signals::on_death_of_parent(Some(signal.as_raw()))?;
        let Some(channel) = self.channel.as_ref().filter(|_| self.has_parent) else {
            return Ok(());
        };
        // It may have ended before the signal was set. Its end of the channel is closed then; its PID may mean another
        // process, and getppid() is 0 in a new PID namespace.
        if channel.is_closed()? {
            return Err(Errno::ESRCH);
        }
        Ok(())
    }
}

/// Whether what is at `/proc` is the kernel's.
pub(super) fn has_proc() -> bool {
    use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
    statfs("/proc").is_ok_and(|system| system.filesystem_type() == PROC_SUPER_MAGIC)
}
