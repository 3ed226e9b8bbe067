//! What is in a network namespace: interfaces and their addresses, and the numbers of other network namespaces.

mod addresses;
mod interface;
#[cfg(feature = "net")]
mod link;
#[cfg(feature = "net")]
mod nsid;
#[cfg(feature = "net")]
mod rtnetlink;

pub use addresses::{addresses, addresses_in};
pub use interface::{HardwareAddress, InterfaceAddress, InterfaceName};
#[cfg(feature = "net")]
pub(crate) use link::End;
#[cfg(feature = "net")]
pub use nsid::NsIds;
#[cfg(feature = "net")]
pub(crate) use rtnetlink::RtSocket;
