//! Why a pair of network interfaces is not made: whose the other network namespace is, and what it has already.

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use rustix::thread::CapabilitySet;

use super::look::Look;
use super::{Finding, rights};
use crate::launch::{Veth, VethEnd};
use crate::process::in_namespace;
use crate::{Kind, Namespace};

/// The kernel refused to make the pair.
pub(super) fn refused(look: &Look, veth: &Veth) -> Option<Finding> {
    let finding = rights::lacking(look, &peer_namespace(veth)?, CapabilitySet::NET_ADMIN)?;
    let cause = format!("for the network namespace of the peer, {}", finding.cause);
    Some(Finding::new(cause).help(
        "run it as root, or make both network namespaces in one user namespace: ns-unshare --map-root-user --net, and \
         --veth in there",
    ))
}

/// The name of the peer is taken.
pub(super) fn taken(veth: &Veth) -> Option<Finding> {
    let name = veth.peer.as_ref()?.as_str();
    let namespace = peer_namespace(veth)?;
    let there = if veth.peer_namespace.is_none() {
        if_nametoindex(name).is_ok()
    } else {
        let look = || match if_nametoindex(name) {
            Ok(_) => Ok(vec![1]),
            Err(Errno::ENODEV) => Ok(Vec::new()),
            Err(errno) => Err(errno),
        };
        !in_namespace(&namespace, "look for an interface", look)
            .ok()?
            .is_empty()
    };
    there.then(|| {
        Finding::new(format!("{namespace} has an interface {name} already"))
            .help("choose another name with peer=, or leave it out: the kernel takes one that is free")
    })
}

/// The address of the peer is refused.
pub(super) fn no_ipv6(look: &Look, veth: &Veth, end: VethEnd) -> Option<Finding> {
    // The settings that show are those of the caller's network namespace.
    if end == VethEnd::New || veth.peer_namespace.is_some() {
        return None;
    }
    let name = "net.ipv6.conf.default.disable_ipv6";
    (look.sysctl(name)? != 0).then(|| {
        Finding::new(format!("{name} is 1 here"))
            .help(format!("sysctl {name}=0, or leave out the IPv6 address"))
    })
}

fn peer_namespace(veth: &Veth) -> Option<Namespace> {
    match &veth.peer_namespace {
        Some(namespace) => namespace.open().ok(),
        None => Namespace::own(Kind::Net).ok(),
    }
}
