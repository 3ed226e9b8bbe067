//! The command line of `ns-unshare`.
#![expect(
    clippy::doc_markdown,
    reason = "the comments on options are their help, where a backtick would show"
)]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Arg, ArgAction, Parser};
use ns_core::cli::{LongOpts, Notes, Variables, target, value};
use ns_core::idmap::MapRequest;
use ns_core::launch::{ClockOffset, Setgroups, SignalNumber};
use ns_core::net::NsId;
use ns_core::users::{GroupId, UserId};
use ns_core::{Kind, Target};

use crate::interpreter::interpreter_line;
use crate::pin::{Unpin, name_to_pin};
use crate::single_ids::SingleIds;
use crate::values::{PropagationOption, domain_name, host_name, owner, propagation};
use crate::veth::{VethSpec, veth_spec};

const NAMESPACES: &str = "Namespaces";
const NAMES: &str = "Names";
const IDS: &str = "User and group ids";
const MOUNTS: &str = "Mounts and directories";
const PROCESS: &str = "The process";
const SCRIPTS: &str = "For scripts";

/// The long options of unshare(1), by the version that brought them.
pub const LONG_OPTS: LongOpts = LongOpts(&[
    // util-linux 2.38
    "boottime cgroup fork help ipc keep-caps kill-child map-auto map-current-user map-group map-groups \
     map-root-user map-user map-users monotonic mount mount-proc net pid propagation root setgid \
     setgroups setuid time user uts version wd",
    // 2.43
    "clear-env forward-signals load-interp map-subids mount-binfmt owner whitelist-env",
]);

const AFTER_HELP: &str = "\
Examples:
  ns-unshare -a            open a root shell in a private machine, as any user
  ns-unshare -r -n make    build as root of a user namespace, without a network";

/// The options that go with --from, which creates no namespace: they say which namespaces get a name.
const NAMING: [&str; 10] = [
    "pin", "from", "mount", "uts", "ipc", "net", "pid", "user", "cgroup", "time",
];

/// The options that go with --from and with --unpin.
const ALWAYS: [&str; 3] = ["dry_run", "json", "quiet"];

/// The option, in conflict with --from and --unpin if it only has a meaning for namespaces that are created. So is every
/// option that is in neither list.
fn with_conflicts(option: Arg) -> Arg {
    let is_in = |list: &[&str]| list.contains(&option.get_id().as_str());
    if is_in(&ALWAYS) {
        option
    } else if option.get_id() == "unpin" {
        option.conflicts_with_all(["from", "unpin_stale"])
    } else if option.get_id() == "unpin_stale" {
        option.conflicts_with_all(["from", "unpin"])
    } else if is_in(&NAMING) {
        option.conflicts_with_all(["unpin", "unpin_stale"])
    } else {
        option.conflicts_with_all(["from", "unpin", "unpin_stale"])
    }
}

/// Run a program in new namespaces.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(
    name = "ns-unshare",
    version,
    args_override_self = true,
    override_usage = "ns-unshare [OPTIONS] [PROGRAM [ARGUMENT]...]",
    after_long_help = AFTER_HELP,
    mut_args = with_conflicts
)]
pub struct Cli {
    /// Create new namespaces of all eight kinds
    ///
    /// This one option makes a private machine. Implies --fork and --mount-proc. For an ordinary user, it maps the user to
    /// root, and maps the subordinate ids if there are any. If these cannot be mapped, a note says why. For root, it maps
    /// every id to itself.
    #[arg(short, long, help_heading = NAMESPACES)]
    pub all: bool,

    /// With --all, create no namespaces of these kinds
    ///
    /// The program stays in the caller's namespaces of these kinds. For example, --share=net keeps the caller's network. An
    /// option that needs a new namespace of such a kind is refused. The kinds are cgroup, ipc, mnt, net, pid, time, user and uts. For several, use commas or repeat the option.
    #[arg(long, value_name = "KIND", value_parser = value::<Kind>, value_delimiter = ',', requires = "all", help_heading = NAMESPACES)]
    pub share: Vec<Kind>,

    /// Create a mount namespace
    ///
    /// With FILE, the namespace is bound to that file by a bind mount. The file then keeps the namespace alive and leads to
    /// it. A missing file is created, but only if FILE has a slash. FILE works the same for every kind.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub mount: Option<Option<PathBuf>>,

    /// Create a UTS namespace (host and NIS domain name)
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub uts: Option<Option<PathBuf>>,

    /// Create an IPC namespace
    ///
    /// It has its own System V IPC objects and POSIX message queues.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub ipc: Option<Option<PathBuf>>,

    /// Create a network namespace (interfaces, routes)
    ///
    /// Its loopback interface is brought up.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub net: Option<Option<PathBuf>>,

