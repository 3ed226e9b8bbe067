//! The command line of `ns-hostname`.

use std::ffi::OsString;

use clap::{Args, Parser};
use ns_core::Target;
use ns_core::cli::{Relative, columns, target};

use crate::columns::UtsColumn;
use crate::which::Which;

const WHICH: &str = "Which name";
const WRITTEN: &str = "What is written";

/// The long options of hostname(1), by the version that brought them.
pub const RELATIVE: Relative = Relative(&[
    // 3.23
    "alias all-fqdns all-ip-addresses boot domain file fqdn help ip-address long nis short version yp",
]);

const EXAMPLES: &str = "Examples:
  ns-hostname --list                     all UTS namespaces with their names
  ns-hostname -t container:3f2a web-2    rename a container from outside";

/// Show or set the host name and NIS domain of any UTS namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-hostname",
    version,
    args_override_self = true,
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// Set this host name; without it the name is shown
    #[arg(value_name = "NAME", conflicts_with_all = SHOW, conflicts_with_all = ["file", "list", "watch", "check"])]
    pub name: Option<OsString>,

    /// The UTS namespace of this process, file or name
    ///
    /// Instead of one's own; see ns-utils(7). May be repeated with --list.
    #[arg(short, long, value_name = "TARGET", value_parser = target(), help_heading = WHICH)]
    pub target: Vec<Target>,

    /// The NIS domain name, not the host name
    ///
    /// It is shown or, with NAME or FILE, set.
    // A flag, as in hostname(1): `-yv` is -y and -v.
    #[arg(short = 'y', conflicts_with = "list", overrides_with_all = VIEWS, help_heading = WHICH)]
    pub yp: bool,

    /// The NIS domain name
    ///
    /// It is shown, or set to DOMAIN.
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

    /// Another form of the name.
    #[command(flatten)]
    pub views: Views,

    /// How a name is set.
    #[command(flatten)]
    pub setting: Setting,

    /// Many namespaces, or one for some time.
    #[command(flatten)]
    pub listing: Listing,

    /// Say what was done, and to how many processes
    ///
    /// On stderr.
    #[arg(short, long, help_heading = WRITTEN)]
    pub verbose: bool,

    /// Write JSON
    #[arg(short = 'J', long, conflicts_with_all = SHOW, conflicts_with = "check", help_heading = WRITTEN)]
    pub json: bool,
}

impl Cli {
    /// Which name is meant where the options do not say both.
    pub fn which(&self) -> Which {
        if self.yp || self.nis.is_some() {
            Which::Domain
        } else {
            Which::Host
        }
    }
}

/// What is shown: the last of them counts.
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

/// Those that only show something: all but -y, with which a name can be set as well.
const SHOW: &[&str] = VIEWS.split_at(7).0;

/// Other forms of the host name. All but -s and -I ask the resolver, as hostname(1) does.
#[derive(Debug, Args)]
#[command(next_help_heading = "Showing")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Views {
    /// Show the host name up to its first dot
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub short: bool,

    /// Show the DNS domain
    ///
    /// What follows the first dot of the FQDN; with --target, of the host name.
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub domain: bool,

    /// Show the FQDN, as the resolver has it
    #[arg(short, long, visible_alias = "long", overrides_with_all = VIEWS)]
    pub fqdn: bool,

    /// Show the addresses that the name resolves to
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub ip_address: bool,

    /// Show the addresses of the network interfaces
    ///
    /// With --target, of those in its network namespace.
    #[arg(short = 'I', long, overrides_with_all = VIEWS)]
    pub all_ip_addresses: bool,

    /// Show the names that those addresses resolve to
    #[arg(short = 'A', long, overrides_with_all = VIEWS)]
    pub all_fqdns: bool,

    /// Show the other names that the resolver has
    #[arg(short, long, overrides_with_all = VIEWS)]
    pub alias: bool,
}

/// How a name is set.
#[derive(Debug, Args)]
#[command(next_help_heading = "Setting")]
pub struct Setting {
    /// Set the name that stands in FILE
    ///
    /// With -y, the NIS domain name. A dash is stdin.
    #[arg(short = 'F', long, value_name = "FILE", conflicts_with_all = SHOW, conflicts_with_all = ["list", "watch", "check"])]
    pub file: Option<OsString>,

    /// For boot scripts: FILE may be missing or empty
    ///
    /// Where no name was set before, `localhost` is set then.
    #[arg(short, long, conflicts_with_all = ["list", "watch", "check"])]
    pub boot: bool,

    /// Take every name that the kernel takes, but for line feeds
    #[arg(long, conflicts_with_all = ["list", "watch"])]
    pub force: bool,

    /// Leave out what does not belong in a host name
    ///
    /// What was set is printed.
    #[arg(long, conflicts_with_all = ["force", "list", "watch", "check"])]
    pub clean: bool,

    /// Set nothing: say whether NAME may be set
    ///
    /// The status is 0 if it may, else 1, and what is wrong is said.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, conflicts_with_all = SHOW, conflicts_with_all = ["list", "watch"])]
    pub check: Option<OsString>,
}

/// Many namespaces, or one for some time.
#[derive(Debug, Args)]
#[command(next_help_heading = "Listing")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Listing {
    /// List every UTS namespace with its names
    #[arg(short, long, conflicts_with_all = SHOW)]
    pub list: bool,

    /// Show these columns
    ///
    /// With commas between, in capitals or not; after a `+`, beside the usual ones.
    #[arg(short, long, value_name = "COLUMNS", requires = "list", value_parser = columns::<UtsColumn>())]
    pub output: Option<String>,

    /// Show all columns
    #[arg(long, requires = "list", conflicts_with = "output")]
    pub output_all: bool,

    /// Write no line of headings
    #[arg(short, long, requires = "list")]
    pub noheadings: bool,

    /// Write values with one space between
    ///
    /// What is unsafe in them, blanks too, as \xNN.
    #[arg(short, long, requires = "list", conflicts_with_all = ["json", "pairs"])]
    pub raw: bool,

    /// Write NAME="value"
    #[arg(short = 'P', long, requires = "list", conflicts_with = "json")]
    pub pairs: bool,

    /// Cut nothing off to fit into the terminal
    #[arg(short = 'u', long, requires = "list")]
    pub notruncate: bool,

    /// Fail where not everything could be read
    ///
    /// The status is 1 then; otherwise that is only said on stderr.
    #[arg(long, requires = "list")]
    pub strict: bool,

    /// Print the name every time it changes
    ///
    /// With --list, every change in any UTS namespace.
    #[arg(
        long,
        conflicts_with_all = SHOW,
        conflicts_with_all = ["output", "output_all", "noheadings", "raw", "pairs", "notruncate", "strict"]
    )]
    pub watch: bool,
}
