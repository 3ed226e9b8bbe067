//! The command line of `ns-ls`.

use clap::Parser;

/// List namespaces and what keeps them alive.
#[derive(Debug, Parser)]
#[command(name = "ns-ls", version, infer_long_args = true, args_override_self = true)]
pub struct Cli {}
