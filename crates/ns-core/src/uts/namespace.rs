//! Which UTS namespace is meant.

use crate::process::{Pid, in_namespace_of};
use crate::{Kind, Namespace, Result};

/// A UTS namespace.
#[derive(Debug)]
pub enum UtsNamespace {
    /// The caller's own: its names are read and set without a look at `/proc`, which a machine lacks early at boot.
    Own,
    /// This one, and a process that is in it, where one is known.
    Of(Namespace, Option<Pid>),
}

impl UtsNamespace {
    /// The namespace, open.
    pub fn namespace(&self) -> Result<Namespace> {
        match self {
            Self::Own => Namespace::own(Kind::Uts),
            Self::Of(namespace, _) => Ok(namespace.clone()),
        }
    }

    /// Whether the caller is in it.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Own => true,
            Self::Of(namespace, _) => {
                Namespace::own(Kind::Uts).is_ok_and(|own| own.identity() == namespace.identity())
            }
        }
    }

    /// Does `here` where the caller is in the namespace, and else `there` in a child that goes there, for what `there`
    /// wrote to be understood by `answer`. `doing` says what is done, after "cannot".
    pub(super) fn work<T>(
        &self,
        doing: &str,
        here: impl FnOnce() -> T,
        there: impl FnOnce() -> Vec<u8>,
        answer: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<T> {
        match self {
            Self::Of(namespace, process) if !self.is_own() => {
                answer(&in_namespace_of(*process, namespace, doing, || Ok(there()))?)
            }
            _ => Ok(here()),
        }
    }
}
