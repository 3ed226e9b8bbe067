//! Linux namespaces: find, open, make, enter and describe them.
//!
//! The one crate of ns-utils that opens `/proc` or makes a system call. It never ends the process, and prints only in
//! `cli`. Read the modules from top to bottom: a module uses modules above it, and never one below.

#[allow(
    unsafe_code,
    reason = "the one place for fork and for system calls that no crate wraps"
)]
mod sys;

mod escape;
mod linked;

mod error;
mod gathered;
mod kind;
mod namespace;

pub mod idmap;

pub mod process;

pub mod mounts;
pub mod net;
pub mod pins;
pub mod uts;

pub mod inventory;

pub mod busy;

pub mod output;
pub mod users;

pub mod listing;

pub mod target;

pub mod explain;

pub mod launch;

pub mod cli;

pub use error::{Error, Result};
pub use gathered::Gathered;
pub use kind::{Kind, Kinds};
pub use namespace::{Identity, Namespace};
pub use target::Target;
