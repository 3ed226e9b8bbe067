//! What is entered, held open from before the first of it is.

use std::fmt;
use std::rc::Rc;

use super::step::in_words;
use crate::{Kinds, Namespace};

/// A namespace to enter, and how to speak of it.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The namespace. It lives as long as this does.
    pub namespace: Rc<Namespace>,
    /// Where it was found, to stand after "the network namespace": `of process 4711`.
    pub place: String,
}

impl Destination {
    /// A namespace that was found in this place.
    pub fn new(namespace: Namespace, place: impl Into<String>) -> Self {
        Self {
            namespace: Rc::new(namespace),
            place: place.into(),
        }
    }
}

/// The same namespace, found in the same place.
impl PartialEq for Destination {
    fn eq(&self, other: &Self) -> bool {
        self.namespace.kind() == other.namespace.kind()
            && self.namespace.identity() == other.namespace.identity()
            && self.place == other.place
    }
}

impl Eq for Destination {}

/// `the network namespace of process 4711`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} namespace {}", self.namespace.kind().noun(), self.place)
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
        self.iter()
            .map(|destination| destination.namespace.kind())
            .collect()
    }
}

/// `the mount, network and UTS namespaces of process 4711, the PID namespace "/run/pidns/blue"`.
impl fmt::Display for Destinations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self
            .0
            .chunk_by(|one, other| one.place == other.place)
            .map(|chunk| {
                let kinds = in_words(chunk.iter().map(|one| one.namespace.kind()));
                let plural = if chunk.len() == 1 { "" } else { "s" };
                format!("the {kinds} namespace{plural} {}", chunk[0].place)
            });
        f.write_str(&places.collect::<Vec<_>>().join(", "))
    }
}
