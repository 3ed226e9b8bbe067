//! The command line of `ns-unshare`.
#![expect(
    clippy::doc_markdown,
    reason = "the comments on options are their help, where a backtick would show"
)]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser};
use ns_core::cli::{Relative, target, value};
use ns_core::idmap::MapRequest;
use ns_core::launch::{ClockOffset, Propagation, Setgroups, SignalNumber};
use ns_core::users::{GroupId, UserId};
use ns_core::{Kind, Target, uts};

use crate::names::{Unpin, name_to_pin};
use crate::single_ids::SingleIds;
use crate::veth::{VethSpec, veth_spec};

const NAMESPACES: &str = "Namespaces";
const NAMES: &str = "Names";
const IDS: &str = "User and group ids";
const MOUNTS: &str = "Mounts and directories";
const PROCESS: &str = "The process";
const SCRIPTS: &str = "For scripts";

/// The long options of unshare(1), by the version that brought them.
pub const RELATIVE: Relative = Relative(&[
    // util-linux 2.38
    "boottime cgroup fork help ipc keep-caps kill-child map-auto map-current-user map-group map-groups \
     map-root-user map-user map-users monotonic mount mount-proc net pid propagation root setgid \
     setgroups setuid time user uts version wd",
    // 2.43
    "clear-env forward-signals load-interp map-subids mount-binfmt owner whitelist-env",
]);

const AFTER_HELP: &str = "\
Without a program, the login shell runs.

Examples:
  ns-unshare -a            a root shell in a private machine, also for a user
  ns-unshare -r -n make    build as root without root, and without a network";

/// The options that make no sense where nothing is made.
const MAKING: [&str; 37] = [
    "all",
    "monotonic",
    "boottime",
    "hostname",
    "domainname",
    "no_loopback",
    "veth",
    "map-user",
    "map-group",
    "map-root-user",
    "map-current-user",
    "map_users",
    "map_groups",
    "map_auto",
    "map_subids",
    "owner",
    "setgroups",
    "setuid",
    "setgid",
    "keep_caps",
    "mount_proc",
    "mount_binfmt",
    "load_interp",
    "propagation",
    "root",
    "wd",
    "fork",
    "no_fork",
    "kill_child",
    "forward_signals",
    "no_forward_signals",
    "init",
    "clear_env",
    "whitelist_env",
    "pid_file",
    "info_fd",
    "program",
];

/// Those that say what is to have a name.
const NAMING: [&str; 10] = [
    "pin", "from", "mount", "uts", "ipc", "net", "pid", "user", "cgroup", "time",
];

/// Run a program in new namespaces.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Parser)]
#[command(
    name = "ns-unshare",
    version,
    args_override_self = true,
    override_usage = "ns-unshare [OPTIONS] [PROGRAM [ARGUMENT]...]",
    after_long_help = AFTER_HELP
)]
pub struct Cli {
    /// New namespaces of all eight kinds
    ///
    /// A private machine in one option. Implies --fork and --mount-proc. Maps root and the subordinate ids when run by
    /// an ordinary user, every id to itself when run by root.
    #[arg(short, long, help_heading = NAMESPACES)]
    pub all: bool,

    /// New mount namespace
    ///
    /// With FILE, here and for all kinds, it is bound to that file, which keeps it alive and leads to it.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub mount: Option<Option<PathBuf>>,

    /// New UTS namespace: host name and NIS domain name
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub uts: Option<Option<PathBuf>>,

    /// New IPC namespace: System V IPC, message queues
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub ipc: Option<Option<PathBuf>>,

    /// New network namespace: interfaces and routes
    ///
    /// Its loopback interface is up.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub net: Option<Option<PathBuf>>,

    /// New PID namespace, the program as PID 1
    ///
    /// Implies --fork.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub pid: Option<Option<PathBuf>>,

    /// New user namespace: ids and capabilities
    #[arg(short = 'U', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub user: Option<Option<PathBuf>>,

