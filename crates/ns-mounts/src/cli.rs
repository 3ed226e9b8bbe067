//! The command line of `ns-mounts`. Letters mean the same as in findmnt(8).

mod output;
mod paths;
mod selection;
mod tasks;
mod whose;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser};
use ns_core::cli::{LongOpts, Notes};

use crate::columns;

pub use output::{OutputOptions, When};
pub use paths::takes_empty_values;
pub use selection::{Direction, Selection};
pub use tasks::Ask;
pub use whose::{Kernel, Whose};

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
  ns-mounts --busy /dev/sdb1                 find who keeps the device busy";

/// Show, search, compare and watch the mounts of any mount namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-mounts",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES,
    mut_arg("output", |arg| arg.value_parser(ns_core::cli::columns_or(columns::ALL, crate::busy::COLUMNS))),
    // The pages list them where this puts them: beside each other.
    mut_arg("ascii", |arg| arg.short('a')),
    mut_arg("no_ascii", |arg| arg)
)]
pub struct Cli {
    /// Show mounts of this source or mount point
    ///
    /// If no mount has this source, the operand is a mount point.
    #[arg(value_name = "DEVICE|MOUNTPOINT", value_parser = paths::operand(), conflicts_with_all = ["source", "target", "mountpoint"])]
    pub operand: Option<OsString>,

    /// Show the mount at this mount point
    ///
    /// The operand before it is then a source.
    #[arg(value_name = "MOUNTPOINT", value_parser = paths::path())]
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

    /// The option that silences notes.
    #[command(flatten, next_help_heading = "Output")]
    pub notes: Notes,
}

impl AsRef<Notes> for Cli {
    fn as_ref(&self) -> &Notes {
        &self.notes
    }
}

impl Cli {
    /// True if the options select some of the mounts.
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

    /// True if the options search for mounts. The default output is then a list.
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
