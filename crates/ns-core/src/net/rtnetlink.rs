//! Requests to the kernel about a network namespace, and their answers (`rtnetlink(7)`).

use std::os::fd::AsFd as _;

use netlink_packet_core::{NLM_F_ACK, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::errno::Errno;

use crate::error::Doing;
use crate::process::open_in_namespace;
use crate::sys::errno::from_io;
use crate::sys::netlink;
use crate::{Kind, Namespace, Result};

const OPEN: &str = "open a netlink socket";

/// A socket of one network namespace. Its requests are about that namespace.
pub(crate) struct RtSocket {
    socket: Socket,
    sequence: u32,
}

impl RtSocket {
    /// A socket of the caller's own network namespace.
    pub(crate) fn open() -> Result<Self> {
        Socket::new(NETLINK_ROUTE).map(Self::of).doing(|| OPEN)
    }

    /// A socket of another network namespace, opened in a child that enters it.
    ///
    /// The kernel checks the rights of the caller, and not of that child. The creator of two user namespaces has all
    /// rights to the network namespaces of both. A process inside one of them has no rights to the other.
    pub(crate) fn open_in(namespace: &Namespace) -> Result<Self> {
        if namespace.identity() == Namespace::own(Kind::Net)?.identity() {
            return Self::open();
        }
        let [socket] = open_in_namespace(namespace, OPEN, || {
            let socket = Socket::new(NETLINK_ROUTE).map_err(|error| from_io(&error))?;
            let socket = socket
                .as_fd()
                .try_clone_to_owned()
                .map_err(|error| from_io(&error))?;
            Ok([socket])
        })?;
        Ok(Self::of(netlink::socket(socket)))
    }

    fn of(socket: Socket) -> Self {
        Self { socket, sequence: 0 }
    }

    /// Sends a request for an object, and returns that object.
    pub(crate) fn ask(&mut self, question: RouteNetlinkMessage) -> nix::Result<RouteNetlinkMessage> {
        match self.exchange(question, 0)? {
            NetlinkPayload::InnerMessage(answer) => Ok(answer),
            NetlinkPayload::Error(error) => Err(Errno::from_raw(error.raw_code().abs())),
            _ => Err(Errno::EBADMSG),
        }
    }

    /// Sends a request to do something, with these flags in addition to `NLM_F_REQUEST` (`netlink(7)`).
    pub(crate) fn have(&mut self, order: RouteNetlinkMessage, flags: u16) -> nix::Result<()> {
        match self.exchange(order, flags | NLM_F_ACK)? {
            NetlinkPayload::Error(error) if error.raw_code() == 0 => Ok(()),
            NetlinkPayload::Error(error) => Err(Errno::from_raw(error.raw_code().abs())),
            _ => Err(Errno::EBADMSG),
        }
    }

    fn exchange(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> nix::Result<NetlinkPayload<RouteNetlinkMessage>> {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        // The request names a receiver. Otherwise the kernel would also check the rights of the process that opened
        // the socket.
        self.socket
            .send_to(&bytes, &SocketAddr::new(0, 0), 0)
            .map_err(|error| from_io(&error))?;
        let (answer, _) = loop {
            match self.socket.recv_from_full() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                answer => break answer.map_err(|error| from_io(&error))?,
            }
        };
        let answer =
            NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).map_err(|_| Errno::EBADMSG)?;
        if answer.header.sequence_number == self.sequence {
            Ok(answer.payload)
        } else {
            Err(Errno::EBADMSG)
        }
    }
}
