//! The options that select mounts.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ns_core::output::Filter;

use super::paths::path;
use crate::columns::{self, MountColumn};
use crate::types::Types;

/// The mounts to show.
#[derive(Args, Debug)]
#[command(next_help_heading = "Selection")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Selection {
    /// Show mounts of this source
    ///
    /// SOURCE is a device, a share, MAJ:MIN, LABEL=, UUID=, PARTLABEL= or PARTUUID=.
    #[arg(short = 'S', long, value_name = "SOURCE")]
    pub source: Option<OsString>,

    /// Show the mount that contains this path
    #[arg(short = 'T', long, value_name = "PATH", value_parser = path(), conflicts_with = "mountpoint")]
    pub target: Option<PathBuf>,

    /// Show the mount at this mount point
    ///
    /// If several matches are on top of each other there, only the uppermost is shown; see --stacked.
    #[arg(short = 'M', long, value_name = "PATH", value_parser = path())]
    pub mountpoint: Option<PathBuf>,

    /// Show mounts of these types
    ///
    /// Separate types with commas. A leading "no" or "!" selects mounts of none of these types.
    #[arg(short, long, value_name = "TYPES")]
    pub types: Option<Types>,

    /// Show mounts with all of these options
    ///
    /// Separate options with commas. A leading "no" or "!" selects mounts without the option. After a leading "+",
    /// the option is matched as written.
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

    /// Show all mounts at a mount point
    ///
    /// Without this option, a search for a mount point finds only the uppermost match there.
    #[arg(long)]
    pub stacked: bool,

    /// Show only the last mount at each mount point
    #[arg(short = 'U', long)]
    pub uniq: bool,

    /// Show all mounts that do not match the search
    #[arg(short, long)]
    pub invert: bool,

    /// Show only the first match
    ///
    /// With --watch, stop after the first event.
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

    /// Also show file systems that --df and --dfi omit
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
