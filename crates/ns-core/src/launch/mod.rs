//! From a plan to a running program, and from its end to an exit status.

mod cause;
mod cgroup;
mod change;
mod channel;
mod enter;
mod failure;
mod held;
mod ids;
mod info;
mod init;
mod inside;
mod names;
mod outside;
#[cfg(feature = "net")]
mod pairs;
mod perform;
mod plan;
mod program;
mod relay;
mod run;
mod settings;
mod signal;
mod step;
mod sysfs;
mod terminal;
mod unwritable;
mod veth;
mod wait;

pub use cgroup::OpenCgroups;
pub use failure::{Failure, Warn};
pub use held::Directory;
pub use ids::security_context;
pub use plan::{Plan, Side};
pub use program::{Program, shell_in};
pub use run::run;
pub use settings::{Clock, ClockOffset, MOST_SECONDS, Propagation, Setgroups};
pub use signal::SignalNumber;
pub use step::{Step, WantedId};
pub use unwritable::run_from_unwritable_copy;
pub use veth::{Veth, VethEnd};
pub use wait::{Ended, mirror};
