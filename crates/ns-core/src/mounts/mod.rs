//! The mounts of a mount namespace, as `/proc/PID/mountinfo` shows them (`proc_pid_mountinfo(5)`).

mod escape;
mod line;
mod options;
mod propagation;
mod table;
mod tree;
mod view;

pub use escape::Escaped;
pub use line::{Device, Mount, MountId};
pub use options::{Options, merged};
pub use propagation::{PeerGroup, Propagation};
pub use table::{Flaw, MountTable};
pub use tree::{Node, Tree};
pub use view::View;
