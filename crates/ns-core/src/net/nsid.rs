//! The numbers of network namespaces as seen from each other (`RTM_GETNSID` of `rtnetlink(7)`, `ip-netns(8)`).

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};
use nix::errno::Errno;

use super::rtnetlink::RtSocket;
use crate::{Error, Gathered, Namespace, Result};

/// A number for a network namespace (`RTM_NEWNSID`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NsId {
    /// The first free number.
    Auto,
    /// This number.
    Number(u32),
}

impl NsId {
    fn kernel(self) -> i32 {
        match self {
            Self::Auto => -1,
            Self::Number(number) => i32::try_from(number).unwrap_or(-1),
        }
    }
}

impl std::fmt::Display for NsId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("the first free number"),
            Self::Number(number) => write!(f, "the number {number}"),
        }
    }
}

impl std::str::FromStr for NsId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let number = text
            .parse()
            .ok()
            .filter(|number| *number <= i32::MAX.unsigned_abs());
        let number = number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let why = format!("expected auto, or a number from 0 to {}", i32::MAX);
        number
            .map(Self::Number)
            .ok_or_else(|| Error::invalid("number", text, why))
    }
}

/// A socket for such questions in the caller's own network namespace.
pub struct NsIds(RtSocket);

impl NsIds {
    /// Opens the socket.
    pub fn open() -> Result<Self> {
        RtSocket::open().map(Self)
    }

    /// The number of this network namespace in the caller's own; `None` if it has none.
    pub fn of(&mut self, namespace: &Namespace) -> Gathered<Option<u32>> {
        match ask(&mut self.0, namespace.as_fd()) {
            Ok(id) => Gathered::Known(u32::try_from(id).ok()),
            Err(errno) => Gathered::Unreadable(errno),
        }
    }

    /// Gives this network namespace a number in the caller's own. `EEXIST` if it has one, or if another one has this number.
    pub fn set(&mut self, namespace: &Namespace, id: NsId) -> nix::Result<()> {
        let mut order = NsidMessage::default();
        let fd = namespace.as_fd().as_raw_fd();
        let fd = u32::try_from(fd).map_err(|_| Errno::EBADF)?;
        order.attributes = vec![NsidAttribute::Fd(fd), NsidAttribute::Id(id.kernel())];
        self.0.have(RouteNetlinkMessage::NewNsId(order), 0)
    }
}

/// The number of the network namespace behind this descriptor in that of the socket; negative if it has none.
pub(super) fn ask(socket: &mut RtSocket, namespace: BorrowedFd<'_>) -> nix::Result<i32> {
    let mut question = NsidMessage::default();
    let fd = u32::try_from(namespace.as_raw_fd()).map_err(|_| Errno::EBADF)?;
    question.attributes.push(NsidAttribute::Fd(fd));
    let RouteNetlinkMessage::NewNsId(answer) = socket.ask(RouteNetlinkMessage::GetNsId(question))? else {
        return Err(Errno::EBADMSG);
    };
    let id = answer.attributes.iter().find_map(|attribute| match attribute {
        NsidAttribute::Id(id) => Some(*id),
        _ => None,
    });
    id.ok_or(Errno::EBADMSG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn a_number_is_not_negative() {
        assert_eq!("auto".parse(), Ok(NsId::Auto));
        assert_eq!("0".parse(), Ok(NsId::Number(0)));
        assert_eq!("2147483647".parse(), Ok(NsId::Number(2_147_483_647)));
        for text in ["", "-1", "+1", "2147483648", "1x"] {
            assert!(text.parse::<NsId>().is_err(), "{text}");
        }
    }

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
