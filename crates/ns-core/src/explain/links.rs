//! Why a pair of network interfaces cannot be created: the owner of the other network namespace, and its interfaces.

use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::rights;
use crate::Namespace;
use crate::process::{in_namespace, remedy};

/// The kernel refused a pair with its peer in this network namespace.
pub(crate) fn refused(look: &Look, peer_namespace: &Namespace) -> Option<Finding> {
    let finding = rights::lacking(look, peer_namespace, CapabilitySet::NET_ADMIN)?;
    let cause = format!("for the network namespace of the peer, {}", finding.cause);
    let first = finding
        .help
        .unwrap_or_else(|| remedy::for_missing(CapabilitySet::NET_ADMIN));
    Some(Finding::new(cause).help(format!(
        "{first}, or create both network namespaces in one user namespace: run ns-unshare --veth inside ns-unshare --map-root-user --net"
    )))
}

/// The name of the peer is taken in its network namespace, which may be the caller's own.
pub(crate) fn taken(name: &str, namespace: &Namespace, is_own: bool) -> Option<Finding> {
    let there = if is_own {
        if_nametoindex(name).is_ok()
    } else {
        let look = || match if_nametoindex(name) {
            Ok(_) => Ok(vec![1]),
            Err(Errno::ENODEV) => Ok(Vec::new()),
            Err(errno) => Err(errno),
        };
        !in_namespace(namespace, "look for an interface", look)
            .ok()?
            .is_empty()
    };
    there.then(|| {
        Finding::new(format!("{namespace} already has an interface {name}"))
            .help("choose another name with peer=, or leave out peer= to get a free name")
    })
}

/// An address is refused in the caller's network namespace.
pub(crate) fn no_ipv6(look: &Look) -> Option<Finding> {
    let name = "net.ipv6.conf.default.disable_ipv6";
    (look.sysctl(name)? != 0).then(|| {
        Finding::new(format!("{name} is 1 here")).help(format!(
            "{}, or leave out the IPv6 address",
            remedy::sysctl(name, 0)
        ))
    })
}
