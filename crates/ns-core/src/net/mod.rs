//! The contents of a network namespace: interfaces, addresses, and the numbers of other network namespaces.

mod addresses;
mod interface;
mod link;
mod nsid;
mod rtnetlink;

pub use addresses::{addresses, addresses_in};
pub use interface::{HardwareAddress, InterfaceAddress, InterfaceName};
pub(crate) use link::End;
pub use nsid::{NsId, NsIds};
pub(crate) use rtnetlink::RtSocket;
#[cfg(fuzzing)]
pub use rtnetlink::check_answer;