    /// New cgroup namespace: the root of /proc/PID/cgroup
    #[arg(short = 'C', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub cgroup: Option<Option<PathBuf>>,

    /// New time namespace: monotonic and boot-time clock
    #[arg(short = 'T', long, value_name = "FILE", num_args = 0..=1, require_equals = true, help_heading = NAMESPACES)]
    pub time: Option<Option<PathBuf>>,

    /// Set the monotonic clock ahead by SECONDS
    ///
    /// Fractions and negative numbers work. Needs --time.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = value::<ClockOffset>, help_heading = NAMESPACES)]
    pub monotonic: Option<ClockOffset>,

    /// Set the boot-time clock ahead by SECONDS
    ///
    /// Fractions and negative numbers work. Needs --time.
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, value_parser = value::<ClockOffset>, help_heading = NAMESPACES)]
    pub boottime: Option<ClockOffset>,

    /// Set the host name; implies --uts
    #[arg(long, value_name = "NAME", value_parser = host_name, help_heading = NAMESPACES)]
    pub hostname: Option<OsString>,

    /// Set the NIS domain name; implies --uts
    #[arg(long, value_name = "NAME", value_parser = domain_name, help_heading = NAMESPACES)]
    pub domainname: Option<OsString>,

    /// Leave the loopback interface down
    ///
    /// Otherwise that of a new network namespace is brought up.
    #[arg(long, help_heading = NAMESPACES)]
    pub no_loopback: bool,

    /// Tie the network namespace to another
    ///
    /// By a pair of interfaces, which come up, and go with the namespace; implies --net. SPEC is the name of the interface
    /// inside, or KEY=VALUE,... with these keys. With name, the name of the interface inside. With addr, its address with the
    /// length of the prefix (10.7.0.2/24, fd00::2/64), as often as there are addresses. With gw, the gateway of the default
    /// route, one for IPv4 and one for IPv6. With mac, its hardware address. With mtu, the MTU of both ends. With peer, the
    /// name of the other end (without it the first free of veth0, veth1, ...). With peer-addr, the address of that, as for
    /// addr. With peer-netns, the network namespace that it is in, as a TARGET (without it the caller's).
    #[arg(long, value_name = "SPEC", value_parser = veth_spec(), action = ArgAction::Append, help_heading = NAMESPACES)]
    pub veth: Vec<VethSpec>,

    /// Pin the new namespaces under NAME
    ///
    /// They stay when no process is in them any more. Those of the network are pinned as ip-netns(8) does it. Without a program
    /// nothing is run: the namespaces are made, set up and kept.
    #[arg(long, value_name = "NAME", value_parser = OsStringValueParser::new().try_map(|name| name_to_pin(&name)), help_heading = NAMES)]
    pub pin: Option<OsString>,

    /// With --pin, pin the namespaces of TARGET
    ///
    /// Those that differ from ours, or those of the kinds that are named.
    #[arg(long, value_name = "TARGET", value_parser = target(), requires = "pin", conflicts_with_all = MAKING, help_heading = NAMES)]
    pub from: Option<Target>,

    /// Remove a pinned name
    ///
    /// PIN is a name, or KIND:NAME for one kind only. Names that ip-netns(8) has given are removed too.
    #[arg(long, value_name = "PIN", value_parser = OsStringValueParser::new().try_map(|name| Unpin::parse(&name)),
        conflicts_with_all = MAKING, conflicts_with_all = NAMING, action = ArgAction::Append, help_heading = NAMES)]
    pub unpin: Vec<Unpin>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "its options carry their own")]
    pub single: SingleIds,

    /// Map a range of uids; implies --user
    ///
    /// MAP is INNER:OUTER:COUNT, auto, subids or all. With auto, the subordinate ids are mapped from 0 on. With subids, each
    /// of them to itself. With all, every id that is mapped here to itself. May be repeated.
    #[arg(long, value_name = "MAP", value_parser = value::<MapRequest>, action = ArgAction::Append, help_heading = IDS)]
    pub map_users: Vec<MapRequest>,

    /// Map a range of gids; implies --user
    ///
    /// MAP is as for --map-users.
    #[arg(long, value_name = "MAP", value_parser = value::<MapRequest>, action = ArgAction::Append, help_heading = IDS)]
    pub map_groups: Vec<MapRequest>,

    /// Map the subordinate ids from 0 on
    ///
    /// This is --map-users=auto --map-groups=auto.
    #[arg(long, help_heading = IDS)]
    pub map_auto: bool,

    /// Map the subordinate ids to themselves
    ///
    /// This is --map-users=subids --map-groups=subids.
    #[arg(long, help_heading = IDS)]
    pub map_subids: bool,

    /// Owner of the new user namespace; implies --user
    #[arg(long, value_name = "UID:GID", value_parser = owner, help_heading = IDS)]
    pub owner: Option<(u32, u32)>,

    /// Allow or deny setgroups(2) in the user namespace
    #[arg(long, value_name = "allow|deny", value_parser = value::<Setgroups>, help_heading = IDS)]
    pub setgroups: Option<Setgroups>,

    /// Take this uid before the program runs
    #[arg(short = 'S', long, allow_negative_numbers = true, value_name = "USER", value_parser = value::<UserId>, help_heading = IDS)]
    pub setuid: Option<UserId>,

    /// Take this gid and drop all other groups
    #[arg(short = 'G', long, allow_negative_numbers = true, value_name = "GROUP", value_parser = value::<GroupId>, help_heading = IDS)]
    pub setgid: Option<GroupId>,

    /// Keep the capabilities that are held inside
    ///
    /// The program has those that ns-unshare has in the new user namespace, as any uid.
    #[arg(long, help_heading = IDS)]
    pub keep_caps: bool,

    /// Mount a new /proc, or one on DIR
    ///
    /// Implies --mount.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = MOUNTS)]
    pub mount_proc: Option<Option<PathBuf>>,

    /// Mount a new binfmt_misc
    ///
    /// On DIR, or on /proc/sys/fs/binfmt_misc. Implies --mount and --user.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, help_heading = MOUNTS)]
    pub mount_binfmt: Option<Option<PathBuf>>,

    /// Register an interpreter with binfmt_misc
    ///
    /// LINE is what binfmt_misc takes: :NAME:TYPE:OFFSET:MAGIC:MASK:INTERPRETER:FLAGS. Implies --mount-binfmt.
    #[arg(short, long, value_name = "LINE", help_heading = MOUNTS)]
    pub load_interp: Option<OsString>,

    /// How mounts of the new namespace are tied to ours
    #[arg(long, value_name = "TYPE", value_parser = propagation(), help_heading = MOUNTS)]
    pub propagation: Option<Tie>,

    /// Make DIR the root directory
    #[arg(short = 'R', long, value_name = "DIR", help_heading = MOUNTS)]
    pub root: Option<PathBuf>,

    /// Make DIR, inside the root, the working directory
    #[arg(short, long, value_name = "DIR", help_heading = MOUNTS)]
    pub wd: Option<PathBuf>,

    /// Run the program in a child, and wait for it
    #[arg(short, long, overrides_with = "no_fork", help_heading = PROCESS)]
    pub fork: bool,

    /// With --pid, stay in the old PID namespace
    ///
    /// The first child of the program is PID 1 of the new one.
    #[arg(long, overrides_with = "fork", help_heading = PROCESS)]
    pub no_fork: bool,

    /// Kill the program when ns-unshare ends
    ///
    /// With SIGNAL, by that and not by KILL. Implies --fork.
    #[arg(long, value_name = "SIGNAL", num_args = 0..=1, require_equals = true, value_parser = value::<SignalNumber>, help_heading = PROCESS)]
    pub kill_child: Option<Option<SignalNumber>>,

    /// Pass signals on to the program: the default
    ///
    /// Implies --fork.
    #[arg(long, overrides_with = "no_forward_signals", help_heading = PROCESS)]
    pub forward_signals: bool,

    /// Pass no signals on to the program
    ///
    /// INT and TERM wait until the program ends, others end ns-unshare alone.
    #[arg(long, overrides_with = "forward_signals", help_heading = PROCESS)]
    pub no_forward_signals: bool,

    /// Run a small init as PID 1, which reaps orphans
    ///
    /// Implies --pid.
    #[arg(long, help_heading = PROCESS)]
    pub init: bool,

    /// Run the program with an empty environment
    #[arg(long, help_heading = PROCESS)]
    pub clear_env: bool,

    /// Run it with these environment variables only
    ///
    /// NAMES have commas between. One that is not set is left out.
    #[arg(long, value_name = "NAMES", help_heading = PROCESS)]
    pub whitelist_env: Vec<OsString>,

    /// Write a PID to FILE
    ///
    /// That of the process whose end ends the namespaces, as it is outside of them.
    #[arg(long, value_name = "FILE", help_heading = SCRIPTS)]
    pub pid_file: Option<PathBuf>,

    /// Write PID and namespaces to descriptor FD
    ///
    /// One JSON object, when the program is about to run; ns-utils(7) has its fields.
    #[arg(long, value_name = "FD", help_heading = SCRIPTS)]
    pub info_fd: Option<i32>,

    /// Show what would be done, a line a step, and do nothing
    #[arg(long, help_heading = SCRIPTS)]
    pub dry_run: bool,

    /// With --dry-run, write JSON
    #[arg(long, requires = "dry_run", help_heading = SCRIPTS)]
    pub json: bool,

    /// The program and its arguments
    #[arg(value_name = "PROGRAM", trailing_var_arg = true)]
    pub program: Vec<OsString>,
}

