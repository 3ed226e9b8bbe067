//! Processes, as `/proc` shows them.

pub mod caller;
mod cgroup;
mod child;
mod files;
mod held;
mod inside;
mod links;
pub(crate) mod opening;
mod own;
pub(crate) mod path;
mod pid;
mod pidfd;
mod privacy;
pub(crate) mod remedy;
mod reports;
mod scan;
mod stat;
mod status;
mod threads;
mod wait;

pub use crate::sys::urgency::Urgent;
pub use cgroup::{Cgroup, Cgroups, Container};
pub(crate) use child::{beside_child, each_in_child, in_child_while, is_known_within};
pub use child::{in_child, in_child_within};
pub use files::Files;
pub use held::Process;
#[cfg(fuzzing)]
pub use held::check_environment;
pub use inside::{in_namespace, in_namespace_of, open_in_namespace};
pub use links::{LinkDirectory, Links, linked_inode, parse_link, read_links};
pub(crate) use own::OwnProcess;
pub use pid::Pid;
pub(crate) use pidfd::own_inode;
pub(crate) use privacy::hides_processes;
pub use reports::{Reported, Reports};
pub use scan::{Scan, scan};
pub use stat::{Stat, command_line, parse_stat};
pub use status::Status;
pub(crate) use threads::{living_thread, tids};
pub use wait::Woken;
pub(crate) use wait::wait;
