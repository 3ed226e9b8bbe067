//! The UTS namespace that a command is about.

use crate::process::{Pid, in_namespace_of};
use crate::{Identity, Kind, Namespace, Result};

/// A UTS namespace.
#[derive(Debug)]
pub enum UtsNamespace {
    /// The caller's own namespace. Its names are read and set without `/proc`, which may be missing early at boot.
    Own,
    /// An open namespace, and a process in it if one is known.
    Of(Namespace, Option<Pid>),
}

impl UtsNamespace {
    /// The namespace, open. Without `/proc`, only Linux 6.11 and later tell the caller's own.
    pub fn namespace(&self) -> Result<Namespace> {
        match self {
            Self::Own => match Namespace::own_anyway(Kind::Uts) {
                Some(own) => Ok(own),
                None => Namespace::own(Kind::Uts),
            },
            Self::Of(namespace, _) => Ok(namespace.clone()),
        }
    }

    /// True if the caller is in it.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Own => true,
            Self::Of(namespace, _) => Identity::own(Kind::Uts).is_ok_and(|own| own == namespace.identity()),
        }
    }

    /// Runs `here` if the caller is in the namespace. Otherwise runs `there` in a child that enters it, and `answer`
    /// decodes what the child wrote. `doing` reads after "cannot".
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
