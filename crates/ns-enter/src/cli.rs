//! The command line of `ns-enter`.

use clap::Parser;

/// Run a program in existing namespaces.
#[derive(Debug, Parser)]
#[command(name = "ns-enter", version, infer_long_args = true, args_override_self = true)]
pub struct Cli {}
