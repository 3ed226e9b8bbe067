//! The command line of `ns-ls`.
#![expect(
    rustdoc::broken_intra_doc_links,
    reason = "the comments on options are their help text, and its brackets are not links"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ns_core::cli::{
    Colours, LongOpts, Notes, TreeCharacters, Written, columns, filter, seconds, target, value,
};
use ns_core::inventory::Places;
use ns_core::listing::{NAMESPACE_COLUMNS, NamespaceColumn};
use ns_core::output::{Filter, GraphForm};
use ns_core::{Kind, Target};

use crate::interval::Interval;
use crate::tree::Relation;

const WHICH: &str = "Selection";
const WHERE: &str = "Search";
const SHOWN: &str = "Output";

/// The long options of lsns(8), grouped by the version that added them.
pub const LONG_OPTS: LongOpts = LongOpts(&[
    // util-linux 2.38
    "help json list noheadings notruncate nowrap output output-all raw task tree type version",
    // 2.43
    "filter list-columns persistent",
]);

const EXAMPLES: &str = "\
Examples:
  ns-ls -p $$ -o +UNIT,CONTAINER    list the namespaces of this shell
  ns-ls -P                          find what keeps empty namespaces alive";

/// List namespaces and what keeps them alive.
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Debug, Parser)]
#[command(
    name = "ns-ls",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES,
    mut_arg("output", |arg| arg.value_parser(columns(NAMESPACE_COLUMNS)))
)]
pub struct Cli {
    /// List everything that keeps this namespace alive
    ///
    /// The list has the processes in NAMESPACE, and everything else that keeps it alive, such as descriptors and mounts.
    /// NAMESPACE is an inode, net:[INODE], :ID, a pinned name or a path. With --type, it can also be a process.
    #[arg(value_name = "NAMESPACE", conflicts_with = "task", value_parser = target())]
    pub namespace: Option<Target>,

