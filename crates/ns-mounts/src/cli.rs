//! The command line of `ns-mounts`. Letters mean the same as in findmnt(8).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, ValueEnum};
use ns_core::Target;
use ns_core::cli::{LongOpts, Pairs, Written};
use ns_core::output::Filter;

use crate::action::Action;
use crate::columns::{self, MountColumn};
use crate::types::Types;

/// The long options of findmnt(8), grouped by the version that added them.
pub const LONG_OPTS: LongOpts = LongOpts(&[
    // util-linux 2.38
    "all ascii bytes canonicalize df direction evaluate first-only fstab help invert json kernel list \
     mountpoint mtab nocanonicalize nofsroot noheadings notruncate options output output-all pairs poll \
     pseudo raw real shadowed shell source submounts tab-file target task timeout tree types uniq verbose \
     verify version vfs-all",
    // 2.43
    "dfi filter hyperlink id list-columns uniq-id",
]);

const EXAMPLES: &str = "Examples:
  ns-mounts -N container:3f2a -T /data       find /data's mount in a container
  ns-mounts --all-namespaces -S /dev/sdb1    find who keeps the device busy";

/// Show, search, compare and watch the mounts of any mount namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-mounts",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES,
    mut_arg("output", |arg| arg.value_parser(ns_core::cli::columns(columns::ALL)))
)]
pub struct Cli {
    /// Show mounts of this source or mount point
    ///
    /// If no mount has this source, the operand is a mount point.
    #[arg(value_name = "DEVICE|MOUNTPOINT", conflicts_with_all = ["source", "target", "mountpoint"])]
    pub operand: Option<OsString>,

    /// Show mounts at this mount point
    ///
    /// The operand before it is then a source.
    #[arg(value_name = "MOUNTPOINT")]
    pub second: Option<PathBuf>,

    /// The options that choose mount tables.
    #[command(flatten)]
    pub whose: Whose,

    /// The options that select mounts.
    #[command(flatten)]
    pub which: Selection,

    /// The options for tasks other than a listing.
    #[command(flatten)]
    pub ask: Ask,

    /// The options that choose the form of the output.
    #[command(flatten)]
    pub show: OutputOptions,

    /// The options that only findmnt(8) has.
    #[command(flatten)]
    pub not_here: NotHere,
}

/// The mount tables to read.
#[derive(Args, Debug)]
#[command(next_help_heading = "Mount tables")]
pub struct Whose {
    /// Show the mounts that TARGET sees
    ///
    /// TARGET is a process or a mount namespace; see ns-utils(7). The default is ns-mounts itself. The option can be
    /// repeated.
    #[arg(short = 'N', long = "task", value_name = "TARGET", value_parser = ns_core::cli::target())]
    pub tasks: Vec<Target>,

    /// Show the mounts of every mount namespace
    #[arg(long, conflicts_with_all = ["tasks", "files"])]
    pub all_namespaces: bool,

    /// Read mounts from a saved mountinfo file
    ///
    /// The option can be repeated.
    #[arg(short = 'F', long = "tab-file", value_name = "FILE", conflicts_with = "tasks")]
    pub files: Vec<PathBuf>,

    /// Read mounts from the kernel (default)
    ///
    /// Without FROM, ns-mounts reads mountinfo.
    #[arg(short, long, value_name = "FROM", num_args = 0..=1, require_equals = true,
        default_missing_value = "mountinfo", conflicts_with = "files")]
    pub kernel: Option<Kernel>,

    /// Fail if the result is incomplete
    ///
    /// The exit status is then 1. Without --strict, stderr reports what could not be read and the status stays 0.
    #[arg(long)]
    pub strict: bool,
}

/// The kernel interface that a mount table is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    /// Read /proc/PID/mountinfo.
    Mountinfo,
    /// Call listmount(2) and statmount(2).
    Listmount,
}

