//! The command line of `ns-mounts`: the letters of findmnt(8), with their meaning there.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use ns_core::Target;
use ns_core::cli::Relative;
use ns_core::output::Filter;

use crate::columns::MountColumn;
use crate::types::Types;

/// The long options of findmnt(8), by the version that brought them.
pub const RELATIVE: Relative = Relative(&[
    // util-linux 2.38
    "all ascii bytes canonicalize df direction evaluate first-only fstab help invert json kernel list \
     mountpoint mtab nocanonicalize nofsroot noheadings notruncate options output output-all pairs poll \
     pseudo raw real shadowed shell source submounts tab-file target task timeout tree types uniq verbose \
     verify version vfs-all",
    // 2.43
    "dfi filter hyperlink id list-columns uniq-id",
]);

const EXAMPLES: &str = "Examples:
  ns-mounts -N container:3f2a -T /data       what /data is on in that container
  ns-mounts --all-namespaces -S /dev/sdb1    who keeps the device busy";

/// Show, search, compare and watch the mounts of any mount namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-mounts",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// A source, or else a mount point
    #[arg(value_name = "DEVICE|MOUNTPOINT", conflicts_with_all = ["source", "target", "mountpoint"])]
    pub operand: Option<OsString>,

    /// The mount point, after a source
    #[arg(value_name = "MOUNTPOINT")]
    pub second: Option<PathBuf>,

    /// Whose mounts.
    #[command(flatten)]
    pub whose: Whose,

    /// Which of them.
    #[command(flatten)]
    pub which: Which,

    /// What is asked about them.
    #[command(flatten)]
    pub ask: Ask,

    /// How it is shown.
    #[command(flatten)]
    pub show: Layout,

    /// What is left to findmnt(8).
    #[command(flatten)]
    pub not_here: NotHere,
}

/// Whose mounts.
#[derive(Args, Debug)]
#[command(next_help_heading = "Whose mounts")]
pub struct Whose {
    /// Those that this process or namespace sees
    ///
    /// May be given again; see ns-utils(7).
    #[arg(short = 'N', long = "task", value_name = "TARGET", value_parser = ns_core::cli::target())]
    pub tasks: Vec<Target>,

    /// Those of every mount namespace
    #[arg(long, conflicts_with_all = ["tasks", "files"])]
    pub all_namespaces: bool,

    /// Those of a saved mountinfo file
    ///
    /// May be given again.
    #[arg(short = 'F', long = "tab-file", value_name = "FILE", conflicts_with = "tasks")]
    pub files: Vec<PathBuf>,

    /// Those of the kernel: the default
    ///
    /// From listmount(2) where that is asked for.
    #[arg(short, long, value_name = "FROM", num_args = 0..=1, require_equals = true,
        default_missing_value = "mountinfo", conflicts_with = "files")]
    pub kernel: Option<Kernel>,

    /// Fail where not everything could be read
    ///
    /// The status is 1 then; otherwise that is only said on stderr.
    #[arg(long)]
    pub strict: bool,
}

/// Where the kernel's table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kernel {
    /// From /proc/PID/mountinfo.
    Mountinfo,
    /// From listmount(2) and statmount(2).
    Listmount,
}

/// Which mounts.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which mounts")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Which {
    /// With this source
    ///
    /// A device, MAJ:MIN, LABEL=, UUID=, PARTLABEL= or PARTUUID=.
    #[arg(short = 'S', long, value_name = "SOURCE")]
    pub source: Option<OsString>,

    /// The one that this path is on
    #[arg(short = 'T', long, value_name = "PATH", conflicts_with = "mountpoint")]
    pub target: Option<PathBuf>,

    /// Those at this mount point
    #[arg(short = 'M', long, value_name = "PATH")]
    pub mountpoint: Option<PathBuf>,

    /// Of these types, with commas between
    ///
    /// After a leading "no" or "!", of none of them.
    #[arg(short, long, value_name = "TYPES")]
    pub types: Option<Types>,

    /// With all of these options
    ///
    /// With commas between. A leading "no" or "!": without it; "+": as it stands.
    #[arg(short = 'O', long, value_name = "OPTIONS")]
    pub options: Option<OsString>,

    /// For which this expression holds
    ///
    /// Such as 'FSTYPE == "tmpfs" and SIZE > 1G'.
    #[arg(short = 'Q', long, value_name = "EXPRESSION", value_parser = ns_core::cli::value::<Filter<MountColumn>>)]
    pub filter: Option<Filter<MountColumn>>,

    /// With this mount id
    #[arg(long, value_name = "ID")]
    pub id: Option<u64>,

    /// With this unique mount id
    #[arg(long, value_name = "ID")]
    pub uniq_id: Option<u64>,

    /// Only those on devices and networks
    #[arg(long, conflicts_with = "pseudo")]
    pub real: bool,

    /// Only those on no device and no network
    #[arg(long)]
    pub pseudo: bool,

    /// Only those that others hide, and which do
    #[arg(long)]
    pub shadowed: bool,

    /// Only the last at each mount point
    #[arg(short = 'U', long)]
    pub uniq: bool,

    /// All that do not match
    #[arg(short, long)]
    pub invert: bool,

    /// Only the first that is found
    #[arg(short, long)]
    pub first_only: bool,

    /// From which end of the table to search
    #[arg(
        short,
        long,
        value_name = "WORD",
        default_value = "forward",
        hide_default_value = true
    )]
    pub direction: Direction,

    /// And all that is mounted below them
    #[arg(short = 'R', long)]
    pub submounts: bool,

    /// Also those that -D and --dfi leave out
    #[arg(short = 'A', long)]
    pub all: bool,
}

