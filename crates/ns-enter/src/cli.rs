//! The command line of `ns-enter`.

use std::ffi::OsString;

use clap::Parser;
use ns_core::cli::{target, value};
use ns_core::users::{GroupId, UserId};
use ns_core::{Kind, Target};

const NAMESPACES: &str = "Namespaces";
const IDS: &str = "User and group ids";
const PROCESS: &str = "The process";
const SCRIPTS: &str = "For scripts";

const AFTER_HELP: &str = "\
Examples:
  ns-enter -t 4711 -a                   a shell in all the namespaces of process 4711
  ns-enter --net=/run/netns/blue ip a   a program in the network namespace that this file is

Without a program, the login shell runs. See ns-enter(1).";

/// Run a program in existing namespaces.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(
    name = "ns-enter",
    version,
    infer_long_args = true,
    args_override_self = true,
    override_usage = "ns-enter [OPTIONS] [PROGRAM [ARGUMENT]...]",
    after_help = AFTER_HELP
)]
pub struct Cli {
    /// The process whose namespaces are entered
    #[arg(short, long, value_name = "TARGET", value_parser = target(), help_heading = NAMESPACES)]
    pub target: Option<Target>,

    /// Every kind of namespace that is not given otherwise
    #[arg(short, long, help_heading = NAMESPACES)]
    pub all: bool,

    /// The mount namespace of the target, or this one
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub mount: Option<Option<Target>>,

    /// The UTS namespace: host name and NIS domain name
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub uts: Option<Option<Target>>,

    /// The IPC namespace
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub ipc: Option<Option<Target>>,

    /// The network namespace
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub net: Option<Option<Target>>,

    /// The PID namespace; the program runs in a child, which is in it
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub pid: Option<Option<Target>>,

    /// The user namespace
    #[arg(short = 'U', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub user: Option<Option<Target>>,

    /// The cgroup namespace
    #[arg(short = 'C', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub cgroup: Option<Option<Target>>,

    /// The time namespace
    #[arg(short = 'T', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub time: Option<Option<Target>>,

    /// Take this uid before the program runs
    #[arg(short = 'S', long, value_name = "USER", value_parser = value::<UserId>, help_heading = IDS)]
    pub setuid: Option<UserId>,

    /// Take this gid, and no other groups, before the program runs
    #[arg(short = 'G', long, value_name = "GROUP", value_parser = value::<GroupId>, help_heading = IDS)]
    pub setgid: Option<GroupId>,

    /// Keep the ids and groups, where a user namespace is entered
    #[arg(long, help_heading = IDS)]
    pub preserve_credentials: bool,

    /// Keep the capabilities that are held in the user namespace
    #[arg(long, help_heading = IDS)]
    pub keep_caps: bool,

    /// With --pid, run the program in the old PID namespace; its children are in the other one
    #[arg(short = 'F', long, help_heading = PROCESS)]
    pub no_fork: bool,

    /// Pass no signals on: INT and TERM wait until the program ends, others end ns-enter alone
    #[arg(long, help_heading = PROCESS)]
    pub no_forward_signals: bool,

    /// Show what would be done, a line a step, and do nothing
    #[arg(long, help_heading = SCRIPTS)]
    pub dry_run: bool,

    /// Show it as JSON
    #[arg(long, requires = "dry_run", help_heading = SCRIPTS)]
    pub json: bool,

    /// The program and its arguments
    #[arg(value_name = "PROGRAM", trailing_var_arg = true)]
    pub program: Vec<OsString>,
}

impl Cli {
    /// What was said of this kind: nothing, that it is entered, and from where.
    pub fn kind(&self, kind: Kind) -> Option<Option<&Target>> {
        let option = match kind {
            Kind::Cgroup => &self.cgroup,
            Kind::Ipc => &self.ipc,
            Kind::Mnt => &self.mount,
            Kind::Net => &self.net,
            Kind::Pid => &self.pid,
            Kind::Time => &self.time,
            Kind::User => &self.user,
            Kind::Uts => &self.uts,
        };
        option.as_ref().map(Option::as_ref)
    }
}
