//! The command line of `ns-mounts`.

use clap::Parser;

/// Show the mounts of any mount namespace.
#[derive(Debug, Parser)]
#[command(
    name = "ns-mounts",
    version,
    infer_long_args = true,
    args_override_self = true
)]
pub struct Cli {}
