//! From a plan to a running program, and from its end to an exit status.
//!
//! A step is data. Each family of steps has one file in [`inside`] or [`outside`], with everything about its steps.

mod cgroup;
mod change;
mod channel;
mod ending;
mod environment;
mod facts;
mod failure;
mod families;
mod frozen;
mod held;
mod info;
mod init;
pub mod inside;
mod naming;
mod number;
pub mod outside;
mod plan;
mod proc_file;
mod program;
mod relay;
mod run;
mod settings;
mod signal;
mod terminal;
mod unwritable;
mod veth;
mod wait;
mod walk;
mod words;

pub use cgroup::OpenCgroups;
pub use environment::EnvironmentChange;
pub use failure::{Failure, Reporter};
pub use held::Directory;
pub use inside::{Inside, WantedId, security_context};
pub use number::NetworkNumber;
pub use outside::Outside;
pub use plan::{Forked, Line, Plan, Settled, Steps, Unforked};
pub use program::{Program, shell_in};
pub use run::{run, run_one};
pub use settings::{Clock, ClockOffset, MOST_SECONDS, PropagationType, Setgroups};
pub use signal::SignalNumber;
pub use unwritable::run_from_unwritable_copy;
pub use veth::{Veth, VethEnd};
pub use wait::{Ended, mirror};
