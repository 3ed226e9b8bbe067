//! Entering what is there: cgroups, namespaces in the order in which they can be, directories, ids.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::fs::{CWD, Mode, OFlags};

use super::cause;
use super::failure::Warn;
use super::held::Directory;
use super::ids::Ids;
use super::plan::Plan;
use super::step::Step;
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::target::Destination;
use crate::{Error, Identity, Kind, Result};

/// What was entered so far, and what is needed for the rest.
pub(super) struct Entering {
    warn: Warn,
    joined: Vec<(Kind, Identity)>,
    ids: Option<Ids>,
    environment: Option<Vec<CString>>,
}

impl Entering {
    /// Opens what the steps of the plan need, while it can be opened.
    pub(super) fn prepare(plan: &Plan, warn: Warn) -> Result<Self> {
        let needs_ids =
            |step: &Step| matches!(step, Step::Take(..) | Step::TryDropGroups | Step::SetContext(_));
        let ids = plan.steps.iter().any(|(_, step)| needs_ids(step));
        Ok(Self {
            warn,
            joined: Vec::new(),
            ids: ids.then(Ids::prepare).transpose()?,
            environment: None,
        })
    }

    /// The environment that was read on the way.
    pub(super) fn take_environment(&mut self) -> Option<Vec<CString>> {
        self.environment.take()
    }

    /// Whether what is at `/proc` now is the kernel's: in another mount namespace it may be anything, a FIFO that never
    /// ends among it.
    fn has_proc(&self) -> bool {
        use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
        !self.joined.iter().any(|(kind, _)| *kind == Kind::Mnt)
            || statfs("/proc").is_ok_and(|system| system.filesystem_type() == PROC_SUPER_MAGIC)
    }

    /// The error with what is found of its cause, where that can be looked for.
    pub(super) fn explain(&self, step: &Step, error: Error) -> Error {
        if self.has_proc() {
            cause::explain(step, error)
        } else {
            error
        }
    }

    /// Does a step of this sort. `None` where it is of another.
    pub(super) fn perform(&mut self, step: &Step) -> Option<Result<()>> {
        let kernel = |answer: nix::Result<()>| answer.doing(|| step.to_string());
        Some(match step {
            Step::JoinCgroups(cgroups) => cgroups.join(),
            Step::Hide => kernel(nix::sys::prctl::set_dumpable(false)),
            Step::TryJoin(destinations) => {
                self.try_join(destinations);
                Ok(())
            }
            Step::Join(destinations) => self.join(destinations),
            Step::EnterRoot(root) => kernel(enter_root(root)),
            Step::EnterDirectory(directory) => kernel(change_to(directory)),
            Step::TryDirectory(directory) => self.try_directory(directory),
            Step::ReadEnvironment(process) => process
                .environment()
                .map(|environment| self.environment = Some(environment)),
            _ => return self.perform_on_ids(step),
        })
    }

    fn perform_on_ids(&mut self, step: &Step) -> Option<Result<()>> {
        let in_user_namespace = self.joined.iter().any(|(kind, _)| *kind == Kind::User);
        let ids = self.ids.as_mut()?;
        Some(match step {
            Step::TryDropGroups => {
                ids.try_drop_groups();
                Ok(())
            }
            Step::Take(kind, wanted) => ids.take(*kind, wanted, in_user_namespace, self.warn),
            Step::SetContext(context) => ids.set_context(context).doing(|| step.to_string()),
            _ => return None,
        })
    }

    /// Joins those that let us in. What keeps us out of the others may change with the user namespace.
    fn try_join(&mut self, destinations: &[Destination]) {
        for destination in destinations {
            if !self.joined.contains(&key(destination)) && destination.enter().is_ok() {
                self.joined.push(key(destination));
            }
        }
    }

    /// Joins those that were not joined yet.
    fn join(&mut self, destinations: &[Destination]) -> Result<()> {
        for destination in destinations {
            if self.joined.contains(&key(destination)) {
                continue;
            }
            if let Err(error) = destination.enter() {
                let alone = Step::Join(vec![destination.clone()]);
                return Err(self.explain(&alone, error));
            }
            self.joined.push(key(destination));
        }
        Ok(())
    }

    /// The directory that nobody has asked for by name is no reason not to go in.
    fn try_directory(&self, directory: &Directory) -> Result<()> {
        let outcome = match change_to(directory) {
            Ok(()) if is_outside_root() => Err(nix::errno::Errno::EXDEV),
            outcome => outcome,
        };
        let Err(errno) = outcome else { return Ok(()) };
        let text = match errno {
            nix::errno::Errno::EXDEV => format!("{directory} is outside of its root: going to the root"),
            errno => format!(
                "{directory} cannot be entered ({}): going to the root",
                errno.desc()
            ),
        };
        (self.warn)(&Error::Unfit(text));
        nix::unistd::chdir("/").doing(|| "change the directory to the root")
    }
}

fn key(destination: &Destination) -> (Kind, Identity) {
    (destination.kind(), destination.identity())
}

fn change_to(directory: impl AsFd) -> nix::Result<()> {
    rustix::process::fchdir(directory).map_err(from_rustix)
}

fn enter_root(root: &Directory) -> nix::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let before = rustix::fs::openat(CWD, ".", flags, Mode::empty());
    // What is the root already takes no privilege to enter.
    if !root.is_at("/") {
        change_to(root)?;
        nix::unistd::chroot(".")?;
    }
    let stayed = before.is_ok_and(|before| change_to(&before).is_ok());
    if !stayed || is_outside_root() {
        nix::unistd::chdir("/")?;
    }
    Ok(())
}

/// Whether no path leads from the root to the working directory (`getcwd(2)`).
fn is_outside_root() -> bool {
    // glibc's getcwd fails there; the kernel's marks it.
    match rustix::process::getcwd(Vec::new()) {
        Ok(path) => !path.to_bytes().starts_with(b"/"),
        // Removed: it is nowhere.
        Err(_) => true,
    }
}
