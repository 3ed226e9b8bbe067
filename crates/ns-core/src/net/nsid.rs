//! The numbers of network namespaces as seen from each other (`RTM_GETNSID` of `rtnetlink(7)`, `ip-netns(8)`).

use std::os::fd::{AsFd, AsRawFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use nix::errno::Errno;

use super::rtnetlink::RtSocket;
use crate::{Gathered, Namespace, Result};

/// A socket for such questions in the caller's own network namespace.
pub struct NsIds(RtSocket);

impl NsIds {
    /// Opens the socket.
    pub fn open() -> Result<Self> {
        RtSocket::open().map(Self)
    }

    /// The number of this network namespace in the caller's own; `None` if it has none.
    pub fn of(&mut self, namespace: &Namespace) -> Gathered<Option<u32>> {
        match self.ask(namespace) {
            Ok(id) => Gathered::Known(u32::try_from(id).ok()),
            Err(errno) => Gathered::Unreadable(errno),
        }
    }

    fn ask(&mut self, namespace: &Namespace) -> Result<i32, Errno> {
        let mut question = NsidMessage::default();
        let fd = namespace.as_fd().as_raw_fd();
        question
            .attributes
            .push(NsidAttribute::Fd(u32::try_from(fd).map_err(|_| Errno::EBADF)?));
        let RouteNetlinkMessage::NewNsId(answer) = self.0.ask(RouteNetlinkMessage::GetNsId(question))? else {
            return Err(Errno::EBADMSG);
        };
        let id = answer.attributes.iter().find_map(|attribute| match attribute {
            NsidAttribute::Id(id) => Some(*id),
            _ => None,
        });
        id.ok_or(Errno::EBADMSG)
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
