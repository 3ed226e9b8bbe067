//! The numbers that network namespaces have in one another (`RTM_GETNSID` of `rtnetlink(7)`, `ip-netns(8)`).

use std::os::fd::{AsFd, AsRawFd};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::errno::Errno;

use crate::error::Doing;
use crate::{Gathered, Namespace, Result};

/// Asks the kernel in the caller's own network namespace.
pub struct NsIds {
    socket: Socket,
    sequence: u32,
}

impl NsIds {
    /// Opens the socket.
    pub fn open() -> Result<Self> {
        let socket = Socket::new(NETLINK_ROUTE).doing(|| "open a netlink socket")?;
        socket
            .connect(&SocketAddr::new(0, 0))
            .doing(|| "connect a netlink socket")?;
        Ok(Self { socket, sequence: 0 })
    }

    /// The number of this network namespace in the caller's own; `None` where it has none.
    pub fn of(&mut self, namespace: &Namespace) -> Gathered<Option<u32>> {
        match self.ask(namespace) {
            Ok(id) => Gathered::Known(u32::try_from(id).ok()),
            Err(errno) => Gathered::Unreadable(errno),
        }
    }

    fn ask(&mut self, namespace: &Namespace) -> Result<i32, Errno> {
        let raw = |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
        self.sequence += 1;
        let mut question = NsidMessage::default();
        let fd = namespace.as_fd().as_raw_fd();
        question
            .attributes
            .push(NsidAttribute::Fd(u32::try_from(fd).map_err(|_| Errno::EBADF)?));
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, RouteNetlinkMessage::GetNsId(question).into());
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket.send(&bytes, 0).map_err(raw)?;
        let (answer, _) = self.socket.recv_from_full().map_err(raw)?;
        let answer =
            NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer).map_err(|_| Errno::EBADMSG)?;
        match answer.payload {
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewNsId(answer)) => answer
                .attributes
                .iter()
                .find_map(|attribute| match attribute {
                    NsidAttribute::Id(id) => Some(*id),
                    _ => None,
                })
                .ok_or(Errno::EBADMSG),
            NetlinkPayload::Error(error) => Err(Errno::from_raw(error.raw_code().abs())),
            _ => Err(Errno::EBADMSG),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn the_kernel_answers_once_for_each_question() {
        let mut ids = NsIds::open().unwrap();
        let own = Namespace::own(Kind::Net).unwrap();
        let first = ids.of(&own);
        assert!(matches!(first, Gathered::Known(_)), "{first:?}");
        assert_eq!(ids.of(&own), first);
        let no_network = Namespace::own(Kind::Uts).unwrap();
        assert!(matches!(ids.of(&no_network), Gathered::Unreadable(_)));
    }
}
