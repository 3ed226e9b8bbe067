//! The command line of `ns-hostname`.

use clap::Parser;

/// Show or set the host name and NIS domain of any UTS namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-hostname",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {}
