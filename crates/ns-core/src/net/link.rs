//! Creating, changing and removing interfaces (`rtnetlink(7)`, `veth(4)`).

use std::net::IpAddr;
use std::os::fd::{AsFd as _, AsRawFd as _};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use nix::errno::Errno;

use super::rtnetlink::RtSocket;
use super::{HardwareAddress, InterfaceAddress, InterfaceName};
use crate::Namespace;

/// An existing interface.
pub(crate) struct Link {
    /// Its number in its network namespace.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// The number of the linked interface in its own network namespace. For a veth, this is the peer.
    pub tied_to: Option<u32>,
}

impl Link {
    /// The interface that an answer describes.
    pub(super) fn of(answer: LinkMessage) -> Self {
        let mut link = Self {
            index: answer.header.index,
            name: String::new(),
            tied_to: None,
        };
        for attribute in answer.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name = name,
                LinkAttribute::Link(index) => link.tied_to = Some(index),
                _ => {}
            }
        }
        link
    }
}

/// One end of a pair to create.
pub(crate) struct End<'a> {
    /// The name; `None` lets the kernel choose the first free of `veth0`, `veth1`, …
    pub name: Option<&'a InterfaceName>,
    /// The hardware address; `None` for a random one.
    pub hardware: Option<HardwareAddress>,
}

impl End<'_> {
    fn attributes(&self, mtu: Option<u32>) -> impl Iterator<Item = LinkAttribute> {
        let name = self.name.map(|name| LinkAttribute::IfName(name.to_string()));
        let hardware = self
            .hardware
            .map(|address| LinkAttribute::Address(address.bytes().into()));
        name.into_iter()
            .chain(hardware)
            .chain(mtu.map(LinkAttribute::Mtu))
    }
}

impl RtSocket {
    /// Creates a veth pair: `here` in the socket's network namespace, `there` in the other one. This needs
    /// `CAP_NET_ADMIN` in the user namespaces that own both.
    pub(crate) fn create_veth(
        &mut self,
        here: &End<'_>,
        there: &End<'_>,
        other: &Namespace,
        mtu: Option<u32>,
    ) -> nix::Result<()> {
        let mut peer = LinkMessage::default();
        peer.attributes.extend(there.attributes(mtu));
        peer.attributes
            .push(LinkAttribute::NetNsFd(other.as_fd().as_raw_fd()));
        let mut link = LinkMessage::default();
        link.attributes.extend(here.attributes(mtu));
        link.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Veth),
            LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
        ]));
        self.have(RouteNetlinkMessage::NewLink(link), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// The interface with this name.
    pub(crate) fn link_named(&mut self, name: &InterfaceName) -> nix::Result<Link> {
        let mut question = LinkMessage::default();
        question.attributes.push(LinkAttribute::IfName(name.to_string()));
        self.link(question)
    }

    /// The interface with this number.
    pub(crate) fn link_numbered(&mut self, index: u32) -> nix::Result<Link> {
        let mut question = LinkMessage::default();
        question.header.index = index;
        self.link(question)
    }

    fn link(&mut self, question: LinkMessage) -> nix::Result<Link> {
        let RouteNetlinkMessage::NewLink(answer) = self.ask(RouteNetlinkMessage::GetLink(question))? else {
            return Err(Errno::EBADMSG);
        };
        Ok(Link::of(answer))
    }

    /// Brings the interface with this number up.
    pub(crate) fn bring_up(&mut self, index: u32) -> nix::Result<()> {
        let mut link = LinkMessage::default();
        link.header.index = index;
        link.header.flags = LinkFlags::Up;
        link.header.change_mask = LinkFlags::Up;
        self.have(RouteNetlinkMessage::NewLink(link), 0)
    }

    /// Removes the interface with this name. If it is one end of a veth pair, the other end goes too.
    pub(crate) fn remove(&mut self, name: &InterfaceName) -> nix::Result<()> {
        let mut link = LinkMessage::default();
        link.attributes.push(LinkAttribute::IfName(name.to_string()));
        self.have(RouteNetlinkMessage::DelLink(link), 0)
    }

    /// Gives the interface with this number an address, which can be used at once.
    pub(crate) fn add_address(&mut self, index: u32, address: InterfaceAddress) -> nix::Result<()> {
        let mut message = AddressMessage::default();
        message.header.family = family(address.address);
        message.header.prefix_len = address.length;
        message.header.index = index;
        message.attributes = vec![
            AddressAttribute::Local(address.address),
            AddressAttribute::Address(address.address),
        ];
        if address.address.is_ipv6() {
            // The addresses of both ends are known, so no other host has them. Waiting a second for an answer (RFC
            // 4862, 5.4) would let the program start without its address.
            message
                .attributes
                .push(AddressAttribute::Flags(AddressFlags::Nodad));
        }
        self.have(
            RouteNetlinkMessage::NewAddress(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Adds the default route by this gateway, through the interface with this number. `is_onlink` says that the gateway is
    /// at the other end of the interface although no address there has it in its network (`RTNH_F_ONLINK`).
    pub(crate) fn add_default_route(
        &mut self,
        index: u32,
        gateway: IpAddr,
        is_onlink: bool,
    ) -> nix::Result<()> {
        let mut message = RouteMessage::default();
        message.header.address_family = family(gateway);
        message.header.table = RouteHeader::RT_TABLE_MAIN;
        message.header.protocol = RouteProtocol::Static;
        message.header.scope = RouteScope::Universe;
        message.header.kind = RouteType::Unicast;
        message.header.flags.set(RouteFlags::Onlink, is_onlink);
        message.attributes = vec![
            RouteAttribute::Gateway(RouteAddress::from(gateway)),
            RouteAttribute::Oif(index),
        ];
        self.have(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL)
    }
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    }
}