impl Cli {
    /// What was said of this kind: nothing, that there is to be a new one, and the file that it is to be bound to.
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

/// The values of `--propagation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Leave it as it was copied.
    Unchanged,
    /// Set it, for all mounts.
    Set(Propagation),
}

fn propagation() -> impl TypedValueParser<Value = Tie> {
    let values = [
        ("private", "Not at all: the default"),
        (
            "slave",
            "What is mounted later on shared mounts here shows up there",
        ),
        ("shared", "Also the other way"),
        ("unchanged", "As each mount is tied to others here"),
    ];
    let values = values.map(|(word, about)| PossibleValue::new(word).help(about));
    PossibleValuesParser::new(values).map(|word| {
        [Propagation::Private, Propagation::Slave, Propagation::Shared]
            .into_iter()
            .find(|propagation| propagation.word() == word)
            .map_or(Tie::Unchanged, Tie::Set)
    })
}

/// `UID:GID`, in numbers.
fn owner(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| match text.parse::<u32>() {
        Ok(id) if id < u32::MAX && !text.starts_with('+') => Some(id),
        _ => None,
    };
    text.split_once(':')
        .and_then(|(uid, gid)| Some((number(uid)?, number(gid)?)))
        .ok_or_else(|| "it is UID:GID, two numbers from 0 to 4294967294".into())
}

fn host_name(text: &str) -> Result<OsString, String> {
    uts::check_host_name(text.as_bytes())
        .map(|()| text.into())
        .map_err(|flaw| flaw.to_string())
}

fn domain_name(text: &str) -> Result<OsString, String> {
    uts::check_bytes(text.as_bytes())
        .map(|()| text.into())
        .map_err(|flaw| flaw.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_option_goes_with_names_or_does_not() {
        let command = Cli::command();
        let known: Vec<_> = MAKING
            .iter()
            .chain(&NAMING)
            .chain(&["unpin", "dry_run", "json"])
            .collect();
        for id in command.get_arguments().map(clap::Arg::get_id) {
            assert!(known.iter().any(|known| **known == id), "{id}");
        }
        command.debug_assert();
    }
}
