//! The command line of `ns-ls`.
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "the comments on options are their help, where brackets are brackets"
)]

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use ns_core::cli::{columns, target, value};
use ns_core::inventory::Places;
use ns_core::output::Filter;
use ns_core::{Kind, Target};

use crate::columns::NsColumn;
use crate::interval::Interval;
use crate::tree::Relation;

const EXAMPLES: &str = "\
Examples:
  ns-ls -t net                      network namespaces, with their names and numbers
  ns-ls 4026532281                  the processes in a namespace, and all else that holds it
  ns-ls -p $$ -o +UNIT,CONTAINER    what this shell is in
  ns-ls -T -o +CREATOR,UIDMAP       a tree by ownership
  ns-ls -Q 'NPROCS == 0' -o NS,TYPE,HELD-BY
  ns-ls --watch=2 -t mnt            mount namespaces as they come and go";

/// List namespaces and what keeps them alive.
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Debug, Parser)]
#[command(name = "ns-ls", version, infer_long_args = true, args_override_self = true, after_long_help = EXAMPLES)]
pub struct Cli {
    /// Show the processes in this namespace, then what else holds it
    ///
    /// Show the processes in this namespace, then what else holds it: an inode, net:[INODE], :ID, a name, a path, and with
    /// --type a process
    #[arg(value_name = "NAMESPACE", conflicts_with = "task", value_parser = target())]
    pub namespace: Option<Target>,

    /// Write JSON
    #[arg(short = 'J', long, conflicts_with = "raw")]
    pub json: bool,

    /// Write a flat list, not a tree
    #[arg(short, long, conflicts_with = "tree")]
    pub list: bool,

    /// Write no line of headings
    #[arg(short, long)]
    pub noheadings: bool,

    /// The columns to show, with commas between; after a `+`, beside the usual ones
    #[arg(short, long, value_name = "COLUMNS", value_parser = columns::<NsColumn>())]
    pub output: Option<String>,

    /// Show all columns
    #[arg(long)]
    pub output_all: bool,

    /// Only namespaces without processes
    #[arg(short = 'P', long, conflicts_with = "task")]
    pub persistent: bool,

    /// Only the namespaces that this process is in
    #[arg(short = 'p', long, value_name = "PID", value_parser = target())]
    pub task: Option<Target>,

    /// Only the rows that this expression holds for
    ///
    /// Only the rows that this expression holds for: columns, numbers and texts compared with == != < > =~, joined by
    /// and, or, not
    #[arg(short = 'Q', long, value_name = "EXPRESSION", value_parser = value::<Filter<NsColumn>>)]
    pub filter: Option<Filter<NsColumn>>,

    /// Write raw values with a space between, what is unsafe in them as \xNN
    #[arg(short, long)]
    pub raw: bool,

    /// Only namespaces of this kind; may be repeated
    #[arg(short = 't', long = "type", value_name = "KIND", value_delimiter = ',', action = clap::ArgAction::Append,
          value_parser = value::<Kind>)]
    pub kinds: Vec<Kind>,

    /// Draw a tree of the namespaces by their owners, their parents or their processes
    #[arg(short = 'T', long, value_name = "BY", num_args = 0..=1, require_equals = true,
          default_missing_value = "owner")]
    pub tree: Option<By>,

    /// Do not cut values to the width of the terminal
    #[arg(short = 'u', long)]
    pub notruncate: bool,

    /// Accepted: no value is ever more than a line
    #[arg(short = 'W', long)]
    pub nowrap: bool,

    /// List the columns
    #[arg(short = 'H', long)]
    pub list_columns: bool,

    /// Show in CAPS the capabilities that this process has in each namespace
    #[arg(long, value_name = "PID", value_parser = target())]
    pub caps: Option<Target>,

    /// List what `ns-ls -J --output-all` saved; - for stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "task", "caps", "look", "watch"])]
    pub input: Option<PathBuf>,

    /// Where to look: processes, threads, descriptors, pins, kin, kernel, all
    ///
    /// Where to look, with commas between: processes, threads, descriptors, pins (mounted namespace files), kin (parents
    /// and owners), kernel (what it lists itself), all. Processes are looked at always
    #[arg(long, value_name = "PLACES", default_value = "all", hide_default_value = true, value_parser = value::<Places>)]
    pub look: Places,

    /// Fail where not everything could be read
    #[arg(long)]
    pub strict: bool,

    /// Go on, and write what appears and what goes; look every SECONDS
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          conflicts_with_all = ["namespace", "tree", "strict"], value_parser = value::<Interval>)]
    pub watch: Option<Interval>,
}

/// What a tree is drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The user namespace that owns it
    Owner,
    /// The parent of a user or PID namespace
    Parent,
    /// The parent of the process
    Process,
}

impl From<By> for Relation {
    fn from(by: By) -> Self {
        match by {
            By::Owner => Self::Owner,
            By::Parent => Self::Parent,
            By::Process => Self::Process,
        }
    }
}
