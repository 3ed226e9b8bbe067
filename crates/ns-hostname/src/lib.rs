//! `ns-hostname`: show or set the host name and NIS domain of any UTS namespace.
#![forbid(unsafe_code)]

pub mod cli;
mod columns;
mod file;
mod form;
mod found;
mod json;
mod list;
mod name_kind;
mod namespace;
mod set;
mod show;
mod watch;

use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if let Some(name) = &cli.setting.check {
        return set::check(cli, name.as_bytes());
    }
    if cli.listing.watch {
        return watch::watch(cli);
    }
    if cli.written.list_columns {
        return list::list_columns(cli);
    }
    if cli.listing.list {
        return list::list(cli);
    }
    match set::set(cli)? {
        Some(status) => Ok(status),
        None => show::show(cli),
    }
}
