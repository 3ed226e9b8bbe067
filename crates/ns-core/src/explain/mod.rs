//! Looking around after the kernel refused something, in the process that it refused: limits, capabilities, restrictions,
//! policies. A cause is a fact that was found. If nothing is found, nothing is said: a guess is never printed as a cause.
//!
//! The functions here know nothing of steps. They take plain facts, such as a kind of namespace, a path or an id map, and
//! each step says which of them look into its own failures.

pub(crate) mod capability;
mod cause;
pub(crate) mod credentials;
pub(crate) mod entering;
mod finding;
pub(crate) mod limits;
pub(crate) mod links;
mod look;
pub(crate) mod maps;
pub(crate) mod mounts;
pub(crate) mod names;
pub(crate) mod program;
pub(crate) mod restrictions;
mod rights;

pub(crate) use cause::explain;
pub use cause::explain_in;
pub(crate) use finding::Finding;
pub(crate) use look::Look;