    /// Create a PID namespace, with the program as PID 1
    ///
    /// Implies --fork. Add --mount-proc so that ps(1) shows only the processes of the namespace.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub pid: Option<Option<PathBuf>>,

    /// Create a user namespace (ids and capabilities)
    #[arg(short = 'U', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub user: Option<Option<PathBuf>>,

    /// Create a cgroup namespace
    ///
    /// Inside, the paths in /proc/PID/cgroup start at the cgroups that the caller is in.
    #[arg(short = 'C', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub cgroup: Option<Option<PathBuf>>,

    /// Create a time namespace (clock offsets)
    ///
    /// The offsets apply to the monotonic clock and the boot-time clock.
    #[arg(short = 'T', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub time: Option<Option<PathBuf>>,

    /// Set the monotonic clock ahead by SECONDS
    ///
    /// SECONDS count from the clock of the initial time namespace, even if the caller is in another one. They can be negative
    /// and can have a fraction. Without this option, the new namespace has the offset of the caller's. Needs --time.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = value::<ClockOffset>, help_heading = NAMESPACES)]
    pub monotonic: Option<ClockOffset>,

    /// Set the boot-time clock ahead by SECONDS
    ///
    /// SECONDS count from the clock of the initial time namespace, as for --monotonic. Needs --time.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = value::<ClockOffset>, help_heading = NAMESPACES)]
    pub boottime: Option<ClockOffset>,

    /// Set the host name
    ///
    /// Implies --uts.
    #[arg(long, value_name = "NAME", value_parser = host_name, help_heading = NAMESPACES)]
    pub hostname: Option<OsString>,

    /// Set the NIS domain name
    ///
    /// Implies --uts.
    #[arg(long, value_name = "NAME", value_parser = domain_name, help_heading = NAMESPACES)]
    pub domainname: Option<OsString>,

    /// Leave the loopback interface down
    ///
    /// By default, the loopback interface of a new network namespace is brought up.
    #[arg(long, help_heading = NAMESPACES)]
    pub no_loopback: bool,

    /// Connect the network namespace to another one
    ///
    /// Creates a pair of interfaces, one in each namespace, and brings both up. The pair disappears with the new namespace.
    /// Implies --net. May be repeated, for several pairs. SPEC is NAME[,KEY=VALUE,...]. The keys:
    ///
    /// - name=NAME: The interface inside (required); NAME alone means the same
    ///
    /// - addr=ADDRESS/LENGTH: An address inside, with its prefix length (10.7.0.2/24, fd00::2/64); may be repeated
    ///
    /// - gw=ADDRESS: The gateway of the default route, one for IPv4 and one for IPv6; it may be outside the network of addr
    ///
    /// - mac=ADDRESS: The hardware address of the interface inside
    ///
    /// - mtu=BYTES: The MTU of both ends (68 to 65535, with IPv6 at least 1280)
    ///
    /// - peer=NAME: The interface at the other end (default: the first free name of veth0, veth1, ...)
    ///
    /// - peer-addr=ADDRESS/LENGTH: An address of the other end; may be repeated
    ///
    /// - peer-netns=TARGET: The network namespace of the other end (default: the caller's)
    #[arg(long, value_name = "SPEC", value_parser = veth_spec(), action = ArgAction::Append, help_heading = NAMESPACES)]
    pub veth: Vec<VethSpec>,

    /// Pin the new namespaces under NAME
    ///
    /// Pinned namespaces stay alive without a process. For network namespaces, ip-netns(8) uses the same names. Without
    /// PROGRAM, nothing is run: the namespaces are created, set up and kept.
    #[arg(long, value_name = "NAME", value_parser = OsStringValueParser::new().try_map(|name| name_to_pin(&name)), help_heading = NAMES)]
    pub pin: Option<OsString>,

    /// With --pin, pin the namespaces of TARGET
    ///
    /// By default, this pins the namespaces of TARGET that differ from the caller's. With options for kinds (--net, --uts,
    /// ...), it pins exactly these kinds.
    #[arg(long, value_name = "TARGET", value_parser = target(), requires = "pin", help_heading = NAMES)]
    pub from: Option<Target>,

