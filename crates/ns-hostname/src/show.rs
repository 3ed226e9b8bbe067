//! Showing one name.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use ns_core::Namespace;
use ns_core::output::escape_for_terminal;
use ns_core::uts::Names;

use crate::cli::Cli;

/// Writes the name that is asked for.
pub fn show(cli: &Cli, namespace: &Namespace) -> anyhow::Result<ExitCode> {
    let names = Names::of(namespace)?;
    let name = if cli.nis.is_some() {
        names.domain
    } else {
        names.host
    };
    write_name(&name)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a name and ends the line: its exact bytes, but on a terminal, where they could move the cursor.
pub fn write_name(name: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        out.write_all(escape_for_terminal(name).as_bytes())?;
    } else {
        out.write_all(name)?;
    }
    out.write_all(b"\n")?;
    out.flush()
}
