//! What is in a network namespace.

mod addresses;
#[cfg(feature = "net")]
mod nsid;

pub use addresses::{addresses, addresses_in};
#[cfg(feature = "net")]
pub use nsid::NsIds;
