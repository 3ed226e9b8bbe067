//! What the command lines of the programs share: how they start, fail and end.

mod failure;
mod start;
mod values;

pub use failure::{report, warn};
pub use start::main;
pub use values::{target, value, width_of_terminal};
