//! The command line of `ns-unshare`.

use clap::Parser;

/// Run a program in new namespaces.
#[derive(Debug, Parser)]
#[command(
    name = "ns-unshare",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {}
