//! The namespaces that are pinned under one name, and the errors about names.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::choices::list;
use super::{elsewhere, meant};
use crate::escape::quoted;
use crate::pins::{self, Pin, State};
use crate::{Error, Kind, Kinds, Namespace, Result};

/// The namespaces that are pinned under one name.
#[derive(Debug)]
pub(super) struct Pinned {
    name: OsString,
    pins: Vec<Pin>,
}

impl Pinned {
    /// Finds them. [`Error::NotFound`] if there is no such name; if all files of the name are stale, the error of the
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
                ..
            } = pins.remove(0);
            return Err(elsewhere::explain(kind, &path, namespace.unwrap_err()));
        }
        Ok(Self {
            name: name.to_owned(),
            pins,
        })
    }

    /// The name.
    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// The kinds that have this name, stale pins included.
    pub(super) fn kinds(&self) -> Kinds {
        self.pins.iter().map(|pin| pin.kind).collect()
    }

    /// The namespace of this kind. [`Error::Unfit`] if none of the kind has this name.
    pub(super) fn namespace(&self, kind: Kind) -> Result<Namespace> {
        match self.pins.iter().find(|pin| pin.kind == kind) {
            Some(pin) => match &pin.namespace {
                Ok(namespace) => Ok(namespace.clone()),
                Err(error) => Err(elsewhere::explain(kind, &pin.path, error.clone())),
            },
            None => Err(Error::Unfit(none_of_kind(kind, &self.name, self.kinds()))),
        }
    }
}

/// The sentence for a name that only namespaces of other kinds have.
fn none_of_kind(kind: Kind, name: &OsStr, others: Kinds) -> String {
    let (noun, name) = (kind.noun(), quoted(name.as_bytes()));
    format!("no {noun} namespace is pinned under the name {name}, only {others}")
}

/// The error for a name that no namespace of this kind has, with the kinds that have it.
pub(crate) fn unknown_name_of_kind(kind: Kind, name: &OsStr) -> Error {
    let pins = match pins::find(name) {
        Ok(pins) if pins.is_empty() => return no_such_name(name),
        Ok(pins) => pins,
        Err(error) => return error,
    };
    let others = pins.iter().map(|pin| pin.kind).collect();
    Error::NotFound(none_of_kind(kind, name, others))
}

/// The error for a name that does not exist, with the names that do.
pub(crate) fn unknown_name(name: &OsStr) -> Error {
    let error = not_pinned(name);
    let meant = meant::instead_of_name(name);
    if !meant.is_empty() {
        let meant = list(meant.iter().map(ToString::to_string));
        return error.with_help(format!("try {meant}"));
    }
    let none = "there are no pinned names; name a process by its PID, and a file by a path with a slash";
    with_names(error, none)
}

/// The error for a name to remove that does not exist, with the names that do.
pub(crate) fn no_such_name(name: &OsStr) -> Error {
    let error = not_pinned(name);
    match pins::names_in(State::Stale) {
        Ok(stale) if !stale.is_empty() => {
            let help = format!("the stale names are {}", in_words(&stale));
            match pins::names_in(State::Alive) {
                Ok(names) if !names.is_empty() => {
                    error.with_help(format!("the names are {}; {help}", in_words(&names)))
                }
                _ => error.with_help(help),
            }
        }
        _ => with_names(error, "there are no pinned names"),
    }
}

fn in_words(names: &[(OsString, Kinds)]) -> String {
    list(
        names
            .iter()
            .map(|(name, kinds)| format!("{} ({kinds})", quoted(name.as_bytes()))),
    )
}

fn not_pinned(name: &OsStr) -> Error {
    let name = quoted(name.as_bytes());
    Error::NotFound(format!("no namespace is pinned under the name {name}"))
}

/// The error with the names that exist as its help, or with the help `none`.
fn with_names(error: Error, none: &str) -> Error {
    match pins::names_in(State::Alive) {
        Ok(names) if names.is_empty() => error.with_help(none),
        Ok(names) => error.with_help(format!("the names are {}", in_words(&names))),
        Err(unread) => error.with_note(unread.to_string()),
    }
}
