//! What is in a network namespace.

mod addresses;

pub use addresses::{addresses, addresses_in};
