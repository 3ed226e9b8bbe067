//! Requests to the kernel about a network namespace, and their answers (`rtnetlink(7)`).

use std::os::fd::AsFd as _;

use netlink_packet_core::{
    ErrorMessage, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR,
    NetlinkBuffer, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::errno::Errno;

use crate::error::Doing;
use crate::process::open_in_namespace;
use crate::sys::errno::from_io;
use crate::sys::netlink;
use crate::{Identity, Kind, Namespace, Result};

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
        if namespace.identity() == Identity::own(Kind::Net)? {
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
            NetlinkPayload::Error(error) => Err(errno(&error)),
            _ => Err(Errno::EBADMSG),
        }
    }

    /// Sends a request to do something, with these flags in addition to `NLM_F_REQUEST` (`netlink(7)`).
    pub(crate) fn have(&mut self, order: RouteNetlinkMessage, flags: u16) -> nix::Result<()> {
        match self.exchange(order, flags | NLM_F_ACK)? {
            NetlinkPayload::Error(error) if error.raw_code() == 0 => Ok(()),
            NetlinkPayload::Error(error) => Err(errno(&error)),
            _ => Err(Errno::EBADMSG),
        }
    }

    /// Sends a request for all objects of a type, and returns the content of each message of the answer.
    ///
    /// `EBUSY` if they change all the time while the kernel lists them.
    pub(crate) fn list(&mut self, question: &RouteNetlinkMessage) -> nix::Result<Vec<Vec<u8>>> {
        // The kernel says so if something changed meanwhile. The list can then lack an object.
        const ATTEMPTS: usize = 10;
        for _ in 0..ATTEMPTS {
            self.send(question.clone(), NLM_F_DUMP)?;
            let mut contents = Vec::new();
            let mut whole = true;
            loop {
                let part = part(&self.receive()?, self.sequence)?;
                contents.extend(part.contents);
                whole &= part.whole;
                if part.last {
                    break;
                }
            }
            if whole {
                return Ok(contents);
            }
        }
        Err(Errno::EBUSY)
    }

    fn exchange(
        &mut self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> nix::Result<NetlinkPayload<RouteNetlinkMessage>> {
        self.send(message, flags)?;
        payload(&self.receive()?, self.sequence)
    }

    fn send(&mut self, message: RouteNetlinkMessage, flags: u16) -> nix::Result<()> {
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
        Ok(())
    }

    fn receive(&self) -> nix::Result<Vec<u8>> {
        loop {
            match self.socket.recv_from_full() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                answer => return answer.map(|(answer, _)| answer).map_err(|error| from_io(&error)),
            }
        }
    }
}

/// A part of the answer to a request for all objects of a type.
struct Part {
    /// The content of each message.
    contents: Vec<Vec<u8>>,
    /// True if no other part follows.
    last: bool,
    /// False if something changed while the kernel made the list.
    whole: bool,
}

/// The messages in this part of the answer to the request with this number.
fn part(bytes: &[u8], sequence: u32) -> nix::Result<Part> {
    let mut part = Part {
        contents: Vec::new(),
        last: false,
        whole: true,
    };
    let mut rest = bytes;
    while !rest.is_empty() && !part.last {
        let message = NetlinkBuffer::new_checked(rest).map_err(|_| Errno::EBADMSG)?;
        if message.sequence_number() != sequence {
            return Err(Errno::EBADMSG);
        }
        part.whole &= message.flags() & NLM_F_DUMP_INTR == 0;
        let content = message.payload();
        match message.message_type() {
            // Both start with an errno as a negative number. The end of a list can be without one.
            NLMSG_ERROR | NLMSG_DONE => {
                let number = content
                    .first_chunk()
                    .map_or(0, |bytes| i32::from_ne_bytes(*bytes));
                if number != 0 {
                    return Err(Errno::from_raw(number.saturating_abs()));
                }
                part.last = true;
            }
            _ => part.contents.push(content.to_vec()),
        }
        let length = usize::try_from(message.length()).map_err(|_| Errno::EBADMSG)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(part)
}

/// The content of an answer to the request with this number.
fn payload(bytes: &[u8], sequence: u32) -> nix::Result<NetlinkPayload<RouteNetlinkMessage>> {
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(bytes).map_err(|_| Errno::EBADMSG)?;
    if answer.header.sequence_number == sequence {
        Ok(answer.payload)
    } else {
        Err(Errno::EBADMSG)
    }
}

/// The errno in an answer, which the kernel writes as a negative number.
fn errno(error: &ErrorMessage) -> Errno {
    Errno::from_raw(error.raw_code().saturating_abs())
}

/// Checks what holds for any answer: it is read or refused, and a link in it has the number that the header has.
#[cfg(any(test, fuzzing))]
pub fn check_answer(bytes: &[u8]) {
    let sequence = bytes.get(8..12).map_or(0, |number| {
        u32::from_ne_bytes(number.try_into().expect("four bytes"))
    });
    assert!(payload(bytes, sequence.wrapping_add(1)).is_err());
    match payload(bytes, sequence) {
        Ok(NetlinkPayload::Error(error)) => assert!(error.raw_code() == 0 || errno(&error) as i32 >= 0),
        Ok(NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link))) => {
            assert_eq!(super::link::Link::of(link.clone()).index, link.header.index);
        }
        Ok(_) | Err(_) => {}
    }
    if let Ok(part) = part(bytes, sequence) {
        for content in &part.contents {
            super::networks::check_content(content);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_least_number_is_an_error_too() {
        let mut bytes = vec![0; 36];
        bytes[0] = 36;
        bytes[4] = 2; // NLMSG_ERROR
        bytes[16..20].copy_from_slice(&i32::MIN.to_ne_bytes());
        let Ok(NetlinkPayload::Error(error)) = payload(&bytes, 0) else {
            panic!("it is an error")
        };
        assert_eq!(errno(&error), Errno::UnknownErrno);
        check_answer(&bytes);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(kind in prop_oneof![Just(2_u16), Just(16), Just(88)], content: Vec<u8>) {
            let length = u32::try_from(16 + content.len()).expect("it is short");
            let header = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10]].concat();
            check_answer(&[header, content].concat());
        }
    }
}
