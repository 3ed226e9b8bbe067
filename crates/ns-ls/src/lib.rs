//! `ns-ls`: list namespaces and what keeps them alive.
#![forbid(unsafe_code)]

pub mod cli;
mod columns;
mod incomplete;
mod query;
mod records;
mod show;
mod tree;

use std::process::ExitCode;

use ns_core::inventory::gather;

use cli::Cli;
use query::Query;
use records::Records;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(|cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let query = Query::of(cli)?;
    let inventory = gather(&query.question())?;
    let entries = query.select(&inventory)?;
    let records = Records::of(&query.wanted(), &inventory, entries.into_iter());
    show::show(&query, &records, inventory.unread())?;
    incomplete::tell(inventory.unread())?;
    Ok(ExitCode::SUCCESS)
}
