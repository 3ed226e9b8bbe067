//! A pair of virtual Ethernet interfaces between the new network namespace and another (`veth(4)`): the request, and
//! making it.
//!
//! All of this is done outside. Creating a pair takes rights to both namespaces, and a process inside a new user
//! namespace has no rights to the other one.

use std::net::IpAddr;

use crate::net::{HardwareAddress, InterfaceAddress, InterfaceName};
use crate::target::Destination;

/// A pair to make: one end in the new network namespace, and its peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veth {
    /// The name of the end in the new network namespace.
    pub name: InterfaceName,
    /// The hardware address of that end. Without one, the kernel chooses one at random.
    pub hardware: Option<HardwareAddress>,
    /// The addresses of that end.
    pub addresses: Vec<InterfaceAddress>,
    /// The gateways of the default routes through that end.
    pub gateways: Vec<IpAddr>,
    /// The MTU of both ends in bytes.
    pub mtu: Option<u32>,
    /// The name of the peer. Without one, the kernel chooses the first free name of `veth0`, `veth1`, ….
    pub peer: Option<InterfaceName>,
    /// The addresses of the peer.
    pub peer_addresses: Vec<InterfaceAddress>,
    /// The network namespace of the peer. Without one, it is the caller's.
    pub peer_namespace: Option<Destination>,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VethEnd {
    /// The end in the new network namespace.
    New,
    /// The other end.
    Peer,
}

impl Veth {
    /// A phrase such as `the veth pair eth0 in the new network namespace and vh0 in the caller's, with the MTU 1400`.
    pub(super) fn pair(&self) -> String {
        let peer = match &self.peer {
            Some(peer) => peer.to_string(),
            None => "the first free vethN".into(),
        };
        let place = match &self.peer_namespace {
            Some(namespace) => namespace.to_string(),
            None => "the caller's".into(),
        };
        let mtu = self.mtu.map(|mtu| format!("the MTU {mtu}"));
        let hardware = self
            .hardware
            .map(|hardware| format!("the hardware address {hardware}"));
        let more = with(mtu.into_iter().chain(hardware));
        let comma = if more.is_empty() { "" } else { "," };
        format!(
            "the veth pair {} in the new network namespace and {peer} in {place}{comma}{more}",
            self.name
        )
    }

    /// True if no address inside has this gateway in its network. Every interface has link-local IPv6 addresses.
    pub(super) fn is_beyond(&self, gateway: IpAddr) -> bool {
        let is_link_local = matches!(gateway, IpAddr::V6(gateway) if gateway.is_unicast_link_local());
        !is_link_local && !self.addresses.iter().any(|address| address.reaches(gateway))
    }

    /// A phrase such as `eth0 up with the address 10.7.0.2/24 and the gateway 10.7.0.1`.
    pub(super) fn up(&self, end: VethEnd) -> String {
        let (addresses, gateways) = match end {
            VethEnd::New => (&self.addresses, self.gateways.as_slice()),
            VethEnd::Peer => (&self.peer_addresses, [].as_slice()),
        };
        let name = match (end, &self.peer) {
            (VethEnd::New, _) => self.name.to_string(),
            (VethEnd::Peer, Some(peer)) => peer.to_string(),
            (VethEnd::Peer, None) => format!("the peer of {}", self.name),
        };
        let addresses = addresses.iter().map(|address| format!("the address {address}"));
        let gateways = gateways.iter().map(|gateway| format!("the gateway {gateway}"));
        format!("{name} up{}", with(addresses.chain(gateways)))
    }
}

/// A phrase such as ` with this, that and the other`. It is empty if there are no items.
fn with(what: impl Iterator<Item = String>) -> String {
    let what: Vec<_> = what.collect();
    match what.split_last() {
        None => String::new(),
        Some((only, [])) => format!(" with {only}"),
        Some((last, rest)) => format!(" with {} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veth() -> Veth {
        Veth {
            name: "eth0".parse().unwrap(),
            hardware: None,
            addresses: Vec::new(),
            gateways: Vec::new(),
            mtu: None,
            peer: None,
            peer_addresses: Vec::new(),
            peer_namespace: None,
        }
    }

    #[test]
    fn a_pair_reads_as_a_sentence() {
        assert_eq!(
            veth().pair(),
            "the veth pair eth0 in the new network namespace and the first free vethN in the caller's"
        );
        assert_eq!(veth().up(VethEnd::New), "eth0 up");
        assert_eq!(veth().up(VethEnd::Peer), "the peer of eth0 up");
        let all = Veth {
            hardware: Some("02:00:00:00:00:01".parse().unwrap()),
            addresses: vec!["10.7.0.2/24".parse().unwrap(), "fd00::2/64".parse().unwrap()],
            gateways: vec!["10.7.0.1".parse().unwrap()],
            mtu: Some(1400),
            peer: Some("vh0".parse().unwrap()),
            peer_addresses: vec!["10.7.0.1/24".parse().unwrap()],
            ..veth()
        };
        assert_eq!(
            all.pair(),
            "the veth pair eth0 in the new network namespace and vh0 in the caller's, \
             with the MTU 1400 and the hardware address 02:00:00:00:00:01"
        );
        assert_eq!(
            all.up(VethEnd::New),
            "eth0 up with the address 10.7.0.2/24, the address fd00::2/64 and the gateway 10.7.0.1"
        );
        assert_eq!(all.up(VethEnd::Peer), "vh0 up with the address 10.7.0.1/24");
    }
}
