//! The interfaces of a network namespace, with their addresses (`RTM_GETLINK` and `RTM_GETADDR` of `rtnetlink(7)`).
//!
//! The messages are read here: the crate for them refuses a whole message for one name that is not UTF-8.

use std::net::IpAddr;

use netlink_packet_core::NlasIterator;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use nix::errno::Errno;

use super::InterfaceAddress;
use super::rtnetlink::RtSocket;
use crate::{Error, Identity, Namespace, Result};

// Attributes of links and addresses (<linux/if_link.h>, <linux/if_addr.h>).
const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_INFO_KIND: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;

/// The bytes of a message before its attributes: `struct ifinfomsg`, `struct ifaddrmsg`.
const LINK_HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The number in its network namespace.
    pub index: u32,
    /// The name.
    pub name: Vec<u8>,
    /// The kind of a virtual interface, such as `veth` or `bridge`.
    pub kind: Option<Vec<u8>>,
    /// True if it is up (`IFF_UP`).
    pub up: bool,
    /// The number of its master, such as the bridge that it is a port of.
    pub master: Option<u32>,
    /// The interface that it is linked to: the other end of a pair, or the interface below it.
    pub linked: Option<Linked>,
    /// The addresses, in the kernel's order.
    pub addresses: Vec<InterfaceAddress>,
}

/// The number of a linked interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The number in its network namespace.
    pub index: u32,
    /// The number of that network namespace in the one of the interface; `None` if it is the same one.
    pub netnsid: Option<i32>,
}

/// A network namespace that was looked into.
pub struct Network {
    /// The identity.
    pub identity: Identity,
    /// The interfaces, in the order of their numbers.
    pub interfaces: Vec<Interface>,
    /// A socket in the namespace, for the numbers that other namespaces have in it.
    pub(super) socket: RtSocket,
}

impl Network {
    /// Reads the interfaces of a network namespace, through a socket that a child opens in it.
    pub fn read(namespace: &Namespace) -> Result<Self> {
        let mut socket = RtSocket::open_in(namespace)?;
        let interfaces = interfaces(&mut socket)
            .map_err(|errno| Error::kernel(format!("list the interfaces of {namespace}"), errno))?;
        Ok(Self {
            identity: namespace.identity(),
            interfaces,
            socket,
        })
    }
}

fn interfaces(socket: &mut RtSocket) -> nix::Result<Vec<Interface>> {
    let links = socket.list(&RouteNetlinkMessage::GetLink(LinkMessage::default()))?;
    let addresses = socket.list(&RouteNetlinkMessage::GetAddress(AddressMessage::default()))?;
    let mut interfaces = links
        .iter()
        .map(|content| interface(content).ok_or(Errno::EBADMSG))
        .collect::<nix::Result<Vec<_>>>()?;
    interfaces.sort_by_key(|interface| interface.index);
    for content in &addresses {
        // Other address families have other forms.
        if let Some((index, address)) = address(content)
            && let Ok(at) = interfaces.binary_search_by_key(&index, |interface| interface.index)
        {
            interfaces[at].addresses.push(address);
        }
    }
    Ok(interfaces)
}

/// The interface in a message.
fn interface(content: &[u8]) -> Option<Interface> {
    let (header, attributes) = content.split_at_checked(LINK_HEADER)?;
    let mut interface = Interface {
        index: number(header.get(4..8)?)?,
        name: Vec::new(),
        kind: None,
        up: number(header.get(8..12)?)? & libc::IFF_UP.unsigned_abs() != 0,
        master: None,
        linked: None,
        addresses: Vec::new(),
    };
    let (mut link, mut netnsid) = (None, None);
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute.ok()?;
        let value = attribute.value();
        match attribute.kind() {
            IFLA_IFNAME => interface.name = text(value),
            IFLA_LINK => link = Some(number(value)?),
            IFLA_MASTER => interface.master = Some(number(value)?).filter(|index| *index != 0),
            IFLA_LINK_NETNSID => netnsid = Some(number(value)?.cast_signed()),
            IFLA_LINKINFO => {
                let inner = NlasIterator::new(value).filter_map(Result::ok);
                let mut kinds = inner.filter(|attribute| attribute.kind() == IFLA_INFO_KIND);
                interface.kind = kinds.next().map(|kind| text(kind.value()));
            }
            _ => {}
        }
    }
    // A tunnel without an interface below it has the number 0.
    let linked = link.filter(|index| *index != 0);
    interface.linked = linked.map(|index| Linked { index, netnsid });
    Some(interface)
}

