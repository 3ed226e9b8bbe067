//! The command line of `ns-enter`.
#![expect(
    rustdoc::broken_intra_doc_links,
    reason = "the comments on options are their help, where brackets are brackets"
)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Parser;
use ns_core::cli::{LongOpts, Notes, Variables, target, value};
use ns_core::users::{GroupId, UserId};
use ns_core::{Error, Kind, Target};

const NAMESPACES: &str = "Namespaces";
const DIRECTORIES: &str = "Directories and mounts";
const IDS: &str = "User and group ids";
const PROCESS: &str = "The process";
const SCRIPTS: &str = "For scripts";

/// The long options of nsenter(1), by the version that brought them.
pub const LONG_OPTS: LongOpts = LongOpts(&[
    // util-linux 2.38
    "all cgroup follow-context help ipc mount net no-fork pid preserve-credentials root setgid setuid \
     target time user uts version wd wdns",
    // 2.43
    "env join-cgroup keep-caps net-socket user-parent",
]);

const EXAMPLES: &str = "\
Examples:
  ns-enter -t 4711                  open a shell in all namespaces of a process
  ns-enter --net=blue ip address    list addresses in the network of ip netns";

/// Run a program in existing namespaces.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Clone, Debug, Parser)]
#[command(
    name = "ns-enter",
    version,
    args_override_self = true,
    override_usage = "ns-enter [OPTIONS] [PROGRAM [ARGUMENT]...]",
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// Enter the namespaces of TARGET
    ///
    /// Without an option for a kind, this enters every namespace of a process, except those that the caller is in. It also uses
    /// the root and the working directory of the process. For a pinned name, it enters all namespaces with that name. TARGET is a
    /// PID, a path, a pinned name, net:[INODE], :ID, host:NAME, unit:NAME or container:ID; ns-utils(7) has all forms.
    #[arg(short, long, allow_negative_numbers = true, value_name = "TARGET", value_parser = target(), help_heading = NAMESPACES)]
    pub target: Option<Target>,

    /// Run the program once for each name of this kind
    ///
    /// The program runs in the namespace of KIND that each name leads to, in the order of the names. A line with the name
    /// is written before it. Stale names are left out, with a note. The status is the highest one of the programs. If a
    /// program is killed by HUP, INT, QUIT or TERM, no other is started. With --no-forward-signals, ns-enter ends after the
    /// program if another process sends INT or TERM to ns-enter. Same as ip -all netns exec for the kind net.
    #[arg(long, value_name = "KIND", value_parser = value::<Kind>, requires = "program",
        conflicts_with_all = ["all", "net_socket", "json"], help_heading = NAMESPACES)]
    pub each: Option<Kind>,

    /// Enter the namespaces of all kinds
    ///
    /// They are the namespaces of --target. If the option of a kind has its own TARGET, that TARGET is used. A namespace
    /// that the caller is already in is skipped.
    #[arg(short, long, help_heading = NAMESPACES)]
    pub all: bool,

    /// Enter the mount namespace
    ///
    /// This is the namespace of TARGET, or of --target if no TARGET is given here. TARGET works the same for every kind.
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub mount: Option<Option<Target>>,

    /// Enter the UTS namespace (host and NIS domain name)
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub uts: Option<Option<Target>>,

    /// Enter the IPC namespace
    ///
    /// It has its own System V IPC objects and POSIX message queues.
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub ipc: Option<Option<Target>>,

    /// Enter the network namespace (interfaces, routes)
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub net: Option<Option<Target>>,

    /// Enter the PID namespace
    ///
    /// The program runs in a child process, which is in the namespace.
    #[arg(short, long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub pid: Option<Option<Target>>,

    /// Enter the user namespace (ids and capabilities)
    #[arg(short = 'U', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub user: Option<Option<Target>>,

    /// Enter the cgroup namespace
    ///
    /// It decides where the paths in /proc/PID/cgroup start.
    #[arg(short = 'C', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub cgroup: Option<Option<Target>>,

    /// Enter the time namespace (clock offsets)
    ///
    /// The offsets apply to the monotonic clock and the boot-time clock.
    #[arg(short = 'T', long, value_name = "TARGET", num_args = 0..=1, require_equals = true, value_parser = target(), help_heading = NAMESPACES)]
    pub time: Option<Option<Target>>,

    /// Enter the network namespace of a socket
    ///
    /// FD is the number of a file descriptor of the target process.
    #[arg(short = 'N', long, allow_negative_numbers = true, value_name = "FD", value_parser = clap::value_parser!(i32).range(0..), help_heading = NAMESPACES)]
    pub net_socket: Option<i32>,

    /// Enter the parent of the user namespace
    ///
    /// This is the parent of the user namespace of --user or --target. Without both options, it is the user namespace that
    /// owns the namespaces of the other options.
    #[arg(long, help_heading = NAMESPACES)]
    pub user_parent: bool,

    /// Enter the PID and time namespaces of future children
    ///
    /// With --pid and --time, this enters the namespaces that future children of the target will be in. They can differ from
    /// those of the target itself. Since Linux 6.11, this works before the first child exists: PROGRAM is then PID 1 of the
    /// namespace, which ends with it.
    #[arg(long, help_heading = NAMESPACES)]
    pub for_children: bool,

    /// Join the cgroups of the target
    ///
    /// This works for cgroups of version 1 and version 2.
    #[arg(short = 'c', long, help_heading = NAMESPACES)]
    pub join_cgroup: bool,

    /// With --join-cgroup, join frozen cgroups too
    ///
    /// The program starts when the cgroups are thawed. Without this option, ns-enter refuses to join a frozen cgroup.
    #[arg(long, requires = "join_cgroup", help_heading = NAMESPACES)]
    pub frozen: bool,

    /// Use the root directory of the target
    ///
    /// With DIR, the root directory is DIR, which is looked up before any namespace is entered.
    #[arg(short, long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = DIRECTORIES)]
    pub root: Option<Option<PathBuf>>,

    /// Use the working directory of the target
    ///
    /// With DIR, the working directory is DIR, which is looked up before any namespace is entered.
    #[arg(short, long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "wdns", help_heading = DIRECTORIES)]
    pub wd: Option<Option<PathBuf>>,

    /// Start in DIR, as seen inside the namespaces
    ///
    /// DIR is looked up inside, after the namespaces are entered and the root directory has changed. With --wd=DIR, it is the
    /// caller's DIR. DIR can be attached to the option, or be the next word.
    #[arg(short = 'W', long, value_name = "DIR", help_heading = DIRECTORIES)]
    pub wdns: Option<PathBuf>,

    /// Mount a /proc for the PID namespace
    ///
    /// The default for DIR is /proc. Only the program sees this mount.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = DIRECTORIES)]
    pub mount_proc: Option<Option<PathBuf>>,

    /// With --net=NAME, use /etc/netns/NAME and a new /sys
    ///
    /// This is what ip netns exec does. Each entry of /etc/netns/NAME is bound over the entry of the same name in /etc. An entry
    /// that /etc lacks, and a directory for a file, are left out, with a note. The sysfs of the network namespace is mounted on
    /// /sys. The mounts below /sys stay. Only the program sees these mounts. For a network namespace that is not given by its
    /// name, such as that of -t PID, only /sys is mounted.
    #[arg(long, help_heading = DIRECTORIES)]
    pub etc: bool,

    /// Run the program with this uid
    ///
    /// USER is a name, a number, or "follow" for the uid of the target.
    #[arg(short = 'S', long, allow_negative_numbers = true, value_name = "USER", value_parser = id::<UserId>, help_heading = IDS)]
    pub setuid: Option<Id<UserId>>,

    /// Run the program with this gid
    ///
    /// GROUP is a name, a number, or "follow" for the gid of the target. The program loses all other groups.
    #[arg(short = 'G', long, allow_negative_numbers = true, value_name = "GROUP", value_parser = id::<GroupId>, help_heading = IDS)]
    pub setgid: Option<Id<GroupId>>,

    /// With --setuid=USER, take the groups of USER
    ///
    /// The program gets the primary group of USER in /etc/passwd, or that of --setgid, and the groups of USER in /etc/group.
    /// Without this option, --setuid changes only the uid.
    #[arg(long, requires = "setuid", conflicts_with = "preserve_credentials", help_heading = IDS)]
    pub groups: bool,

    /// Keep the uid, the gid and the groups of the caller
    ///
    /// By default, a program that enters a user namespace gets uid 0 and gid 0 there. If 0 is not mapped, it gets the
    /// lowest id that is mapped.
    #[arg(long, help_heading = IDS)]
    pub preserve_credentials: bool,

    /// Keep all capabilities inside, with any uid
    ///
    /// The program then has every capability that ns-enter has in the user namespace.
    #[arg(long, help_heading = IDS)]
    pub keep_caps: bool,

    /// Use the environment that the target started with
    #[arg(short, long, help_heading = PROCESS)]
    pub env: bool,

    #[command(flatten)]
    #[expect(missing_docs, reason = "its options carry their own")]
    pub variables: Variables,

    /// Use the SELinux context of the target
    #[arg(short = 'Z', long, help_heading = PROCESS)]
    pub follow_context: bool,

    /// With --pid, stay in the caller's PID namespace
    ///
    /// Only the children of the program are then in the entered PID namespace.
    #[arg(short = 'F', long, help_heading = PROCESS)]
    pub no_fork: bool,

    /// Pass no signals on to the program
    ///
    /// INT and TERM take effect after the program has ended. Other signals end only ns-enter.
    #[arg(long, help_heading = PROCESS)]
    pub no_forward_signals: bool,

    /// Show the steps, and run none of them
    #[arg(long, help_heading = SCRIPTS)]
    pub dry_run: bool,

    /// With --dry-run, write JSON
    #[arg(long, requires = "dry_run", help_heading = SCRIPTS)]
    pub json: bool,

    /// The option that silences notes.
    #[command(flatten, next_help_heading = SCRIPTS)]
    pub notes: Notes,

    /// Run this program (default: the login shell)
    #[arg(value_name = "PROGRAM", trailing_var_arg = true)]
    pub program: Vec<OsString>,
}