    /// List only namespaces of this kind
    ///
    /// The kinds are cgroup, ipc, mnt, net, pid, time, user and uts (default: all). For several, use commas or repeat
    /// the option.
    #[arg(short = 't', long = "type", value_name = "KIND", value_delimiter = ',', action = clap::ArgAction::Append,
          value_parser = value::<Kind>, help_heading = WHICH)]
    pub kinds: Vec<Kind>,

    /// List only the namespaces of this process
    ///
    /// PID can be any TARGET that names a process, such as unit:NAME or container:ID; see ns-utils(7).
    #[arg(short = 'p', long, value_name = "PID", value_parser = target(), help_heading = WHICH)]
    pub task: Option<Target>,

    /// List only namespaces without processes
    #[arg(short = 'P', long, conflicts_with = "task", help_heading = WHICH)]
    pub persistent: bool,

    /// List only rows that match EXPRESSION
    ///
    /// The expression compares columns, numbers and texts with == != < > =~. Join comparisons with and, or, not: 'NPROCS == 0 and TYPE
    /// == "net"'.
    #[arg(short = 'Q', long, value_name = "EXPRESSION", value_parser = filter(NAMESPACE_COLUMNS), help_heading = WHICH)]
    pub filter: Option<Filter<NamespaceColumn>>,

    /// Search only these places
    ///
    /// Separate PLACES with commas (default: all). Processes are always searched.
    ///
    /// - processes: Namespaces that processes are in, or that their future children will be in
    ///
    /// - threads: Namespaces that individual threads are in
    ///
    /// - descriptors: Namespaces that an open file, socket or TUN device keeps alive
    ///
    /// - pins: Namespace files that are mounted in any mount namespace
    ///
    /// - kin: Parents and owners of other namespaces
    ///
    /// - kernel: The kernel's own list of namespaces
    ///
    /// - all: All of these places
    #[arg(long, value_name = "PLACES", value_parser = value::<Places>, help_heading = WHERE)]
    pub look: Option<Places>,

    /// List the namespaces saved in FILE
    ///
    /// Create FILE with `ns-ls -J --output-all`. A dash means stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["namespace", "task", "caps", "look", "watch"], help_heading = WHERE)]
    pub input: Option<PathBuf>,

    /// Fail if the result is incomplete
    ///
    /// The exit status is then 1. Without --strict, stderr reports what could not be read and the status stays 0.
    #[arg(long, help_heading = WHERE)]
    pub strict: bool,

    /// How it is written.
    #[command(flatten)]
    pub written: Written,

    /// Write a list instead of a tree
    #[arg(short, long, conflicts_with = "tree", help_heading = SHOWN)]
    pub list: bool,

    /// Draw a tree by owner, parent or process
    ///
    /// The default for BY is owner. Without this option, text output is a tree by process.
    #[arg(short = 'T', long, value_name = "BY", num_args = 0..=1, require_equals = true,
          default_missing_value = "owner", help_heading = SHOWN)]
    pub tree: Option<By>,

    /// Write the tree as a graph
    ///
    /// Each node is a namespace, and each edge leads to one below it. Without --tree, the graph is by owner. With -o, the
    /// nodes have these columns. Long lines are cut in dot and mermaid, unless --notruncate is given.
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["namespace", "json", "raw", "list", "watch"],
          help_heading = SHOWN)]
    pub graph: Option<GraphForm>,

    /// Draw network namespaces and their interfaces
    ///
    /// The map has their addresses, and which interface is tied to which. The default FORMAT is text. With -J, it is json. A namespace that could not be looked at is part of the drawing, and
    /// says so.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text",
          conflicts_with_all = ["namespace", "kinds", "task", "persistent", "filter", "input", "caps", "output",
                                "output_all", "raw", "list", "tree", "graph", "watch"], help_heading = SHOWN)]
    pub map: Option<MapForm>,

    /// The characters of trees.
    #[command(flatten)]
    pub characters: TreeCharacters,

    /// The colours of tables.
    #[command(flatten)]
    pub colours: Colours,

    /// Write several mount points on one line
    ///
    /// Without this option, a table has a line for each mount point in NSFS.
    #[arg(short = 'W', long, help_heading = SHOWN)]
    pub nowrap: bool,

    /// Show the capabilities of PID in each namespace
    ///
    /// Adds the CAPS column. PID has the same forms as for --task.
    #[arg(long, value_name = "PID", value_parser = target(), help_heading = SHOWN)]
    pub caps: Option<Target>,

    /// Report namespaces that appear or disappear
    ///
    /// Scans every SECONDS (default: 1, minimum: 0.01) until interrupted. If the kernel reports new processes, their
    /// namespaces are reported at once.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          conflicts_with_all = ["namespace", "tree", "strict"], value_parser = value::<Interval>, help_heading = SHOWN)]
    pub watch: Option<Interval>,

    /// Stop watching after TIME milliseconds
    ///
    /// The default is to watch until interrupted. The exit status is 0.
    #[arg(short = 'w', long, value_name = "TIME", requires = "watch", help_heading = SHOWN)]
    pub timeout: Option<u64>,

    /// Stop watching after the first event
    #[arg(short, long, requires = "watch", help_heading = SHOWN)]
    pub first_only: bool,

    /// Wait until NAMESPACE exists, up to SECONDS
    ///
    /// Nothing is written (default: no limit). The exit status is 1 if the time is up.
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, value_parser = seconds, requires = "namespace",
          conflicts_with_all = ["task", "persistent", "filter", "input", "caps", "look", "list", "tree", "graph", "watch", "json", "raw",
          "output", "output_all", "list_columns", "noheadings", "nowrap"], help_heading = SHOWN)]
    pub wait: Option<Option<Duration>>,

    /// With --wait, wait until NAMESPACE no longer exists
    #[arg(long, requires = "wait", help_heading = SHOWN)]
    pub gone: bool,

    /// The option that silences notes.
    #[command(flatten, next_help_heading = SHOWN)]
    pub notes: Notes,
}

impl AsRef<Notes> for Cli {
    fn as_ref(&self) -> &Notes {
        &self.notes
    }
}

/// The relation that a tree shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Each namespace below the user namespace that owns it
    Owner,
    /// Each user or PID namespace below its parent
    Parent,
    /// Each namespace below its parent process's namespace
    Process,
}

/// The form of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapForm {
    /// A tree for the terminal
    Text,
    /// Input for dot(1) of Graphviz
    Dot,
    /// A flowchart for Mermaid
    Mermaid,
    /// One JSON object
    Json,
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
