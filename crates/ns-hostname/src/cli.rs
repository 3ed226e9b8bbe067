//! The command line of `ns-hostname`.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser};
use ns_core::Target;
use ns_core::cli::{LongOpts, Notes, Pairs, Written, columns, target};

use crate::columns::ALL;
use crate::name_kind::NameKind;

const WHICH: &str = "Selection";
const WRITTEN: &str = "Output";

/// The long options of hostname(1), grouped by the version that added them.
pub const LONG_OPTS: LongOpts = LongOpts(&[
    // 3.23
    "alias all-fqdns all-ip-addresses boot domain file fqdn help ip-address long nis short version yp",
]);

const EXAMPLES: &str = "Examples:
  ns-hostname --list                     list all UTS namespaces and their names
  ns-hostname -t container:3f2a web-2    rename a container from outside";

/// Show or set the host name and NIS domain of any UTS namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-hostname",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES,
    mut_arg("output", |arg| arg.value_parser(columns(ALL)).requires("list")),
    mut_arg("output_all", |arg| arg.requires("list").conflicts_with("output")),
    mut_arg("list_columns", |arg| arg.conflicts_with_all(["name", "file", "watch", "check"])),
    mut_arg("json", |arg| arg.conflicts_with_all(SHOW).conflicts_with("check")),
    mut_args(|arg| match arg.get_id().as_str() {
        // A list of the columns has these forms too. That is checked when they are read.
        "noheadings" | "raw" | "pairs" | "notruncate" => arg.requires("lists"),
        _ => arg,
    }),
    group(clap::ArgGroup::new("lists").args(["list", "list_columns"]).multiple(true))
)]
pub struct Cli {
    /// Set this host name
    ///
    /// Without NAME, ns-hostname shows the host name.
    #[arg(value_name = "NAME", conflicts_with_all = SHOW, conflicts_with_all = ["file", "list", "watch", "check"])]
    pub name: Option<OsString>,

    /// Use the UTS namespace of TARGET
    ///
    /// TARGET is a process, a namespace file or a name; see ns-utils(7). The default is the caller's namespace. With
    /// --list, the option can be repeated.
    #[arg(short, long, value_name = "TARGET", value_parser = target(), help_heading = WHICH)]
    pub target: Vec<Target>,

    /// Show or set the NIS domain
    ///
    /// With NAME or FILE, ns-hostname sets the domain. Otherwise it shows the domain.
    // A flag, as in hostname(1): `-yv` is -y and -v.
    #[arg(short = 'y', conflicts_with = "list", overrides_with_all = VIEWS, help_heading = WHICH)]
    pub yp: bool,

    /// Show or set NIS domain
    ///
    /// With DOMAIN, ns-hostname sets the domain. Otherwise it shows the domain. DOMAIN follows a space or an equals sign.
    #[arg(
        long,
        visible_aliases = ["yp", "domainname"],
        value_name = "DOMAIN",
        num_args = 0..=1,
        conflicts_with = "list",
        conflicts_with_all = SHOW,
        help_heading = WHICH
    )]
    pub nis: Option<Option<OsString>>,

    /// The options that show another form of the name.
    #[command(flatten)]
    pub views: Views,

    /// The options for setting a name.
    #[command(flatten)]
    pub setting: Setting,

    /// The options that list namespaces or watch them.
    #[command(flatten)]
    pub listing: ListOptions,

    /// Report each change on stderr
    ///
    /// The report includes how many processes the change affects. With --watch, ns-hostname reports once when it starts
    /// to watch.
    #[arg(short, long, help_heading = WRITTEN)]
    pub verbose: bool,

    /// The option that silences notes.
    #[command(flatten, next_help_heading = WRITTEN)]
    pub notes: Notes,

    /// How it is written.
    #[command(flatten)]
    pub written: Written,
}

impl AsRef<Notes> for Cli {
    fn as_ref(&self) -> &Notes {
        &self.notes
    }
}

impl Cli {
    /// The name that the options select, if they do not set both names.
    pub fn name_kind(&self) -> NameKind {
        if self.yp || self.nis.is_some() {
            NameKind::Domain
        } else {
            NameKind::Host
        }
    }
}

