//! The shared parts of the cases: their form, the programs, an ordinary user, held processes in their own namespaces,
//! terminals.

pub mod arguments;
pub mod calls;
pub mod case;
mod cgroup;
pub mod dice;
pub mod held;
pub mod namespaces;
pub mod needs;
mod preload;
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
pub use held::{Held, in_flight, inode_of, last_descendant, without_a_root};
pub use preload::preload;
pub use pty::Terminal;
pub use ran::{Ran, Run, path_of, program, tool, unshare};
pub use running::Running;
pub use seccomp::{refusing, refusing_with};
pub use shell::Shell;
pub use user::User;

/// How long a case waits for something that does not come. If all is well, no wait takes that long, even on a slow
/// machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
