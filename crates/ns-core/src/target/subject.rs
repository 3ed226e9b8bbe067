//! What a target turned out to be, held open, and which namespaces it gives.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::choices::list;
use super::{Target, elsewhere, meant};
use crate::escape::quoted;
use crate::pins::{self, Pin};
use crate::process::Process;
use crate::{Error, Kind, Kinds, Namespace, Result};

/// What a target turned out to be, held open.
#[derive(Debug)]
pub enum Subject {
    /// A process: it gives its namespaces of all kinds.
    Process(Process),
    /// One namespace.
    Namespace(Namespace),
    /// A name: it gives those that are pinned under it, one of each kind at most.
    Pinned(Pinned),
}

/// The namespaces that are pinned under one name.
#[derive(Debug)]
pub struct Pinned {
    name: OsString,
    pins: Vec<Pin>,
}

impl Pinned {
    /// Finds them. [`Error::NotFound`] where there is no such name; where all files of the name are stale the error of the
    /// first of them.
    pub(super) fn find(name: &OsStr) -> Result<Self> {
        let mut pins = pins::find(name)?;
        if pins.is_empty() {
            return Err(unknown_name(name));
        }
        if pins.iter().all(|pin| pin.namespace.is_err()) {
            let Pin {
                kind,
                path,
                namespace,
            } = pins.remove(0);
            return Err(elsewhere::explain(kind, &path, namespace.unwrap_err()));
        }
        Ok(Self {
            name: name.to_owned(),
            pins,
        })
    }

    /// The name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }
}

/// That a name is one of other kinds only.
fn none_of_kind(kind: Kind, name: &OsStr, others: Kinds) -> String {
    let (noun, name) = (kind.noun(), quoted(name.as_bytes()));
    format!("no {noun} namespace is pinned under the name {name}, only {others}")
}

/// That there is no such name of this kind, with what there is.
pub(crate) fn unknown_name_of_kind(kind: Kind, name: &OsStr) -> Error {
    let pins = pins::find(name).unwrap_or_default();
    if pins.is_empty() {
        return unknown_name(name);
    }
    let others = pins.iter().map(|pin| pin.kind).collect();
    Error::NotFound(none_of_kind(kind, name, others))
}

/// That there is no such name, with the names that there are.
pub(crate) fn unknown_name(name: &OsStr) -> Error {
    let error = Error::NotFound(format!(
        "no namespace is pinned under the name {}",
        quoted(name.as_bytes())
    ));
    let meant = meant::instead_of_name(name);
    if !meant.is_empty() {
        let meant = list(meant.iter().map(ToString::to_string));
        return error.with_help(format!("there is {meant}"));
    }
    let names = pins::names().unwrap_or_default();
    if names.is_empty() {
        return error.with_help("there are no pinned namespaces; a process is named by its PID, a file by a path with a slash in it");
    }
    let names = names
        .iter()
        .map(|(name, kinds)| format!("{} ({kinds})", quoted(name.as_bytes())));
    error.with_help(format!("the names are {}", list(names)))
}

impl Subject {
    /// The kinds of which it gives a namespace. Those of which a name is stale are among them: whoever wants all is to hear
    /// of it, and not to go on in a namespace of ours.
    pub fn kinds(&self) -> Kinds {
        match self {
            Self::Process(_) => Kinds::ALL,
            Self::Namespace(namespace) => [namespace.kind()].into_iter().collect(),
            Self::Pinned(Pinned { pins, .. }) => pins.iter().map(|pin| pin.kind).collect(),
        }
    }

    /// Its namespace of this kind: that of the process, the namespace itself, the one pinned under the name.
    ///
    /// [`Error::Unfit`] where it gives none of this kind.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        match self {
            Self::Process(process) => process.namespace(kind),
            Self::Namespace(namespace) if namespace.kind() == kind => Ok(namespace.clone()),
            Self::Namespace(namespace) => {
                let found = namespace.kind().a_namespace();
                Err(Error::Unfit(format!(
                    "{namespace} is {found}, not {}",
                    kind.a_namespace()
                )))
            }
            Self::Pinned(pinned) => match pinned.pins.iter().find(|pin| pin.kind == kind) {
                Some(pin) => match &pin.namespace {
                    Ok(namespace) => Ok(namespace.clone()),
                    Err(error) => Err(elsewhere::explain(kind, &pin.path, error.clone())),
                },
                None => Err(Error::Unfit(none_of_kind(kind, &pinned.name, self.kinds()))),
            },
        }
    }

    /// How to speak of a namespace of it, after "the network namespace": `of process 4711`, or the target as it was named.
    pub fn place(&self, target: &Target) -> String {
        match self {
            Self::Process(process) => format!("of process {}", process.pid()),
            Self::Namespace(_) | Self::Pinned(_) => target.to_string(),
        }
    }

    /// The process that it is. `None` for namespaces.
    pub fn process(&self) -> Option<&Process> {
        match self {
            Self::Process(process) => Some(process),
            Self::Namespace(_) | Self::Pinned(_) => None,
        }
    }

    /// The process that it has to be. [`Error::Unfit`] for namespaces.
    pub fn into_process(self) -> Result<Process> {
        let what = match self {
            Self::Process(process) => return Ok(process),
            Self::Namespace(namespace) => format!("{namespace} is a namespace"),
            Self::Pinned(pinned) => format!("{} is the name of a namespace", quoted(pinned.name.as_bytes())),
        };
        Err(Error::Unfit(format!("{what}, not a process")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Pid;

    #[test]
    fn a_process_gives_all_kinds() {
        let subject = Target::Process(Pid::own()).open().unwrap();
        assert_eq!(subject.kinds(), Kinds::ALL);
        for kind in Kind::ALL {
            let own = Namespace::own(kind).unwrap();
            assert_eq!(subject.namespace(kind).unwrap().identity(), own.identity());
        }
        assert_eq!(subject.into_process().unwrap().pid(), Pid::own());
    }

    #[test]
    fn a_namespace_gives_itself_only() {
        let subject = Target::parse("/proc/self/ns/uts").unwrap().open().unwrap();
        assert_eq!(subject.kinds().to_string(), "uts");
        let own = Namespace::own(Kind::Uts).unwrap();
        assert_eq!(subject.namespace(Kind::Uts).unwrap().identity(), own.identity());
        let error = subject.namespace(Kind::Net).unwrap_err().to_string();
        assert!(
            error.ends_with("is a UTS namespace, not a network namespace"),
            "{error}"
        );
        let error = subject.into_process().unwrap_err().to_string();
        assert!(error.ends_with("is a namespace, not a process"), "{error}");
    }

    #[test]
    fn a_name_that_nobody_has_given_is_answered_with_those_that_are() {
        let error = Target::parse("no-such-name-of-ns-utils")
            .unwrap()
            .open()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "no namespace is pinned under the name \"no-such-name-of-ns-utils\""
        );
        assert!(error.help().is_some());
    }
}