/// The number of an interface, and its address, in a message.
fn address(content: &[u8]) -> Option<(u32, InterfaceAddress)> {
    let (header, attributes) = content.split_at_checked(ADDRESS_HEADER)?;
    let index = number(header.get(4..8)?)?;
    let (mut local, mut other) = (None, None);
    for attribute in NlasIterator::new(attributes) {
        let attribute = attribute.ok()?;
        match attribute.kind() {
            // The own address of a point-to-point interface, whose other address is that of the peer.
            IFA_LOCAL => local = ip(attribute.value()),
            IFA_ADDRESS => other = ip(attribute.value()),
            _ => {}
        }
    }
    let address = local.or(other)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = *header.get(1)?;
    (length <= most).then_some((index, InterfaceAddress { address, length }))
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from)).ok()
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.try_into().ok()?))
}

/// The bytes before the NUL that ends a text.
fn text(value: &[u8]) -> Vec<u8> {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    value[..end].to_vec()
}

/// Checks what holds for the content of any message: it is read or refused.
#[cfg(any(test, fuzzing))]
pub(super) fn check_content(content: &[u8]) {
    if let Some(interface) = interface(content) {
        assert!(!interface.name.contains(&0));
    }
    if let Some((_, read)) = address(content) {
        assert_eq!(read.to_string().parse(), Ok(read));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Kind;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).expect("it is short");
        let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn a_name_that_is_no_text_is_read() {
        let mut content = vec![0; LINK_HEADER];
        content[4..8].copy_from_slice(&7_u32.to_ne_bytes());
        content[8] = 1; // IFF_UP
        content.extend(attribute(IFLA_IFNAME, b"a\xff\0"));
        content.extend(attribute(IFLA_LINK, &9_u32.to_ne_bytes()));
        content.extend(attribute(IFLA_LINK_NETNSID, &(-1_i32).to_ne_bytes()));
        content.extend(attribute(IFLA_MASTER, &2_u32.to_ne_bytes()));
        content.extend(attribute(IFLA_LINKINFO, &attribute(IFLA_INFO_KIND, b"veth\0")));
        let expected = Interface {
            index: 7,
            name: b"a\xff".to_vec(),
            kind: Some(b"veth".to_vec()),
            up: true,
            master: Some(2),
            linked: Some(Linked {
                index: 9,
                netnsid: Some(-1),
            }),
            addresses: Vec::new(),
        };
        assert_eq!(interface(&content), Some(expected));
    }

    #[test]
    fn the_own_address_is_the_local_one() {
        let header = [2, 32, 0, 0, 3, 0, 0, 0];
        let peer = attribute(IFA_ADDRESS, &[10, 0, 0, 2]);
        let local = attribute(IFA_LOCAL, &[10, 0, 0, 1]);
        let read = address(&[&header[..], &peer, &local].concat());
        assert_eq!(read, Some((3, "10.0.0.1/32".parse().unwrap())));
        let read = address(&[&header[..], &peer].concat());
        assert_eq!(read, Some((3, "10.0.0.2/32".parse().unwrap())));
    }

    #[test]
    fn the_own_network_namespace_has_a_loopback_interface() {
        let network = Network::read(&Namespace::own(Kind::Net).unwrap()).unwrap();
        assert!(network.interfaces.iter().any(|interface| interface.name == b"lo"));
    }

    proptest! {
        #[test]
        fn any_content_is_read_or_refused(content: Vec<u8>) {
            check_content(&content);
        }
    }
}
