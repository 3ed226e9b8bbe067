//! What the cases share: how one is written, the programs, an ordinary user, processes held in namespaces of their own, terminals.

pub mod arguments;
pub mod case;
mod cgroup;
pub mod held;
pub mod namespaces;
pub mod needs;
mod pty;
mod ran;
pub mod running;
mod seccomp;
mod shell;
pub mod signals;
pub mod tools;
pub mod traffic;
pub mod transcript;
mod user;

pub use case::{Case, Outcome};
pub use cgroup::Cgroup;
pub use held::{Held, in_flight, inode_of, without_a_root};
pub use pty::Terminal;
pub use ran::{Ran, Run, path_of, program, tool, unshare};
pub use running::Running;
pub use seccomp::refusing;
pub use shell::Shell;
pub use user::User;

/// How long what does not come is waited for. Nothing waits that long where all is well, on however slow a machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