    /// Remove a pinned name
    ///
    /// PIN is NAME, or KIND:NAME for one kind only. Names that ip-netns(8) created are removed too. May be repeated: if one
    /// name cannot be removed, the others are, and the status is 1. A signal keeps the names that are left to remove. It
    /// never removes half of a name.
    #[arg(long, value_name = "PIN", value_parser = OsStringValueParser::new().try_map(|name| Unpin::parse(&name)),
        action = ArgAction::Append, help_heading = NAMES)]
    pub unpin: Vec<Unpin>,

    /// Remove all stale names
    ///
    /// A stale name leads to no namespace. It is a link to nowhere, or an empty file on which nothing is mounted, here and for
    /// process 1. Each name that was removed is written as KIND:NAME. A name that only another mount namespace has is kept, with a
    /// note. With --dry-run, the names are shown and kept.
    #[arg(long, help_heading = NAMES)]
    pub unpin_stale: bool,

    /// Number a pinned network namespace
    ///
    /// ID is a number, or auto for the first free one. The caller's network namespace then has this number for that of --pin, as
    /// with ip netns set. ns-ls shows it as NETNSID. Without options for kinds, --pin names an existing network namespace. The
    /// kernel changes no number later.
    #[arg(long, value_name = "ID", value_parser = value::<NsId>, requires = "pin", help_heading = NAMES)]
    pub nsid: Option<NsId>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "its options carry their own")]
    pub single: SingleIds,

    /// Map a range of uids
    ///
    /// Implies --user. May be repeated. MAP is INNER:OUTER:COUNT or one of these words:
    ///
    /// - auto: Map the subordinate ids of the caller to 0 and up
    ///
    /// - subids: Map each subordinate id to itself
    ///
    /// - all: Map every id of the caller's user namespace to itself
    #[arg(long, value_name = "MAP", value_parser = value::<MapRequest>, action = ArgAction::Append, help_heading = IDS)]
    pub map_users: Vec<MapRequest>,

    /// Map a range of gids
    ///
    /// MAP has the same forms as for --map-users. Implies --user. May be repeated.
    #[arg(long, value_name = "MAP", value_parser = value::<MapRequest>, action = ArgAction::Append, help_heading = IDS)]
    pub map_groups: Vec<MapRequest>,

    /// Map the subordinate ids to 0 and up
    ///
    /// Same as --map-users=auto --map-groups=auto. Implies --user.
    #[arg(long, help_heading = IDS)]
    pub map_auto: bool,

    /// Map the subordinate ids to themselves
    ///
    /// Same as --map-users=subids --map-groups=subids. Implies --user.
    #[arg(long, help_heading = IDS)]
    pub map_subids: bool,

    /// Create the user namespace as this uid and gid
    ///
    /// The namespace then belongs to UID and GID, which are numbers. Implies --user.
    #[arg(long, value_name = "UID:GID", value_parser = owner, help_heading = IDS)]
    pub owner: Option<(u32, u32)>,

    /// Allow or deny setgroups(2) in the user namespace
    ///
    /// The default is deny if only the caller's own gid is mapped, and allow otherwise.
    #[arg(long, value_name = "allow|deny", value_parser = value::<Setgroups>, help_heading = IDS)]
    pub setgroups: Option<Setgroups>,

    /// Run the program with this uid
    ///
    /// USER is a name or a number.
    #[arg(short = 'S', long, allow_negative_numbers = true, value_name = "USER", value_parser = value::<UserId>, help_heading = IDS)]
    pub setuid: Option<UserId>,

    /// Run the program with this gid
    ///
    /// GROUP is a name or a number. The program loses all other groups.
    #[arg(short = 'G', long, allow_negative_numbers = true, value_name = "GROUP", value_parser = value::<GroupId>, help_heading = IDS)]
    pub setgid: Option<GroupId>,

    /// Keep all capabilities inside, with any uid
    ///
    /// The program then has every capability that ns-unshare has in the new user namespace.
    #[arg(long, help_heading = IDS)]
    pub keep_caps: bool,

    /// Mount a new /proc
    ///
    /// With DIR, it is mounted on DIR instead. Implies --mount.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = MOUNTS)]
    pub mount_proc: Option<Option<PathBuf>>,

    /// Mount a new binfmt_misc
    ///
    /// The default for DIR is /proc/sys/fs/binfmt_misc. This default also mounts a new /proc, which needs --pid. Implies
    /// --mount and --user.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = MOUNTS)]
    pub mount_binfmt: Option<Option<PathBuf>>,

    /// Register an interpreter with binfmt_misc
    ///
    /// LINE is what binfmt_misc reads: :NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS. Implies --mount-binfmt.
    #[arg(short, long, value_name = "LINE", value_parser = interpreter_line(), help_heading = MOUNTS)]
    pub load_interp: Option<OsString>,

    /// Set the propagation of all mounts inside
    ///
    /// It says which later mounts pass between the new mount namespace and the caller's.
    #[arg(long, value_name = "TYPE", value_parser = propagation(), help_heading = MOUNTS)]
    pub propagation: Option<PropagationOption>,

    /// Make DIR the root directory
    ///
    /// In a new mount namespace, DIR becomes its root by pivot_root(2), and the old root is removed. If that is impossible, as in
    /// a chroot, DIR becomes the root directory by chroot(2), with a note.
    #[arg(short = 'R', long, value_name = "DIR", help_heading = MOUNTS)]
    pub root: Option<PathBuf>,

    /// Make DIR the working directory
    ///
    /// DIR is looked up inside the new root.
    #[arg(short, long, value_name = "DIR", help_heading = MOUNTS)]
    pub wd: Option<PathBuf>,

    /// Run the program in a child process
    ///
    /// Waits for the child, and exits with its status.
    #[arg(short, long, overrides_with = "no_fork", help_heading = PROCESS)]
    pub fork: bool,

    /// With --pid, stay in the caller's PID namespace
    ///
    /// The first child of the program is then PID 1 of the new namespace.
    #[arg(long, overrides_with = "fork", help_heading = PROCESS)]
    pub no_fork: bool,

    /// Kill the program when ns-unshare ends
    ///
    /// The program gets SIGNAL, a name or a number (default: KILL). A program that changes its ids, such as sudo(8), gets no
    /// signal, unless --init is given. Implies --fork.
    #[arg(long, value_name = "SIGNAL", num_args = 0..=1, require_equals = true, value_parser = value::<SignalNumber>, help_heading = PROCESS)]
    pub kill_child: Option<Option<SignalNumber>>,

    /// Pass signals on to the program (default)
    ///
    /// This covers every signal that a process can block. Implies --fork.
    #[arg(long, overrides_with = "no_forward_signals", help_heading = PROCESS)]
    pub forward_signals: bool,

    /// Pass no signals on to the program
    ///
    /// INT and TERM take effect after the program has ended. Other signals end only ns-unshare.
    #[arg(long, overrides_with = "forward_signals", help_heading = PROCESS)]
    pub no_forward_signals: bool,

    /// Run a small init as PID 1
    ///
    /// The init reaps orphans, and ends when the program ends. Implies --pid.
    #[arg(long, help_heading = PROCESS)]
    pub init: bool,

    /// Run the program with an empty environment
    #[arg(long, help_heading = PROCESS)]
    pub clear_env: bool,

    /// Keep only these environment variables
    ///
    /// NAMES are separated by commas. A variable that is not set is left out.
    #[arg(long, value_name = "NAMES", help_heading = PROCESS)]
    pub whitelist_env: Vec<OsString>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "its options carry their own")]
    pub variables: Variables,

    /// Write the PID of the first process inside to FILE
    ///
    /// This process keeps the new namespaces alive: they end when it ends. The PID is the one that is seen from outside.
    #[arg(long, value_name = "FILE", help_heading = SCRIPTS)]
    pub pid_file: Option<PathBuf>,

    /// Write the PID and the namespaces to descriptor FD
    ///
    /// Writes one JSON object just before the program runs. See ns-utils(7) for its fields. FD 1 and 2 stay open for the
    /// program, and any other FD is closed. FD 0 is refused, because it is the input of the program.
    #[arg(long, value_name = "FD", help_heading = SCRIPTS)]
    pub info_fd: Option<i32>,

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

