//! The command line of `ns-enter`.
#![expect(
    rustdoc::broken_intra_doc_links,
    reason = "the comments on options are their help, where brackets are brackets"
)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use ns_core::cli::{Relative, target, value};
use ns_core::users::{GroupId, UserId};
use ns_core::{Error, Kind, Target};

const NAMESPACES: &str = "Namespaces";
const DIRECTORIES: &str = "Directories and mounts";
const IDS: &str = "User and group ids";
const PROCESS: &str = "The process";
const SCRIPTS: &str = "For scripts";

/// The long options of nsenter(1), by the version that brought them.
pub const RELATIVE: Relative = Relative(&[
    // util-linux 2.38
    "all cgroup follow-context help ipc mount net no-fork pid preserve-credentials root setgid setuid \
     target time user uts version wd wdns",
    // 2.43
    "env join-cgroup keep-caps net-socket user-parent",
]);

const EXAMPLES: &str = "\
Without a program, the login shell runs.

Examples:
  ns-enter -t 4711                  a shell where process 4711 is, all the way
  ns-enter --net=blue ip address    in the network that `ip netns add blue` made";

/// Run a program in existing namespaces.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(
    name = "ns-enter",
    version,
    args_override_self = true,
    override_usage = "ns-enter [OPTIONS] [PROGRAM [ARGUMENT]...]",
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// The process, name or namespace to enter
    ///
    /// Alone it stands for everything in which a process differs from us: its namespaces, its root and its working
    /// directory. A name stands for all that is pinned under it. A TARGET is a PID, a path, a pinned name, net:[INODE],
    /// :ID, host:NAME, unit:NAME, container:ID or more; see ns-utils(7).
    #[arg(short, long, allow_negative_numbers = true, value_name = "TARGET", value_parser = target(), help_heading = NAMESPACES)]
    pub target: Option<Target>,

    /// Every kind that is not given otherwise
    ///
    /// Kinds of which the target has the namespace that we are in are left out.
    #[arg(short, long, help_heading = NAMESPACES)]
    pub all: bool,

    /// The mount namespace
    ///
    /// Of the target or, here and for all kinds, of TARGET.
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub mount: Option<Option<Target>>,

    /// The UTS namespace: host name and NIS domain name
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub uts: Option<Option<Target>>,

    /// The IPC namespace: System V IPC, message queues
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub ipc: Option<Option<Target>>,

    /// The network namespace: interfaces and routes
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub net: Option<Option<Target>>,

    /// The PID namespace
    ///
    /// The program runs in a child, which is in it.
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub pid: Option<Option<Target>>,

    /// The user namespace: ids and capabilities
    #[arg(short = 'U', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub user: Option<Option<Target>>,

    /// The cgroup namespace: the root of /proc/PID/cgroup
    #[arg(short = 'C', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub cgroup: Option<Option<Target>>,

    /// The time namespace: monotonic and boot-time clock
    #[arg(short = 'T', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub time: Option<Option<Target>>,

    /// The network namespace of the target's socket FD
    ///
    /// FD is the number of a descriptor of the target.
    #[arg(short = 'N', long, allow_negative_numbers = true, value_name = "FD", value_parser = clap::value_parser!(i32).range(0..), help_heading = NAMESPACES)]
    pub net_socket: Option<i32>,

    /// The parent of the user namespace
    ///
    /// Of --user, of the target, or the owner of what else is entered.
    #[arg(long, help_heading = NAMESPACES)]
    pub user_parent: bool,

    /// With --pid and --time, those of new children
    ///
    /// The namespaces that the target's children are born in, where these are not its own.
    #[arg(long, help_heading = NAMESPACES)]
    pub for_children: bool,

    /// Join the cgroups of the target
    ///
    /// Of version 1 and 2.
    #[arg(short = 'c', long, help_heading = NAMESPACES)]
    pub join_cgroup: bool,

    /// Make the target's root, or DIR, the root
    ///
    /// DIR is looked up before anything is entered.
    #[arg(short, long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = DIRECTORIES)]
    pub root: Option<Option<PathBuf>>,

    /// Start in the target's working directory, or in DIR
    ///
    /// DIR is looked up before anything is entered.
    #[arg(short, long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "wdns", help_heading = DIRECTORIES)]
    pub wd: Option<Option<PathBuf>>,

    /// Start in DIR as it is seen inside
    #[arg(short = 'W', long, value_name = "DIR", help_heading = DIRECTORIES)]
    pub wdns: Option<PathBuf>,

    /// Mount a /proc for the PID namespace
    ///
    /// On /proc or DIR, where only the program sees it.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = DIRECTORIES)]
    pub mount_proc: Option<Option<PathBuf>>,

    /// With --net=NAME, have its /etc/netns/NAME and /sys
    ///
    /// As ip netns exec does. What is in /etc/netns/NAME is bound over what has the same name in /etc. The sysfs of the
    /// network namespace is mounted on /sys. Only the program sees both. The mounts below /sys stay. A file that /etc has
    /// no counterpart of is left out, with a warning.
    #[arg(long, help_heading = DIRECTORIES)]
    pub etc: bool,

    /// Take this uid, or with "follow" the target's
    #[arg(short = 'S', long, allow_negative_numbers = true, value_name = "USER", value_parser = id::<UserId>, help_heading = IDS)]
    pub setuid: Option<Id<UserId>>,

    /// Take this gid, or with "follow" the target's
    ///
    /// All other groups are dropped.
    #[arg(short = 'G', long, allow_negative_numbers = true, value_name = "GROUP", value_parser = id::<GroupId>, help_heading = IDS)]
    pub setgid: Option<Id<GroupId>>,

    /// Keep the ids and groups
    ///
    /// In a user namespace that is entered the program is otherwise uid 0 and gid 0, or has the first ids that are
    /// mapped.
    #[arg(long, help_heading = IDS)]
    pub preserve_credentials: bool,

    /// Keep all capabilities inside, with any uid
    ///
    /// The program then has every capability that ns-enter has in the user namespace.
    #[arg(long, help_heading = IDS)]
    pub keep_caps: bool,

    /// Take the environment that the target started with
    #[arg(short, long, help_heading = PROCESS)]
    pub env: bool,

    /// Take the SELinux context of the target
    #[arg(short = 'Z', long, help_heading = PROCESS)]
    pub follow_context: bool,

    /// With --pid, stay in the old PID namespace
    ///
    /// The children of the program are in the other one.
    #[arg(short = 'F', long, help_heading = PROCESS)]
    pub no_fork: bool,

    /// Pass no signals on to the program
    ///
    /// INT and TERM then wait until the program ends. Other signals end ns-enter alone.
    #[arg(long, help_heading = PROCESS)]
    pub no_forward_signals: bool,

    /// Show the steps, and run none of them
    #[arg(long, help_heading = SCRIPTS)]
    pub dry_run: bool,

    /// With --dry-run, write JSON
    #[arg(long, requires = "dry_run", help_heading = SCRIPTS)]
    pub json: bool,

    /// The program and its arguments
    #[arg(value_name = "PROGRAM", trailing_var_arg = true)]
    pub program: Vec<OsString>,
}

/// The value of `--setuid` and `--setgid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id<T> {
    /// This.
    Is(T),
    /// That of the target.
    Follow,
}

impl<T> Id<T> {
    /// Whether it is the target's.
    pub fn follows(self) -> bool {
        matches!(self, Self::Follow)
    }

    /// The same with another value.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Id<U> {
        match self {
            Self::Is(value) => Id::Is(make(value)),
            Self::Follow => Id::Follow,
        }
    }
}

fn id<T: FromStr<Err = Error>>(text: &str) -> Result<Id<T>, String> {
    if text == "follow" {
        return Ok(Id::Follow);
    }
    value(text).map(Id::Is)
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

    /// Whether something was said of any kind.
    pub fn names_kinds(&self) -> bool {
        self.net_socket.is_some()
            || self.user_parent
            || Kind::ALL.iter().any(|kind| self.kind(*kind).is_some())
    }

    /// Whether there is a target, and not a word on which namespaces of it to enter: then all are that differ from ours.
    pub fn is_bare(&self) -> bool {
        self.target.is_some() && !self.all && !self.names_kinds()
    }
}
