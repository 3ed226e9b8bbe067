//! The ties between the interfaces of several network namespaces: pairs, ports of bridges, and interfaces on others.

use std::collections::HashMap;
use std::os::fd::AsFd as _;

use super::networks::Network;
use super::nsid;
use crate::Namespace;

/// The relation of two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// The two are the ends of a pair, such as of a veth.
    Peer,
    /// The first is a port of the second, such as of a bridge.
    Port,
    /// The first is on top of the second, as a VLAN is.
    Link,
}

/// An end of a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// The interface with this number in a namespace that was given.
    In {
        /// The index of the namespace among those that were given.
        namespace: usize,
        /// The number of the interface.
        interface: u32,
    },
    /// An interface in a namespace that was not given.
    Elsewhere {
        /// The index of the namespace from which it is seen.
        from: usize,
        /// The number of its namespace there; negative if it has none.
        number: i32,
        /// The number of the interface.
        interface: u32,
    },
}

/// Two interfaces and their relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tie {
    /// The relation.
    pub relation: Relation,
    /// The first interface, which tells the tie.
    pub from: End,
    /// The second one.
    pub to: End,
}

/// The ties of the interfaces. `namespaces` are all that an end can be in, and `networks` the interfaces of each that
/// could be looked into. A pair whose ends both tell it is one tie.
pub fn ties(namespaces: &[Option<Namespace>], networks: &mut [Option<Network>]) -> Vec<Tie> {
    let mut ties = Vec::new();
    for (here, network) in networks.iter_mut().enumerate() {
        let Some(network) = network else { continue };
        let places = places(network, here, namespaces);
        for interface in &network.interfaces {
            let from = End::In {
                namespace: here,
                interface: interface.index,
            };
            if let Some(master) = interface.master {
                let to = End::In {
                    namespace: here,
                    interface: master,
                };
                let relation = Relation::Port;
                ties.push(Tie { relation, from, to });
            }
            let Some(linked) = interface.linked else { continue };
            let place = match linked.netnsid {
                None => Some(here),
                Some(number) => places.get(&number).copied(),
            };
            let to = match place {
                Some(namespace) => End::In {
                    namespace,
                    interface: linked.index,
                },
                None => End::Elsewhere {
                    from: here,
                    number: linked.netnsid.unwrap_or(-1),
                    interface: linked.index,
                },
            };
            let relation = Relation::Link;
            ties.push(Tie { relation, from, to });
        }
    }
    let is_pair = |end| is_end_of_pair(networks, end);
    paired(ties, is_pair)
}

/// The index of the namespace behind each number that a link of the network has.
fn places(network: &mut Network, here: usize, namespaces: &[Option<Namespace>]) -> HashMap<i32, usize> {
    let linked = network.interfaces.iter().filter_map(|interface| interface.linked);
    let mut wanted: Vec<i32> = linked.filter_map(|linked| linked.netnsid).collect();
    wanted.sort_unstable();
    wanted.dedup();
    // A negative number is that of none.
    wanted.retain(|number| *number >= 0);
    let mut places = HashMap::new();
    for (index, namespace) in namespaces.iter().enumerate() {
        if places.len() == wanted.len() {
            break;
        }
        if index != here
            && let Some(namespace) = namespace
            && let Ok(number) = nsid::ask(&mut network.socket, namespace.as_fd())
            && wanted.contains(&number)
        {
            places.insert(number, index);
        }
    }
    places
}

/// True if the interface is of a kind that comes in pairs.
fn is_end_of_pair(networks: &[Option<Network>], end: End) -> bool {
    let End::In { namespace, interface } = end else {
        return false;
    };
    let network = networks.get(namespace).and_then(Option::as_ref);
    let mut interfaces = network.into_iter().flat_map(|network| &network.interfaces);
    interfaces.any(|other| {
        let kind = other.kind.as_deref();
        other.index == interface
            && kind.is_some_and(|kind| [&b"veth"[..], b"vxcan", b"netkit"].contains(&kind))
    })
}

/// The links, in which each of a pair is one tie.
fn paired(mut ties: Vec<Tie>, is_pair: impl Fn(End) -> bool) -> Vec<Tie> {
    for tie in &mut ties {
        if tie.relation == Relation::Link && is_pair(tie.from) {
            tie.relation = Relation::Peer;
            if tie.to < tie.from {
                std::mem::swap(&mut tie.from, &mut tie.to);
            }
        }
    }
    ties.sort_unstable();
    ties.dedup();
    ties
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(namespace: usize, interface: u32) -> End {
        End::In { namespace, interface }
    }

    #[test]
    fn a_pair_is_one_tie() {
        let tie = |relation, from, to| Tie { relation, from, to };
        let ties = vec![
            tie(Relation::Link, end(1, 2), end(0, 5)),
            tie(Relation::Link, end(0, 5), end(1, 2)),
            tie(Relation::Link, end(0, 7), end(0, 5)),
            tie(Relation::Port, end(0, 5), end(0, 3)),
        ];
        assert_eq!(
            paired(ties, |end| end != self::end(0, 7)),
            [
                tie(Relation::Peer, end(0, 5), end(1, 2)),
                tie(Relation::Port, end(0, 5), end(0, 3)),
                tie(Relation::Link, end(0, 7), end(0, 5)),
            ]
        );
    }
}
