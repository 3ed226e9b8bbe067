//! The veth pairs of a plan: making, setting up and removing them.

use std::rc::Rc;

use nix::errno::Errno;
use serde_json::json;

use crate::error::Doing;
use crate::launch::veth::{Veth, VethEnd};
use crate::linked::Linked;
use crate::net::{End, InterfaceAddress, RtSocket};
use crate::process::OwnProcess;
use crate::{Error, Kind, Result};

/// A pair that was made.
pub(super) trait VethPair {
    /// The request.
    fn veth(&self) -> &Rc<Veth>;

    /// The name of the peer.
    fn peer_name(&self) -> &str;

    /// Brings one end up, with its addresses and routes.
    fn set_up(&mut self, end: VethEnd) -> Result<()>;

    /// Removes the pair, and returns when it is gone. The kernel takes some time to remove the interfaces of an ending
    /// namespace.
    fn remove(&mut self) -> Result<()>;
}

/// The pairs that were made.
#[derive(Default)]
pub(super) struct VethPairs(Vec<Box<dyn VethPair>>);

/// The function that makes a pair. The step carries it, so a program without that step does not link rtnetlink(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MakeVeth(Linked<CreateVeth>);

type CreateVeth = fn(&Rc<Veth>, &OwnProcess) -> Result<Box<dyn VethPair>>;

/// A pair that was made through rtnetlink(7). The sockets belong to the two network namespaces.
struct Pair {
    veth: Rc<Veth>,
    new: Socket,
    peer: Socket,
    peer_name: String,
}

/// A socket, and the number of one end in its network namespace.
struct Socket {
    socket: RtSocket,
    index: u32,
}

impl VethPairs {
    /// True if no pair was made.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a pair that was made.
    pub(super) fn add(&mut self, pair: Box<dyn VethPair>) {
        self.0.push(pair);
    }

    /// The pair that was made for this request.
    pub(super) fn of(&mut self, veth: &Rc<Veth>) -> Option<&mut Box<dyn VethPair>> {
        self.0.iter_mut().find(|pair| pair.veth() == veth)
    }

    /// `[{"name":"eth0","peer":"veth0"}]`.
    pub(super) fn json(&self) -> serde_json::Value {
        self.0
            .iter()
            .map(|pair| json!({"name": pair.veth().name.as_str(), "peer": pair.peer_name()}))
            .collect()
    }

    /// Removes the pairs, the last one first. `report` gets the pairs that stay.
    pub(super) fn undo(&mut self, report: fn(&Error)) {
        for mut pair in self.0.drain(..).rev() {
            let _ = pair.remove().inspect_err(report);
        }
    }
}

impl MakeVeth {
    /// Makes pairs through rtnetlink(7).
    pub fn by_rtnetlink() -> Self {
        Self(Linked(create))
    }

    /// Makes the pair. The new network namespace is the one of the process.
    pub(super) fn make(self, veth: &Rc<Veth>, process: &OwnProcess) -> Result<Box<dyn VethPair>> {
        self.0.0(veth, process)
    }
}

/// The command that removes a pair. Its peer is where the caller is, or in a network namespace that the caller named.
pub(super) fn removal(veth: &Veth) -> String {
    match (&veth.peer, &veth.peer_namespace) {
        (Some(peer), None) => format!("ip link delete {}", peer.as_str()),
        _ => format!(
            "ip link delete {}, in the new network namespace",
            veth.name.as_str()
        ),
    }
}

fn create(veth: &Rc<Veth>, process: &OwnProcess) -> Result<Box<dyn VethPair>> {
    let doing = || format!("create {}", veth.pair());
    let namespace = process.namespace(Kind::Net)?;
    let mut peer = match &veth.peer_namespace {
        Some(namespace) => RtSocket::open_in(&namespace.namespace()?)?,
        None => RtSocket::open()?,
    };
    let mut new = RtSocket::open_in(&namespace)?;
    let here = End {
        name: veth.peer.as_ref(),
        hardware: None,
    };
    let there = End {
        name: Some(&veth.name),
        hardware: veth.hardware,
    };
    let created = peer.create_veth(&here, &there, &namespace, veth.mtu);
    let ends = created.and_then(|()| {
        let end = new.link_named(&veth.name)?;
        let tied_to = end.tied_to.ok_or(Errno::ENODEV)?;
        Ok((end, peer.link_numbered(tied_to)?))
    });
    let (end, peer_end) = ends
        .inspect_err(|_| {
            // The pair can be there even if the kernel's answer was lost. In the new namespace, the name is only its.
            let _ = new.remove(&veth.name);
        })
        .doing(doing)?;
    Ok(Box::new(Pair {
        veth: Rc::clone(veth),
        new: Socket {
            socket: new,
            index: end.index,
        },
        peer: Socket {
            socket: peer,
            index: peer_end.index,
        },
        peer_name: peer_end.name,
    }))
}

impl VethPair for Pair {
    fn veth(&self) -> &Rc<Veth> {
        &self.veth
    }

    fn peer_name(&self) -> &str {
        &self.peer_name
    }

    fn remove(&mut self) -> Result<()> {
        match self.new.socket.remove(&self.veth.name) {
            Ok(()) | Err(Errno::ENODEV) => Ok(()),
            Err(errno) => Err(errno)
                .doing(|| format!("remove {}", self.veth.pair()))
                .map_err(|error| error.with_help(format!("remove it later: {}", removal(&self.veth)))),
        }
    }

    fn set_up(&mut self, end: VethEnd) -> Result<()> {
        let veth = Rc::clone(&self.veth);
        match end {
            VethEnd::Peer => self.peer.set_up(&self.peer_name, &veth.peer_addresses),
            VethEnd::New => {
                let name = veth.name.as_str();
                self.new.set_up(name, &veth.addresses)?;
                for gateway in &veth.gateways {
                    self.new
                        .socket
                        .add_default_route(self.new.index, *gateway, veth.is_beyond(*gateway))
                        .doing(|| format!("route by default through {name} and the gateway {gateway}"))?;
                }
                // No packet passes an end until the kernel has noticed that the other end is up. It notices that a
                // little later, or when it is asked.
                for end in [&mut self.new, &mut self.peer] {
                    end.socket
                        .link_numbered(end.index)
                        .doing(|| format!("look at {name} and its peer"))?;
                }
                Ok(())
            }
        }
    }
}

impl Socket {
    fn set_up(&mut self, name: &str, addresses: &[InterfaceAddress]) -> Result<()> {
        self.socket
            .bring_up(self.index)
            .doing(|| format!("bring {name} up"))?;
        for address in addresses {
            self.socket
                .add_address(self.index, *address)
                .doing(|| format!("give {name} the address {address}"))?;
        }
        Ok(())
    }
}
