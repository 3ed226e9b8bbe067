//! The options that choose the form of the output.

use clap::{Args, ValueEnum};
use ns_core::cli::{Colours, Pairs, TreeCharacters, Written};
use ns_core::output::GraphForm;

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
    #[arg(short, long, conflicts_with_all = ["raw", "pairs"])]
    pub list: bool,

    /// Draw a tree instead of a list
    ///
    /// The TARGET column holds the tree. Without that column, the output is a list.
    #[arg(long)]
    pub tree: bool,

    /// With --propagation, write a graph
    ///
    /// The nodes are peer groups, with their mounts in them, and slaves. An edge leads to the group or the mount that receives
    /// events. Long lines are cut in dot and mermaid, unless --notruncate is given.
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["json", "raw", "pairs", "list", "tree"],
          requires = "propagation")]
    pub graph: Option<GraphForm>,

    /// Write column names as shell variable names
    ///
    /// MAJ:MIN becomes `MAJ_MIN`.
    #[arg(short = 'y', long)]
    pub shell: bool,

    /// The characters of trees.
    #[command(flatten)]
    pub characters: TreeCharacters,

    /// The colours of tables.
    #[command(flatten)]
    pub colours: Colours,

    /// Show sizes in bytes
    #[arg(short, long)]
    pub bytes: bool,

    /// Show sizes like df(1)
    ///
    /// A mount that another mount hides has no sizes.
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

    /// Compare paths and tags as they are written
    ///
    /// Symbolic links are not followed, and the devices of tags are not looked up.
    #[arg(short = 'C', long, conflicts_with = "evaluate")]
    pub nocanonicalize: bool,

    /// Show devices instead of LABEL= and UUID= tags
    ///
    /// Also replaces PARTLABEL= and PARTUUID=.
    #[arg(short, long)]
    pub evaluate: bool,

    /// Also show default options in VFS-OPTIONS
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
    /// Write links to the caller's own mount points if stdout is a terminal.
    Auto,
    /// Always write links.
    Always,
    /// Never write links.
    Never,
}
