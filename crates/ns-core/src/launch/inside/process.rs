//! The process that becomes the program: the resources of its steps, and the results that later steps need.

use std::ffi::CString;
use std::os::fd::{BorrowedFd, OwnedFd};

use nix::errno::Errno;

use crate::error::has_proc;
use crate::explain::paths::Reach;
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
    /// The demands of the steps of the plan.
    pub(in crate::launch) demands: Demands,
    pub(in crate::launch) reporter: Reporter,
    pub(in crate::launch) thread: SingleThread,
    /// The channel to the process outside, if there is one.
    pub(in crate::launch) channel: Option<Channel>,
    /// The channel from a later init to the parent, if there will be an init.
    pub(in crate::launch) to_parent: Option<Channel>,
    /// True if the process at the other end of the channel is the parent, which waits for this process.
    pub(in crate::launch) has_parent: bool,
    /// The signal mask that the program gets.
    pub(in crate::launch) mask: SignalSet,
    /// The `/proc` of the caller, because later another one, or none, may be in its place.
    pub(in crate::launch) proc: Option<OwnedFd>,
    /// The path of the program where the caller is, if the plan leads to another root.
    pub(in crate::launch) program_outside: Option<CString>,
    /// The namespaces that were joined so far.
    pub(super) joined: Vec<(Kind, Identity)>,
    /// How the caller reaches the files below the root directory. If that has changed, paths may lead to files of others.
    pub(super) reach: Reach,
    /// True if all groups were dropped before a user namespace was entered.
    pub(super) groups_dropped: bool,
    /// The environment that a step has read.
    pub(super) environment: Option<Vec<CString>>,
    /// The id of the mount namespace that the process came from.
    pub(super) mount_before: Option<u64>,
    /// The exit status of a plan without a program: 1 after a failure that did not stop the other steps.
    pub(in crate::launch) end_status: i32,
    /// True if the new root cannot replace the root of the mount namespace.
    pub(super) without_pivot: bool,
    /// Why the new user namespace cannot map the caller's uid, if that is 0.
    pub(super) without_root_map: Option<Finding>,
    /// A file that is held open because the kernel would otherwise drop its state.
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
            program_outside: None,
            joined: Vec::new(),
            reach: Reach::Same,
            groups_dropped: false,
            environment: None,
            mount_before: None,
            end_status: 0,
            without_pivot: false,
            without_root_map: None,
            kept: None,
        }
    }

    /// True if a namespace of this kind was joined.
    pub(super) fn has_joined(&self, kind: Kind) -> bool {
        self.joined.iter().any(|(joined, _)| *joined == kind)
    }

    /// True if paths may lead to files that others have made.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.reach != Reach::Same || self.has_joined(Kind::Mnt)
    }

    /// Notes that this namespace was entered. The root directory of the process is that of another mount namespace then.
    pub(super) fn has_entered(&mut self, kind: Kind, identity: Identity) {
        self.joined.push((kind, identity));
        if kind == Kind::Mnt {
            self.reach = Reach::Unknown;
        }
    }

    /// Adds the cause to the error, if one is found. In another mount namespace, or below another root, the files may
    /// belong to anybody, and so may `/proc`.
    pub(in crate::launch) fn explain(
        &self,
        error: Error,
        cause: impl FnOnce(&Look, Errno) -> Option<Finding>,
    ) -> Error {
        self.explain_with(error, &[], cause)
    }

    /// Adds the cause as [`explain`](Self::explain) does. `cause` looks at these descriptors.
    pub(in crate::launch) fn explain_with(
        &self,
        error: Error,
        descriptors: &[BorrowedFd<'_>],
        cause: impl FnOnce(&Look, Errno) -> Option<Finding>,
    ) -> Error {
        if !self.is_elsewhere() {
            return explain::explain(error, cause);
        }
        explain::aside(error, descriptors, |error| {
            if has_proc() {
                explain::explain_by(&Look::from_elsewhere(), error, cause)
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
        // The parent may have ended before the signal was set. Its end of the channel is closed then. Its PID is no
        // proof: it may belong to another process, and getppid() is 0 in a new PID namespace.
        if channel.is_closed()? {
            return Err(Errno::ESRCH);
        }
        Ok(())
    }
}
