//! The command line of `ns-mounts`: the letters of findmnt(8), with their meaning there.

use clap::Parser;
use ns_core::Target;

use crate::column;

/// Show the mounts of any mount namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-mounts",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {
    /// The mounts that this process or mount namespace sees; may be given again
    #[arg(short = 'N', long = "task", value_name = "TARGET", help_heading = "Whose mounts",
        value_parser = ns_core::cli::target())]
    pub tasks: Vec<Target>,

    /// How it is shown.
    #[command(flatten)]
    pub show: Show,
}

/// How it is shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How it is shown")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Show {
    /// Columns to show, with commas between; after a leading + they are added to the default ones
    #[arg(short, long, value_name = "COLUMNS", value_parser = ns_core::cli::columns::<column::Show>())]
    pub output: Option<String>,

    /// Show every column
    #[arg(long)]
    pub output_all: bool,

    /// A list instead of a tree
    #[arg(short, long)]
    pub list: bool,

    /// A tree where a list is the default
    #[arg(long)]
    pub tree: bool,

    /// JSON
    #[arg(short = 'J', long, conflicts_with_all = ["raw", "pairs"])]
    pub json: bool,

    /// Values with one space between, what is unsafe in them as \xNN
    #[arg(short, long, conflicts_with = "pairs")]
    pub raw: bool,

    /// NAME="value"
    #[arg(short = 'P', long)]
    pub pairs: bool,

    /// No line of headings
    #[arg(short, long)]
    pub noheadings: bool,

    /// Cut nothing off to fit into the terminal
    #[arg(short = 'u', long)]
    pub notruncate: bool,

    /// Draw the tree with ASCII characters
    #[arg(short, long)]
    pub ascii: bool,
}