impl Cli {
    /// The option for this kind: not given, given, or given with the file to bind the namespace to.
    pub fn kind(&self, kind: Kind) -> Option<Option<&PathBuf>> {
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn an_option_that_is_not_about_names_conflicts_with_from_and_unpin() {
        let command = Cli::command();
        command.clone().debug_assert();
        let conflicts = |option: &Arg| -> Vec<String> {
            let ids = command.get_arg_conflicts_with(option);
            ids.iter().map(|other| other.get_id().to_string()).collect()
        };
        let mut known = 0;
        for option in command.get_arguments() {
            let id = option.get_id().as_str();
            let with = |other: &str| conflicts(option).iter().any(|id| id == other);
            let (always, naming) = (ALWAYS.contains(&id), NAMING.contains(&id));
            assert_eq!(with("from"), !always && !naming, "{id}");
            // An option can be repeated.
            for removal in ["unpin", "unpin_stale"] {
                assert_eq!(with(removal), !always && id != removal, "{id}, {removal}");
            }
            known += usize::from(always || naming);
        }
        assert_eq!(
            known,
            ALWAYS.len() + NAMING.len(),
            "a list names an option that is none"
        );
    }

    #[test]
    fn from_and_unpin_create_no_namespace() {
        let kind = |words: &[&str]| {
            let words = ["ns-unshare"].iter().chain(words);
            Cli::try_parse_from(words).err().map(|error| error.kind())
        };
        let conflict = Some(clap::error::ErrorKind::ArgumentConflict);
        assert_eq!(kind(&["--pin", "a", "--from", "1", "--net"]), None);
        assert_eq!(kind(&["--pin", "a", "--from", "1", "--hostname", "b"]), conflict);
        assert_eq!(kind(&["--pin", "a", "--from", "1", "true"]), conflict);
        assert_eq!(kind(&["--unpin", "a", "--dry-run"]), None);
        assert_eq!(kind(&["--unpin", "a", "--net"]), conflict);
        assert_eq!(kind(&["--unpin", "a", "--map-root-user"]), conflict);
    }
}
