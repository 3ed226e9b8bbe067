//! Names of existing namespaces, which the caller itself adds and removes. The process outside adds the names of new
//! namespaces, because it has the mounts of the caller.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use nix::errno::Errno;

use super::family::InsideFamily;
use super::process::InsideProcess;

use crate::escape::{escape_for_terminal, quoted};
use crate::explain::{Finding, Look, names};
use crate::launch::facts::StepFacts;
use crate::launch::failure::Reporter;
use crate::launch::naming;
use crate::launch::number::{self, NetworkNumber};
use crate::launch::words::in_quotes;
use crate::pins::{self, Waiting};
use crate::sys::errno::from_io;
use crate::target::{self, Destination, no_such_name, unknown_name_of_kind};
use crate::{Error, Kind, Kinds, Result};

/// A step that changes names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameStep {
    /// Give these namespaces this name.
    PinExisting(OsString, Vec<Destination>),
    /// Give this network namespace this number in the caller's.
    Number(Destination, NetworkNumber),
    /// Remove this name from the namespaces of these kinds.
    Unpin(OsString, Kinds),
    /// Remove this name of this kind if it is stale, and write it to the standard output.
    UnpinStale(OsString, Kind),
}

impl fmt::Display for NameStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PinExisting(name, namespaces) => {
                write!(f, "pin {} as {}", target::in_words(namespaces), in_quotes(name))
            }
            Self::Number(namespace, number) => {
                write!(f, "give {namespace} {number} in the caller's network namespace")
            }
            Self::UnpinStale(name, kind) => {
                write!(f, "remove the stale name {} of the {kind} kind", in_quotes(name))
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
            Self::Number(..) => StepFacts::of("number-network"),
            Self::Unpin(..) => StepFacts::of("unpin").failing_late(),
            Self::UnpinStale(..) => StepFacts::of("unpin-stale").failing_late(),
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
            Self::Number(one, number) => number.give(&one.namespace()?, &self.to_string()),
            Self::Unpin(name, kinds) => unpin(name, *kinds, process.reporter),
            Self::UnpinStale(name, kind) => {
                let path = pins::directory(*kind).join(name);
                if let Some(cause) = target::mounted_elsewhere(*kind, &path) {
                    let kept = Error::Unfit(format!("{} is kept", in_quotes(&path)));
                    (process.reporter.note)(&kept.explained(Some(cause), None));
                } else if pins::remove_stale(name, *kind, waiting(&process.reporter))? {
                    let line = [kind.name().as_bytes(), b":", name.as_bytes()].concat();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "{}", escape_for_terminal(&line))
                        .map_err(|error| Error::kernel("write what was removed", from_io(&error)))?;
                }
                Ok(())
            }
        }
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match (self, errno) {
            (Self::PinExisting(_, namespaces), Errno::EPERM | Errno::EACCES) => {
                names::refused(look, kinds_of(namespaces), false, errno)
            }
            (Self::Unpin(_, kinds), Errno::EPERM | Errno::EACCES) => names::not_removed(look, *kinds, errno),
            (Self::UnpinStale(_, kind), Errno::EPERM | Errno::EACCES) => {
                names::not_removed(look, Kinds::of(*kind), errno)
            }
            (Self::Number(..), _) => number::refused(look, errno),
            (Self::PinExisting(_, namespaces), Errno::ENOENT) => names::no_place(kinds_of(namespaces)),
            (Self::PinExisting(_, namespaces), Errno::EROFS) => {
                names::read_only(kinds_of(namespaces)).map(names::in_own_run)
            }
            (Self::PinExisting(_, namespaces), Errno::EINVAL) => {
                let mut mounts = namespaces.iter().filter(|one| one.kind() == Kind::Mnt);
                names::no_younger(&mounts.next()?.namespace().ok()?)
            }
            (Self::Unpin(_, kinds), Errno::EROFS) => names::read_only(*kinds),
            (Self::UnpinStale(_, kind), Errno::EROFS) => names::read_only(Kinds::of(*kind)),
            (Self::PinExisting(..) | Self::Unpin(..) | Self::UnpinStale(..), _) => None,
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
