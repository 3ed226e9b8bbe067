//! The command line of `ns-ls`.

use clap::{Parser, ValueEnum};
use ns_core::cli::{columns, target, value};
use ns_core::{Kind, Target};

use crate::columns::NsColumn;
use crate::tree::Relation;

/// List namespaces and what keeps them alive.
#[allow(clippy::struct_excessive_bools, reason = "each is an option")]
#[derive(Debug, Parser)]
#[command(name = "ns-ls", version, infer_long_args = true, args_override_self = true)]
pub struct Cli {
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

    /// Only the namespaces that this process is in
    #[arg(short = 'p', long, value_name = "PID", value_parser = target())]
    pub task: Option<Target>,

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

    /// Do not cut the commands to the width of the terminal
    #[arg(short = 'u', long)]
    pub notruncate: bool,
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