/// The mounts to show.
#[derive(Args, Debug)]
#[command(next_help_heading = "Selection")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Selection {
    /// Show mounts of this source
    ///
    /// SOURCE is a device, MAJ:MIN, LABEL=, UUID=, PARTLABEL= or PARTUUID=.
    #[arg(short = 'S', long, value_name = "SOURCE")]
    pub source: Option<OsString>,

    /// Show the mount that contains this path
    #[arg(short = 'T', long, value_name = "PATH", conflicts_with = "mountpoint")]
    pub target: Option<PathBuf>,

    /// Show mounts at this mount point
    #[arg(short = 'M', long, value_name = "PATH")]
    pub mountpoint: Option<PathBuf>,

    /// Show mounts of these types
    ///
    /// Separate types with commas. A leading "no" or "!" selects mounts of none of these types.
    #[arg(short, long, value_name = "TYPES")]
    pub types: Option<Types>,

    /// Show mounts with all of these options
    ///
    /// Separate options with commas. A leading "no" or "!" selects mounts without the option. A leading "+" takes the
    /// rest literally.
    #[arg(short = 'O', long, value_name = "OPTIONS")]
    pub options: Option<OsString>,

    /// Show mounts that match EXPRESSION
    ///
    /// The expression compares columns, such as 'FSTYPE == "tmpfs" and SIZE > 1G'.
    #[arg(short = 'Q', long, value_name = "EXPRESSION", value_parser = ns_core::cli::filter(columns::ALL))]
    pub filter: Option<Filter<MountColumn>>,

    /// Show the mount with this id
    #[arg(long, value_name = "ID")]
    pub id: Option<u64>,

    /// Show the mount with this unique id
    #[arg(long, value_name = "ID")]
    pub uniq_id: Option<u64>,

    /// Show only real file systems
    ///
    /// A real file system is on a device or a network.
    #[arg(long, conflicts_with = "pseudo")]
    pub real: bool,

    /// Show only pseudo file systems
    ///
    /// A pseudo file system is on neither a device nor a network.
    #[arg(long)]
    pub pseudo: bool,

    /// Show only mounts that other mounts hide
    ///
    /// The COVERED-BY column shows the mount that hides each one.
    #[arg(long)]
    pub shadowed: bool,

    /// Show only the last mount at each mount point
    #[arg(short = 'U', long)]
    pub uniq: bool,

    /// Show all mounts that do not match
    #[arg(short, long)]
    pub invert: bool,

    /// Show only the first match
    #[arg(short, long)]
    pub first_only: bool,

    /// Search forward or backward
    ///
    /// The default is forward.
    #[arg(
        short,
        long,
        value_name = "WORD",
        default_value = "forward",
        hide_default_value = true
    )]
    pub direction: Direction,

    /// Also show all mounts below the matches
    #[arg(short = 'R', long)]
    pub submounts: bool,

    /// Show what --df and --dfi omit
    ///
    /// By default, they omit pseudo file systems except tmpfs and devtmpfs.
    #[arg(short = 'A', long)]
    pub all: bool,
}

/// The direction of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// Start with the oldest mount.
    Forward,
    /// Start with the newest mount.
    Backward,
}

/// Tasks other than a listing.
#[derive(Args, Debug)]
#[command(next_help_heading = "Other tasks")]
pub struct Ask {
    /// Compare the mounts of A and B
    ///
    /// A and B are each a TARGET or a saved mountinfo file. The exit status is 1 if they differ.
    #[arg(long, num_args = 2, value_names = ["A", "B"], value_parser = ns_core::cli::target(),
        conflicts_with_all = ["tasks", "files", "all_namespaces", "propagation", "watch", "stats", "operand"])]
    pub diff: Option<Vec<Target>>,

    /// Show where new mounts propagate
    ///
    /// Lists each peer group with its mounts, and below it the mounts that receive events from it.
    #[arg(long, conflicts_with_all = ["watch", "stats", "files"])]
    pub propagation: bool,

    /// Report changes, one per line
    ///
    /// ACTIONS are mount, umount, remount and move, separated by commas (default: all).
    #[arg(short = 'p', long, visible_alias = "poll", value_name = "ACTIONS", num_args = 0..=1,
        require_equals = true, default_missing_value = "mount,umount,remount,move", value_delimiter = ',',
        conflicts_with_all = ["files", "all_namespaces", "stats"])]
    pub watch: Option<Vec<Action>>,

    /// Stop watching after TIME milliseconds
    ///
    /// The default is to watch until interrupted.
    #[arg(short = 'w', long, value_name = "TIME", requires = "watch")]
    pub timeout: Option<u64>,

    /// Show file system counters
    ///
    /// Only file systems that keep counters are listed, such as NFS.
    #[arg(long, conflicts_with = "files")]
    pub stats: bool,
}

