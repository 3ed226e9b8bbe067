//! The command line of `ns-ls`.
#![expect(
    rustdoc::broken_intra_doc_links,
    reason = "the comments on options are their help, where brackets are brackets"
)]

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use ns_core::cli::{Relative, columns, target, value};
use ns_core::inventory::Places;
use ns_core::output::Filter;
use ns_core::{Kind, Target};

use crate::columns::NsColumn;
use crate::interval::Interval;
use crate::tree::Relation;

const WHICH: &str = "Which namespaces";
const WHERE: &str = "Where they are looked for";
const SHOWN: &str = "How it is shown";

/// The long options of lsns(8), by the version that brought them.
pub const RELATIVE: Relative = Relative(&[
    // util-linux 2.38
    "help json list noheadings notruncate nowrap output output-all raw task tree type version",
    // 2.43
    "filter list-columns persistent",
]);

const EXAMPLES: &str = "\
Examples:
  ns-ls -p $$ -o +UNIT,CONTAINER    what this shell is in
  ns-ls -P -o NS,TYPE,HELD-BY       what is held by no process, but by what";

/// List namespaces and what keeps them alive.
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Debug, Parser)]
#[command(name = "ns-ls", version, args_override_self = true, after_long_help = EXAMPLES)]
pub struct Cli {
    /// Show the processes in it, and what else holds it
    ///
    /// An inode, net:[INODE], :ID, a name, a path, and with --type a process.
    #[arg(value_name = "NAMESPACE", conflicts_with = "task", value_parser = target())]
    pub namespace: Option<Target>,

    /// Only namespaces of this kind
    ///
    /// May be repeated, or have several with commas between.
    #[arg(short = 't', long = "type", value_name = "KIND", value_delimiter = ',', action = clap::ArgAction::Append,
          value_parser = value::<Kind>, help_heading = WHICH)]
    pub kinds: Vec<Kind>,

    /// Only the namespaces that this process is in
    ///
    /// PID may be any TARGET that is a process, such as unit:NAME or container:ID; see ns-utils(7).
    #[arg(short = 'p', long, value_name = "PID", value_parser = target(), help_heading = WHICH)]
    pub task: Option<Target>,

    /// Only namespaces without processes
    #[arg(short = 'P', long, conflicts_with = "task", help_heading = WHICH)]
    pub persistent: bool,

    /// Only those that the expression holds for
    ///
    /// Columns, numbers and texts compared with == != < > =~, joined by and, or, not: 'NPROCS == 0 and TYPE == "net"'.
    #[arg(short = 'Q', long, value_name = "EXPRESSION", value_parser = value::<Filter<NsColumn>>, help_heading = WHICH)]
    pub filter: Option<Filter<NsColumn>>,

    /// Where to look; all where nothing is said
    ///
    /// Processes, threads, descriptors, pins (mounted namespace files), kin (parents and owners), kernel (what it lists
    /// itself), all; with commas between. At processes it looks always.
    #[arg(long, value_name = "PLACES", default_value = "all", hide_default_value = true, value_parser = value::<Places>, help_heading = WHERE)]
    pub look: Places,

    /// List what `ns-ls -J --output-all` saved
    ///
    /// A dash is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "task", "caps", "look", "watch"], help_heading = WHERE)]
    pub input: Option<PathBuf>,

    /// Fail where not everything could be read
    ///
    /// The status is 1 then; otherwise that is only said on stderr.
    #[arg(long, help_heading = WHERE)]
    pub strict: bool,

    /// Show these columns
    ///
    /// With commas between, in capitals or not; after a `+`, beside the usual ones.
    #[arg(short, long, value_name = "COLUMNS", value_parser = columns::<NsColumn>(), help_heading = SHOWN)]
    pub output: Option<String>,

    /// Show all columns
    #[arg(long, help_heading = SHOWN)]
    pub output_all: bool,

    /// Write a list, not a tree
    #[arg(short, long, conflicts_with = "tree", help_heading = SHOWN)]
    pub list: bool,

    /// Draw a tree by owner, parent or process
    #[arg(short = 'T', long, value_name = "BY", num_args = 0..=1, require_equals = true,
          default_missing_value = "owner", help_heading = SHOWN)]
    pub tree: Option<By>,

    /// Write JSON
    #[arg(short = 'J', long, conflicts_with = "raw", help_heading = SHOWN)]
    pub json: bool,

    /// Write values with one space between
    ///
    /// What is unsafe in them, blanks too, as \xNN.
    #[arg(short, long, help_heading = SHOWN)]
    pub raw: bool,

    /// Write no line of headings
    #[arg(short, long, help_heading = SHOWN)]
    pub noheadings: bool,

    /// Cut nothing off to fit into the terminal
    #[arg(short = 'u', long, help_heading = SHOWN)]
    pub notruncate: bool,

    /// Accepted: no value is ever more than a line
    #[arg(short = 'W', long, help_heading = SHOWN)]
    pub nowrap: bool,

    /// Show what capabilities PID has in each
    ///
    /// In the column CAPS. PID is as for --task.
    #[arg(long, value_name = "PID", value_parser = target(), help_heading = SHOWN)]
    pub caps: Option<Target>,

    /// List the columns
    #[arg(short = 'H', long, help_heading = SHOWN)]
    pub list_columns: bool,

    /// Go on, and write what appears and what goes
    ///
    /// Looks every SECONDS, or every second.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          conflicts_with_all = ["namespace", "tree", "strict"], value_parser = value::<Interval>, help_heading = SHOWN)]
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
