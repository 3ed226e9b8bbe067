//! A namespace to enter. It is opened before the first one is entered.

use std::fmt;
use std::os::fd::{AsFd as _, BorrowedFd};

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

use crate::error::Doing;
use crate::process::{Pid, Process};
use crate::{Identity, Kind, Namespace, Result, kind};

/// A limit of descriptors that leaves enough for every namespace and everything else.
const MANY: u64 = 64;

/// A namespace to enter, and the words to speak of it.
#[derive(Clone, Debug)]
pub struct Destination {
    kind: Kind,
    identity: Identity,
    fd: SetnsFd,
    words: String,
}

/// The descriptor that setns(2) is given.
#[derive(Clone, Debug)]
enum SetnsFd {
    /// The descriptor of the namespace, which stays open as long as this value.
    Namespace(Namespace),
    /// The pidfd of a process in the namespace. One descriptor serves all namespaces of the process.
    Process(Process),
}

impl Destination {
    /// A namespace, and the words after "the network namespace": `of process 4711`.
    pub fn new(namespace: Namespace, words: impl Into<String>) -> Self {
        Self {
            kind: namespace.kind(),
            identity: namespace.identity(),
            fd: SetnsFd::Namespace(namespace),
            words: words.into(),
        }
    }

    /// The namespace of this kind that a process is in. With the usual limit of descriptors, it is opened. With a low
    /// limit, it is entered through the process, which must still be alive then.
    pub fn of_process(process: &Process, kind: Kind) -> Result<Self> {
        let destination = Self::new(process.namespace(kind)?, of_process(process.pid()));
        let few = getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(soft, _)| soft < MANY);
        Ok(if few && process.pidfd().is_some() {
            Self {
                fd: SetnsFd::Process(process.clone()),
                ..destination
            }
        } else {
            destination
        })
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The namespace itself.
    pub fn namespace(&self) -> Result<Namespace> {
        match &self.fd {
            SetnsFd::Namespace(namespace) => Ok(namespace.clone()),
            SetnsFd::Process(process) => process.namespace(self.kind),
        }
    }

    /// The descriptors by which it is entered and looked at.
    pub(crate) fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        match &self.fd {
            SetnsFd::Namespace(namespace) => vec![namespace.as_fd()],
            SetnsFd::Process(process) => process.pidfd().into_iter().chain([process.directory()]).collect(),
        }
    }

    /// Moves the calling process into the namespace (`setns(2)`).
    pub(crate) fn enter(&self) -> Result<()> {
        let entered = match &self.fd {
            SetnsFd::Namespace(namespace) => namespace.enter(),
            SetnsFd::Process(process) => match process.pidfd() {
                Some(pidfd) => match nix::sched::setns(pidfd, self.kind.flag()) {
                    // The first thread of the process has exited. Another may live.
                    Err(Errno::ESRCH) => process.namespace(self.kind)?.enter(),
                    answer => answer,
                },
                None => process.namespace(self.kind)?.enter(),
            },
        };
        entered.doing(|| format!("join {self}"))
    }
}

/// The same namespace, in the same words.
impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.identity, &self.words) == (other.kind, other.identity, &other.words)
    }
}

impl Eq for Destination {}

/// `the network namespace of process 4711`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} namespace {}", self.kind.noun(), self.words)
    }
}

/// The words for a namespace of a process: `of process 4711`.
pub(super) fn of_process(pid: Pid) -> String {
    format!("of process {pid}")
}

/// Several in a sentence: `the mount, network and UTS namespaces of process 4711, the PID namespace "/run/pidns/blue"`.
pub(crate) fn in_words(destinations: &[Destination]) -> String {
    let parts = destinations
        .chunk_by(|one, other| one.words == other.words)
        .map(|chunk| {
            let kinds = kind::nouns(chunk.iter().map(Destination::kind));
            let plural = if chunk.len() == 1 { "" } else { "s" };
            format!("the {kinds} namespace{plural} {}", chunk[0].words)
        });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_of_one_process_are_one_phrase() {
        let of = |kind, words: &str| Destination::new(Namespace::own(kind).unwrap(), words);
        let all = [
            of(Kind::Net, "of process 4711"),
            of(Kind::Uts, "of process 4711"),
            of(Kind::Pid, "blue"),
        ];
        assert_eq!(in_words(&all[..1]), all[0].to_string());
        assert_eq!(
            in_words(&all),
            "the network and UTS namespaces of process 4711, the PID namespace blue"
        );
    }
}
