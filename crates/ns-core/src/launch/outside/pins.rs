//! Files and names that keep the new namespaces. The process outside makes them, because it has the mounts of the
//! caller.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, umount2};

use super::family::OutsideFamily;
use super::made::Made;
use super::process::OutsideProcess;
use super::unanswered::PATIENCE;
use crate::error::Doing;
use crate::escape::word;
use crate::explain::{Finding, Look, mounts, names};
use crate::launch::facts::StepFacts;
use crate::launch::naming;
use crate::launch::number::{self, NetworkNumber};
use crate::launch::words::in_quotes;
use crate::pins::{self, Waiting};
use crate::process::is_known_within;
use crate::{Kind, Kinds, Namespace, Result};

/// A step after which namespaces live longer than the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinStep {
    /// Bind the namespace of this kind to a file.
    Bind(Kind, PathBuf),
    /// Give the new namespaces of these kinds this name.
    Name(OsString, Kinds),
    /// Give the new network namespace this number in the caller's.
    Number(NetworkNumber),
}

impl fmt::Display for PinStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(kind, file) => write!(f, "bind the {} namespace to {}", kind.noun(), in_quotes(file)),
            Self::Name(name, kinds) => write!(f, "pin the {} as {}", kinds.in_words(), in_quotes(name)),
            Self::Number(number) => write!(f, "give the new network namespace {number} in the caller's"),
        }
    }
}

impl OutsideFamily for PinStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::Bind(..) | Self::Name(..) => StepFacts::of("pin"),
            Self::Number(_) => StepFacts::of("number-network"),
        }
    }

    fn perform(&self, process: &mut OutsideProcess) -> Result<()> {
        match self {
            Self::Bind(kind, file) => self.bind(*kind, file, process),
            Self::Name(name, kinds) => give_name(name, *kinds, process),
            Self::Number(number) => number.give(&process.hold()?.namespace(Kind::Net)?, &self.to_string()),
        }
    }

    fn removal(&self) -> Option<String> {
        match self {
            // It may be bound, or only made.
            Self::Bind(_, file) => Some(format!("umount {0}, and rm {0} if it is new", word(file))),
            Self::Name(name, _) => Some(format!("ns-unshare --unpin {}", word(name))),
            Self::Number(_) => None,
        }
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match (self, errno) {
            (
                Self::Bind(kind, file),
                Errno::EINVAL
                | Errno::EPERM
                | Errno::EACCES
                | Errno::ENOENT
                | Errno::ENOTDIR
                | Errno::EISDIR
                | Errno::ENOSPC,
            ) => mounts::pin(look, *kind, file, errno),
            (Self::Name(_, kinds), Errno::EPERM | Errno::EACCES) => names::refused(look, *kinds, true, errno),
            (Self::Name(_, kinds), Errno::ENOENT) => names::no_place(*kinds),
            (Self::Name(_, kinds), Errno::EROFS) => names::read_only(*kinds).map(names::in_own_run),
            (Self::Number(_), _) => number::refused(look, errno),
            (Self::Bind(..) | Self::Name(..), _) => None,
        }
    }
}

impl PinStep {
    fn bind(&self, kind: Kind, file: &Path, process: &mut OutsideProcess) -> Result<()> {
        process.make_file(file).doing(|| self.to_string())?;
        let namespace = process.hold()?.namespace(kind)?;
        let undo = || {
            let _ = umount2(file, MntFlags::MNT_DETACH);
        };
        let bound = process.in_child_to_undo(|| pins::bind(&namespace, file), undo);
        // The answer of the child can be lost, although it has bound the namespace.
        if bound.is_ok() || leads_to(file, &namespace) {
            process.has_made([Made::Mount(file.to_owned())]);
        }
        bound.doing(|| self.to_string())
    }
}

/// True if the file is known to lead to this namespace.
fn leads_to(file: &Path, namespace: &Namespace) -> bool {
    is_known_within(PATIENCE, &[], || {
        Namespace::open(file).is_ok_and(|found| found.identity() == namespace.identity())
    })
}

fn give_name(name: &OsStr, kinds: Kinds, process: &mut OutsideProcess) -> Result<()> {
    let held = process.hold()?;
    let reporter = process.reporter;
    let waiting = Waiting {
        say: &reporter.note,
        wanted: &|| process.is_wanted(),
    };
    let made = pins::make(name, kinds, |kind| held.namespace(kind), waiting)?;
    naming::note_limits(kinds, reporter);
    process.has_made(made.into_iter().map(Made::Name));
    Ok(())
}