/// The options that choose what is shown. The last one counts.
const VIEWS: [&str; 8] = [
    "short",
    "domain",
    "fqdn",
    "ip_address",
    "all_ip_addresses",
    "all_fqdns",
    "alias",
    "yp",
];

/// The options of [`VIEWS`] that cannot set a name: all except -y.
const SHOW: &[&str] = VIEWS.split_at(7).0;

/// Other forms of the host name. All except -s and -I ask the resolver, as in hostname(1).
#[derive(Debug, Args)]
#[command(next_help_heading = "Show")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Views {
    /// Show the host name up to its first dot
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub short: bool,

    /// Show the DNS domain
    ///
    /// The domain is the part of the FQDN after the first dot. With --target, it is taken from the host name instead.
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub domain: bool,

    /// Show the FQDN from the resolver
    ///
    /// The FQDN is the fully qualified domain name.
    #[arg(short, long, visible_alias = "long", overrides_with_all = VIEWS)]
    pub fqdn: bool,

    /// Show the addresses that the host name resolves to
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub ip_address: bool,

    /// Show the addresses of the network interfaces
    ///
    /// With --target, show the addresses in the network namespace of TARGET.
    #[arg(short = 'I', long, overrides_with_all = VIEWS)]
    pub all_ip_addresses: bool,

    /// Show the names of the interface addresses
    ///
    /// The resolver looks up each address that --all-ip-addresses shows.
    #[arg(short = 'A', long, overrides_with_all = VIEWS)]
    pub all_fqdns: bool,

    /// Show the aliases of the host name
    ///
    /// The resolver supplies them.
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub alias: bool,
}

/// How to set a name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set")]
pub struct Setting {
    /// Set the name in FILE
    ///
    /// With -y, set the NIS domain name in FILE. A dash means stdin.
    #[arg(short = 'F', long, value_name = "FILE", conflicts_with_all = SHOW, conflicts_with_all = ["list", "watch", "check"])]
    pub file: Option<OsString>,

    /// Accept a missing or empty FILE
    ///
    /// This is for boot scripts. If no host name is set yet and FILE has none, the name becomes `localhost`.
    #[arg(short, long, conflicts_with_all = ["list", "watch", "check"])]
    pub boot: bool,

    /// Accept any name that the kernel accepts
    ///
    /// A name with a line feed is still refused.
    #[arg(long, conflicts_with_all = ["list", "watch"])]
    pub force: bool,

    /// Repair an invalid host name
    ///
    /// Drops characters that a host name cannot have, then sets and prints the result.
    #[arg(long, conflicts_with_all = ["force", "list", "watch", "check"])]
    pub clean: bool,

    /// Check whether NAME is valid
    ///
    /// Nothing is set. The exit status is 0 if NAME is valid. Otherwise it is 1, and stderr says what is wrong.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with_all = SHOW, conflicts_with_all = ["list", "watch"])]
    pub check: Option<OsString>,
}

/// How to list namespaces or watch them.
#[derive(Debug, Args)]
#[command(next_help_heading = "List")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct ListOptions {
    /// List every UTS namespace with its names
    #[arg(short, long, conflicts_with_all = SHOW)]
    pub list: bool,

    /// Fail if the result is incomplete
    ///
    /// The exit status is then 1. Without --strict, stderr reports what could not be read and the status stays 0.
    #[arg(long, requires = "list")]
    pub strict: bool,

    /// Print the name every time it changes
    ///
    /// With --list, print every change in any UTS namespace: its inode, the name, and the old and the new value.
    #[arg(
        long,
        conflicts_with_all = SHOW,
        conflicts_with_all = ["output", "output_all", "raw", "pairs", "notruncate", "strict"]
    )]
    pub watch: bool,

    /// Stop watching after TIME milliseconds
    ///
    /// The default is to watch until interrupted. The exit status is 0.
    #[arg(short = 'w', long, value_name = "TIME", requires = "watch")]
    pub timeout: Option<u64>,

    /// Stop watching after the first event
    #[arg(long, requires = "watch")]
    pub first_only: bool,

    /// The form of `NAME="value"`.
    #[command(flatten)]
    pub pairs: Pairs,
}

/// A usage error that clap cannot see.
pub fn usage(kind: ErrorKind, message: impl std::fmt::Display) -> anyhow::Error {
    ns_core::cli::usage(Cli::command(), kind, message).into()
}
