//! Pairs of virtual Ethernet interfaces between the new network namespace and another (`veth(4)`).
//!
//! All of this is done outside. Creating a pair takes rights to both namespaces, and a process inside a new user
//! namespace has no rights to the other one.

use std::fmt;
use std::rc::Rc;

use nix::errno::Errno;

use super::family::OutsideFamily;
use super::pairs::{self, MakeVeth};
use super::process::OutsideProcess;
use crate::error::Doing;
use crate::explain::{Finding, Look, links};
use crate::launch::facts::StepFacts;
use crate::launch::veth::{Veth, VethEnd};
use crate::{Kind, Namespace, Result};

/// A step that makes a pair, or sets one up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VethStep {
    /// Make a pair of interfaces between the new network namespace and another.
    Create(Rc<Veth>, MakeVeth),
    /// Bring one end of the pair up, with its addresses and routes.
    SetUp(Rc<Veth>, VethEnd),
}

impl fmt::Display for VethStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(veth, _) => write!(f, "create {}", veth.pair()),
            Self::SetUp(veth, end) => write!(f, "bring {}", veth.up(*end)),
        }
    }
}

impl OutsideFamily for VethStep {
    fn facts(&self) -> StepFacts {
        StepFacts::of(match self {
            Self::Create(..) => "create-veth",
            Self::SetUp(_, VethEnd::New) => "set-up-veth",
            Self::SetUp(_, VethEnd::Peer) => "set-up-peer",
        })
    }

    fn perform(&self, process: &mut OutsideProcess) -> Result<()> {
        let held = process.hold()?;
        match self {
            Self::Create(veth, how) => how.make(veth, &held).map(|pair| process.pairs.add(pair)),
            Self::SetUp(veth, end) => match process.pairs.of(veth) {
                Some(pair) => pair.set_up(*end),
                None => Err(Errno::ENODEV).doing(|| self.to_string()),
            },
        }
    }

    fn removal(&self) -> Option<String> {
        match self {
            Self::Create(veth, _) => Some(pairs::removal(veth)),
            Self::SetUp(..) => None,
        }
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::Create(veth, _) => match errno {
                Errno::EPERM => links::refused(look, &peer_namespace(veth)?),
                Errno::EEXIST => {
                    let is_own = veth.peer_namespace.is_none();
                    links::taken(veth.peer.as_ref()?.as_str(), &peer_namespace(veth)?, is_own)
                }
                _ => None,
            },
            // The visible settings are those of the caller's network namespace.
            Self::SetUp(veth, VethEnd::Peer) if veth.peer_namespace.is_none() => {
                (errno == Errno::EACCES).then(|| links::no_ipv6(look)).flatten()
            }
            Self::SetUp(..) => None,
        }
    }
}

fn peer_namespace(veth: &Veth) -> Option<Namespace> {
    match &veth.peer_namespace {
        Some(namespace) => namespace.namespace().ok(),
        None => Namespace::own(Kind::Net).ok(),
    }
}
