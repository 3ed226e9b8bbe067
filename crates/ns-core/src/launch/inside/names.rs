//! Names of existing namespaces, which the caller itself adds and removes. The process outside adds the names of new
//! namespaces, because it has the mounts of the caller.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use nix::errno::Errno;

use super::family::InsideFamily;
use super::process::InsideProcess;

use crate::escape::quoted;
use crate::explain::{Finding, Look, names};
use crate::launch::facts::StepFacts;
use crate::launch::failure::Reporter;
use crate::launch::naming;
use crate::launch::words::in_quotes;
use crate::pins::{self, Waiting};
use crate::target::{self, Destination, no_such_name, unknown_name_of_kind};
use crate::{Error, Kind, Kinds, Result};

/// A step that changes names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameStep {
    /// Give these namespaces this name.
    PinExisting(OsString, Vec<Destination>),
    /// Remove this name from the namespaces of these kinds.
    Unpin(OsString, Kinds),
}

impl fmt::Display for NameStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PinExisting(name, namespaces) => {
                write!(f, "pin {} as {}", target::in_words(namespaces), in_quotes(name))
            }
            Self::Unpin(name, Kinds::ALL) => write!(f, "remove the name {}", in_quotes(name)),
            Self::Unpin(name, kinds) => {
                write!(
                    f,
                    "remove the name {} of the {}",
                    in_quotes(name),
                    kinds.in_words()
                )
            }
        }
    }
}

impl InsideFamily for NameStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::PinExisting(..) => StepFacts::of("pin"),
            Self::Unpin(..) => StepFacts::of("unpin").failing_late(),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        match self {
            Self::PinExisting(name, namespaces) => {
                let kinds = kinds_of(namespaces);
                let open = |kind| {
                    let mut of_it = namespaces.iter().filter(|one| one.kind() == kind);
                    let one = of_it.next().ok_or_else(|| Error::NotFound(self.to_string()))?;
                    one.namespace()
                };
                pins::make(name, kinds, open, waiting(&process.reporter))?;
                naming::note_limits(kinds, process.reporter);
                Ok(())
            }
            Self::Unpin(name, kinds) => unpin(name, *kinds, process.reporter),
        }
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match (self, errno) {
            (Self::PinExisting(..) | Self::Unpin(..), Errno::EPERM | Errno::EACCES) => {
                names::refused(look, errno)
            }
            (Self::PinExisting(_, namespaces), Errno::EROFS) => {
                names::read_only(kinds_of(namespaces)).map(names::in_own_run)
            }
            (Self::PinExisting(_, namespaces), Errno::EINVAL) => {
                let mut mounts = namespaces.iter().filter(|one| one.kind() == Kind::Mnt);
                names::no_younger(&mounts.next()?.namespace().ok()?)
            }
            (Self::Unpin(_, kinds), Errno::EROFS) => names::read_only(*kinds),
            (Self::PinExisting(..) | Self::Unpin(..), _) => None,
        }
    }
}

fn kinds_of(namespaces: &[Destination]) -> Kinds {
    namespaces.iter().map(Destination::kind).collect()
}

/// How to wait for a lock while only the caller waits for this process.
fn waiting(reporter: &Reporter) -> Waiting<'_> {
    Waiting {
        say: &reporter.note,
        wanted: &|| true,
    }
}

fn unpin(name: &OsStr, kinds: Kinds, reporter: Reporter) -> Result<()> {
    let removed = pins::remove(name, kinds, waiting(&reporter))?;
    if !removed.is_empty() {
        return Ok(());
    }
    let mut each = kinds.iter();
    let error = match (each.next(), each.next()) {
        (Some(kind), None) => unknown_name_of_kind(kind, name),
        _ => no_such_name(name),
    };
    let word = name.as_bytes().split(|byte| *byte == b':').next();
    match word.filter(|word| *word != name.as_bytes()) {
        Some(word) if kinds == Kinds::ALL => {
            let help = format!("{} is not a kind; the kinds are {}", quoted(word), Kinds::ALL);
            Err(error.with_help(help))
        }
        _ => Err(error),
    }
}
