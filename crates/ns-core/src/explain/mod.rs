//! Finding causes after the kernel refused something, in the process that was refused: limits, capabilities,
//! restrictions, policies. A cause is a fact that was found. If nothing is found, there is no cause, because a guess is
//! never printed as one.
//!
//! The functions here do not know the steps of a launch. They take plain facts, such as a kind of namespace, a path or
//! an id map. Each step calls the functions that can explain its failures.

mod aside;
mod binfmt;
pub(crate) mod capability;
mod cause;
pub(crate) mod credentials;
mod elf;
pub(crate) mod entering;
pub(crate) mod filter;
mod finding;
pub(crate) mod limits;
pub(crate) mod links;
mod look;
pub mod maps;
pub(crate) mod mounts;
pub(crate) mod names;
pub(crate) mod paths;
pub(crate) mod program;
pub(crate) mod restrictions;
mod rights;
mod script;

pub(crate) use aside::aside;
pub(crate) use cause::{explain, explain_by};
pub use cause::{explain_filter, explain_in};
pub(crate) use finding::Finding;
pub(crate) use look::Look;
