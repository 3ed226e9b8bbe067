//! What is entered, held open from before the first of it is.

use std::fmt;
use std::rc::Rc;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};

use super::held::HeldProcess;
use crate::error::Doing;
use crate::kind::nouns;
use crate::{Identity, Kind, Kinds, Namespace, Result};

/// A namespace to enter, and how to speak of it.
#[derive(Clone, Debug)]
pub struct Destination {
    kind: Kind,
    identity: Identity,
    way: Way,
    place: String,
}

/// By what a namespace is held.
#[derive(Clone, Debug)]
enum Way {
    /// Itself: it lives as long as this does.
    Open(Namespace),
    /// The process that is in it: one descriptor for all of its namespaces.
    Through(HeldProcess),
}

impl Destination {
    /// A namespace, and where it was found, to stand after "the network namespace": `of process 4711`.
    pub fn new(namespace: Namespace, place: impl Into<String>) -> Self {
        Self {
            kind: namespace.kind(),
            identity: namespace.identity(),
            way: Way::Open(namespace),
            place: place.into(),
        }
    }

    /// The namespace of this kind that a process is in. With the usual number of descriptors it is held open; with few it
    /// is entered through the process, if that lives so long.
    pub fn of_process(process: &HeldProcess, kind: Kind) -> Result<Self> {
        let namespace = process.namespace(kind)?;
        let destination = Self::new(namespace, format!("of process {}", process.pid()));
        let few = getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(soft, _)| soft < MANY);
        Ok(if few {
            Self {
                way: Way::Through(process.clone()),
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
    pub fn open(&self) -> Result<Namespace> {
        match &self.way {
            Way::Open(namespace) => Ok(namespace.clone()),
            Way::Through(process) => process.namespace(self.kind),
        }
    }

    /// Puts the calling process in (`setns(2)`).
    pub(super) fn enter(&self) -> Result<()> {
        let entered = match &self.way {
            Way::Open(namespace) => namespace.enter(),
            Way::Through(process) => match nix::sched::setns(&**process, self.kind.flag()) {
                Err(Errno::ESRCH) => return Err(process.ended()),
                answer => answer,
            },
        };
        entered.doing(|| format!("join {self}"))
    }
}

/// More than are needed for the namespaces, and all else.
const MANY: u64 = 64;

/// The same namespace, found in the same place.
impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.identity, &self.place) == (other.kind, other.identity, &other.place)
    }
}

impl Eq for Destination {}

/// `the network namespace of process 4711`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} namespace {}", self.kind.noun(), self.place)
    }
}

/// Namespaces to enter, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations(Rc<[Destination]>);

impl Destinations {
    /// These, in this order.
    pub fn new(destinations: impl IntoIterator<Item = Destination>) -> Self {
        Self(destinations.into_iter().collect())
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.0.iter()
    }

    /// Their kinds.
    pub fn kinds(&self) -> Kinds {
        self.iter().map(Destination::kind).collect()
    }
}

/// `the mount, network and UTS namespaces of process 4711, the PID namespace "/run/pidns/blue"`.
impl fmt::Display for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self
            .0
            .chunk_by(|one, other| one.place == other.place)
            .map(|chunk| {
                let kinds = nouns(chunk.iter().map(Destination::kind));
                let plural = if chunk.len() == 1 { "" } else { "s" };
                format!("the {kinds} namespace{plural} {}", chunk[0].place)
            });
        f.write_str(&places.collect::<Vec<_>>().join(", "))
    }
}
