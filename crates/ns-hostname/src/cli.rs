//! The command line of `ns-hostname`.

use std::ffi::OsString;

use clap::Parser;
use ns_core::Target;
use ns_core::cli::target;

/// Show or set the host name and NIS domain of any UTS namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-hostname",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {
    /// Set this host name; without one the host name is shown
    #[arg(value_name = "NAME", conflicts_with = "list")]
    pub name: Option<OsString>,

    /// The UTS namespace of this process, file or name instead of one's own; may be repeated with --list
    #[arg(short, long, value_name = "TARGET", value_parser = target())]
    pub target: Vec<Target>,

    /// Show the NIS domain name, or set it to DOMAIN
    #[arg(
        short = 'y',
        long,
        visible_aliases = ["yp", "domainname"],
        value_name = "DOMAIN",
        num_args = 0..=1,
        conflicts_with = "list"
    )]
    pub nis: Option<Option<OsString>>,

    /// List every UTS namespace that a process is in, with its names
    #[arg(short, long)]
    pub list: bool,

    /// The columns of the list, with commas between; after a leading + they are added to the default ones
    #[arg(short, long, value_name = "COLUMNS", requires = "list", value_parser = crate::list::columns())]
    pub output: Option<String>,

    /// Answer in JSON
    #[arg(short = 'J', long)]
    pub json: bool,
}
