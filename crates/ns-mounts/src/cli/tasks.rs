//! The options for tasks other than a listing.

use std::time::Duration;

use clap::{ArgAction, Args};
use ns_core::Target;
use ns_core::cli::{CompatName, seconds};

use crate::action::Action;

/// The time to watch; `None` for no limit.
pub type Milliseconds = Option<u64>;

/// Reads a time. In findmnt(8), a negative time is no limit.
fn milliseconds(text: &str) -> Result<Milliseconds, String> {
    let is_negative =
        text.starts_with('-') && CompatName::current().is_some_and(CompatName::takes_options_without_effect);
    let digits = if is_negative { &text[1..] } else { text };
    let time = digits.parse().map_err(|_| "must be a whole number".to_owned())?;
    Ok((!is_negative).then_some(time))
}

/// The options that choose mounts, tables or another task. They have no meaning for a task that its operand describes.
const WITH_A_LISTING: [&str; 34] = [
    "second",
    "source",
    "target",
    "mountpoint",
    "types",
    "options",
    "filter",
    "id",
    "uniq_id",
    "real",
    "pseudo",
    "shadowed",
    "stacked",
    "uniq",
    "invert",
    "first_only",
    "direction",
    "submounts",
    "all",
    "all_namespaces",
    "files",
    "kernel",
    "mtab",
    "fstab",
    "diff",
    "propagation",
    "watch",
    "timeout",
    "stats",
    "verify",
    "tree",
    "df",
    "dfi",
    "bytes",
];

/// The options about output. `--wait` writes nothing.
const WITH_OUTPUT: [&str; 8] = [
    "output",
    "output_all",
    "list_columns",
    "json",
    "raw",
    "noheadings",
    "pairs",
    "list",
];

/// The options about the values of mounts. `--busy` lists uses.
const WITH_MOUNTS: [&str; 6] = [
    "nofsroot",
    "canonicalize",
    "nocanonicalize",
    "evaluate",
    "vfs_all",
    "hyperlink",
];

/// Tasks other than a listing.
#[derive(Args, Debug)]
#[command(next_help_heading = "Other tasks")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Ask {
    /// Compare the mounts of A and B
    ///
    /// A and B are each a TARGET or a saved mountinfo file. The exit status is 1 if they differ.
    #[arg(long, num_args = 2, value_names = ["A", "B"], value_parser = ns_core::cli::target(),
        conflicts_with_all = ["tasks", "files", "mtab", "fstab", "all_namespaces", "propagation", "watch", "stats", "operand"])]
    pub diff: Option<Vec<Target>>,

    /// Show where new mounts propagate
    ///
    /// Lists each peer group of shared mounts, and below it the mounts that receive events from the group.
    #[arg(long, conflicts_with_all = ["watch", "stats", "files", "mtab", "fstab"])]
    pub propagation: bool,

    /// Report changes, one per line
    ///
    /// ACTIONS are mount, umount, remount and move, separated by commas (default: all). With --all-namespaces, also report
    /// the mounts of namespaces that appear or disappear.
    #[arg(short = 'p', long, visible_alias = "poll", value_name = "ACTIONS", action = ArgAction::Set, num_args = 0..=1,
        require_equals = true, default_missing_value = "mount,umount,remount,move", value_delimiter = ',',
        conflicts_with_all = ["files", "fstab", "stats"])]
    pub watch: Option<Vec<Action>>,

    /// Stop watching after TIME milliseconds
    ///
    /// The default is to watch until interrupted.
    #[arg(short = 'w', long, value_name = "TIME", value_parser = milliseconds, allow_negative_numbers = true)]
    pub timeout: Option<Milliseconds>,

    /// Wait until a mount is at the path
    ///
    /// The operand is the path, which need not exist yet. The exit status is 1 if there is no mount after SECONDS (default: no
    /// limit).
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, value_parser = seconds,
        conflicts_with_all = [&WITH_A_LISTING[..], &WITH_OUTPUT, &["strict"]].concat())]
    pub wait: Option<Option<Duration>>,

    /// With --wait, wait until no mount is at the path
    #[arg(long)]
    pub gone: bool,

    /// Show everything that keeps a mount or a device busy
    ///
    /// The operand is a mount point, a block device, its MAJ:MIN, or a tag such as LABEL=data. Each line has the command that ends
    /// the use. The exit status is 0, even if nothing is found, and 1 if the operand is neither a mount nor a device.
    #[arg(long, conflicts_with_all = [&WITH_A_LISTING[..], &WITH_MOUNTS, &["wait"]].concat())]
    pub busy: bool,

    /// Show file system counters
    ///
    /// Only file systems that keep counters are listed, such as NFS.
    #[arg(long, conflicts_with_all = ["files", "mtab", "fstab"])]
    pub stats: bool,

    /// Check an fstab, and compare it with the mounts
    ///
    /// The exit status is 1 if the fstab has an error.
    #[arg(short = 'x', long, conflicts_with_all = ["all_namespaces", "diff", "propagation", "watch",
        "stats", "json", "raw", "pairs", "list"])]
    pub verify: bool,

    /// With --verify, also show lines without errors
    #[arg(long)]
    pub verbose: bool,
}