/// From which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    /// What was mounted first comes first.
    Forward,
    /// What was mounted last comes first.
    Backward,
}

/// What is asked.
#[derive(Args, Debug)]
#[command(next_help_heading = "Other questions")]
pub struct Ask {
    /// Show how the mounts of A and B differ
    ///
    /// Two namespaces or saved tables. The status is 1 where they differ.
    #[arg(long, num_args = 2, value_names = ["A", "B"], value_parser = ns_core::cli::target(),
        conflicts_with_all = ["tasks", "files", "all_namespaces", "propagation", "watch", "stats", "operand"])]
    pub diff: Option<Vec<Target>>,

    /// Show where mounts made below these show up
    ///
    /// Peer groups, and who gets mounts from whom.
    #[arg(long, conflicts_with_all = ["watch", "stats", "files"])]
    pub propagation: bool,

    /// Tell what happens, one event a line
    ///
    /// ACTIONS are mount, umount, remount and move, with commas between; all of them where none is named.
    #[arg(short = 'p', long, visible_alias = "poll", value_name = "ACTIONS", num_args = 0..=1,
        require_equals = true, default_missing_value = "mount,umount,remount,move", value_delimiter = ',',
        conflicts_with_all = ["files", "all_namespaces", "stats"])]
    pub watch: Option<Vec<Action>>,

    /// How long to watch, in milliseconds
    #[arg(short = 'w', long, value_name = "TIME", requires = "watch")]
    pub timeout: Option<u64>,

    /// Show what file systems count, where they do (NFS)
    #[arg(long, conflicts_with = "files")]
    pub stats: bool,

    /// List the columns
    #[arg(short = 'H', long)]
    pub list_columns: bool,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Action {
    /// Something was mounted.
    Mount,
    /// Something was unmounted.
    Umount,
    /// Its options were changed.
    Remount,
    /// It was moved to another mount point.
    Move,
}

/// How it is shown.
#[derive(Args, Debug)]
#[command(next_help_heading = "How it is shown")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Layout {
    /// Show these columns
    ///
    /// With commas between, in capitals or not; after a `+`, beside the usual ones.
    #[arg(short, long, value_name = "COLUMNS", value_parser = ns_core::cli::columns::<MountColumn>())]
    pub output: Option<String>,

    /// Show all columns
    #[arg(long)]
    pub output_all: bool,

    /// Write a list, not a tree
    #[arg(short, long)]
    pub list: bool,

    /// Draw a tree where a list is the default
    #[arg(long)]
    pub tree: bool,

    /// Write JSON
    #[arg(short = 'J', long, conflicts_with_all = ["raw", "pairs"])]
    pub json: bool,

    /// Write values with one space between
    ///
    /// What is unsafe in them, blanks too, as \xNN.
    #[arg(short, long, conflicts_with = "pairs")]
    pub raw: bool,

    /// Write NAME="value"
    #[arg(short = 'P', long)]
    pub pairs: bool,

    /// Name columns as shell variables can be named
    #[arg(short = 'y', long)]
    pub shell: bool,

    /// Write no line of headings
    #[arg(short, long)]
    pub noheadings: bool,

    /// Cut nothing off to fit into the terminal
    #[arg(short = 'u', long)]
    pub notruncate: bool,

    /// Draw the tree with ASCII characters
    #[arg(short, long)]
    pub ascii: bool,

    /// Show sizes in bytes
    #[arg(short, long)]
    pub bytes: bool,

    /// Show sizes, as df(1) does
    #[arg(short = 'D', long)]
    pub df: bool,

    /// Show numbers of files, as df -i does
    #[arg(short = 'I', long, conflicts_with = "df")]
    pub dfi: bool,

    /// Show no directory in brackets after the source
    #[arg(short = 'v', long)]
    pub nofsroot: bool,

    /// Show sources without symbolic links
    #[arg(short, long, conflicts_with = "nocanonicalize")]
    pub canonicalize: bool,

    /// Compare paths as they stand
    #[arg(short = 'C', long, conflicts_with = "evaluate")]
    pub nocanonicalize: bool,

    /// Show devices for LABEL=, UUID= and the like
    ///
    /// Also for PARTLABEL= and PARTUUID=.
    #[arg(short, long)]
    pub evaluate: bool,

    /// Spell out the defaults in VFS-OPTIONS
    #[arg(long)]
    pub vfs_all: bool,

    /// Make mount points links that a terminal can follow
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "auto")]
    pub hyperlink: Option<When>,
}

/// When to write links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Where stdout is a terminal.
    Auto,
    /// Wherever stdout goes.
    Always,
    /// Nowhere.
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
    /// The option that was given all the same.
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
    /// Whether some mounts are asked for, and not all.
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

    /// Whether mounts are searched for, so that a list is what is expected.
    pub fn searches(&self) -> bool {
        let which = &self.which;
        self.operand.is_some()
            || which.source.is_some()
            || which.target.is_some()
            || which.mountpoint.is_some()
    }
}