/// The form of the output.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct OutputOptions {
    /// The form that all listings have.
    #[command(flatten)]
    pub written: Written,

    /// The form of `NAME="value"`.
    #[command(flatten)]
    pub pairs: Pairs,

    /// Write a list instead of a tree
    #[arg(short, long)]
    pub list: bool,

    /// Draw a tree instead of a list
    #[arg(long)]
    pub tree: bool,

    /// Write column names as shell variable names
    ///
    /// MAJ:MIN becomes `MAJ_MIN`.
    #[arg(short = 'y', long)]
    pub shell: bool,

    /// Draw the tree with ASCII characters
    #[arg(short, long)]
    pub ascii: bool,

    /// Show sizes in bytes
    #[arg(short, long)]
    pub bytes: bool,

    /// Show sizes like df(1)
    #[arg(short = 'D', long)]
    pub df: bool,

    /// Show numbers of files like df -i
    #[arg(short = 'I', long, conflicts_with = "df")]
    pub dfi: bool,

    /// Omit the directory in brackets after SOURCE
    #[arg(short = 'v', long)]
    pub nofsroot: bool,

    /// Resolve symbolic links in sources
    #[arg(short, long, conflicts_with = "nocanonicalize")]
    pub canonicalize: bool,

    /// Compare paths without resolving links
    #[arg(short = 'C', long, conflicts_with = "evaluate")]
    pub nocanonicalize: bool,

    /// Show devices instead of LABEL= and UUID= tags
    ///
    /// Also replaces PARTLABEL= and PARTUUID=.
    #[arg(short, long)]
    pub evaluate: bool,

    /// Show default options in VFS-OPTIONS
    #[arg(long)]
    pub vfs_all: bool,

    /// Write mount points as terminal hyperlinks
    ///
    /// Without WHEN, the value is auto. Without the option, it is never.
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub hyperlink: Option<When>,
}

/// When to write links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Write links if stdout is a terminal.
    Auto,
    /// Always write links.
    Always,
    /// Never write links.
    Never,
}

/// Options of findmnt(8) that are about `/etc/fstab`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct NotHere {
    #[arg(short = 's', long, hide = true)]
    fstab: bool,
    #[arg(short = 'm', long, hide = true)]
    mtab: bool,
    #[arg(short = 'x', long, hide = true)]
    verify: bool,
    #[arg(long, hide = true)]
    verbose: bool,
}

impl NotHere {
    /// The name of the option that was given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            (self.fstab, "--fstab"),
            (self.mtab, "--mtab"),
            (self.verify, "--verify"),
            (self.verbose, "--verbose"),
        ];
        options
            .into_iter()
            .find(|(given, _)| *given)
            .map(|(_, name)| name)
    }
}

impl Cli {
    /// Whether the options select some of the mounts.
    pub fn chooses(&self) -> bool {
        let which = &self.which;
        self.searches()
            || which.types.is_some()
            || which.options.is_some()
            || which.filter.is_some()
            || which.id.is_some()
            || which.uniq_id.is_some()
            || which.real
            || which.pseudo
            || which.shadowed
    }

    /// Whether the options search for mounts. The default output is then a list.
    pub fn searches(&self) -> bool {
        let which = &self.which;
        self.operand.is_some()
            || which.source.is_some()
            || which.target.is_some()
            || which.mountpoint.is_some()
    }
}

/// A usage error that clap cannot see.
pub fn usage(message: &str) -> anyhow::Error {
    ns_core::cli::usage(Cli::command(), ErrorKind::ArgumentConflict, message).into()
}