impl AsRef<Notes> for Cli {
    fn as_ref(&self) -> &Notes {
        &self.notes
    }
}

/// The value of `--setuid` and `--setgid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id<T> {
    /// The id itself.
    Is(T),
    /// The id of the target.
    Follow,
}

impl<T> Id<T> {
    /// Converts the id, if it is one.
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
    /// This command line for one name of a kind.
    #[must_use]
    pub fn for_name(&self, kind: Kind, name: OsString) -> Self {
        let mut cli = self.clone();
        let target = Some(Some(Target::Name(name)));
        match kind {
            Kind::Cgroup => cli.cgroup = target,
            Kind::Ipc => cli.ipc = target,
            Kind::Mnt => cli.mount = target,
            Kind::Net => cli.net = target,
            Kind::Pid => cli.pid = target,
            Kind::Time => cli.time = target,
            Kind::User => cli.user = target,
            Kind::Uts => cli.uts = target,
        }
        cli
    }

    /// The option for this kind: not given, given, or given with a target of its own.
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

    /// True if any option names a kind.
    pub fn names_kinds(&self) -> bool {
        self.net_socket.is_some()
            || self.user_parent
            || Kind::ALL.iter().any(|kind| self.kind(*kind).is_some())
    }

    /// True if there is a target and no option that names a kind. Then all namespaces that differ are entered.
    pub fn is_bare(&self) -> bool {
        self.target.is_some() && !self.all && !self.names_kinds()
    }
}
