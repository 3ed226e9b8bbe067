//! The contents of a network namespace: interfaces, addresses, and the numbers of other network namespaces.

mod addresses;
mod interface;
mod link;
mod networks;
mod nsid;
mod rtnetlink;
mod ties;

pub use addresses::{addresses, addresses_in};
pub use interface::{HardwareAddress, InterfaceAddress, InterfaceName};
pub(crate) use link::End;
pub use networks::{Interface, Linked, Network};
pub use nsid::{NsId, NsIds};
pub(crate) use rtnetlink::RtSocket;
#[cfg(fuzzing)]
pub use rtnetlink::check_answer;
pub use ties::{End as TieEnd, Relation, Tie, ties};
