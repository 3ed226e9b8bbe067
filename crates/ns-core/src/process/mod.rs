//! Processes, as `/proc` shows them.

mod child;
mod held;
mod links;
mod pid;
mod scan;
mod stat;

pub use child::in_child;
pub use held::Process;
pub use links::{Links, read_links};
pub use pid::Pid;
pub use scan::{Scan, scan};
pub use stat::{Stat, command_line, parse_stat};
