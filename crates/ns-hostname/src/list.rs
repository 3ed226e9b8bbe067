//! The list of UTS namespaces with their names.

use std::io::Write as _;
use std::process::ExitCode;

use ns_core::Kind;
use ns_core::cli::conclude_listing;
use ns_core::inventory::Places;
use ns_core::listing::{Context, facts};
use ns_core::output::{self, Heading, Listing, Row, headings, write};

use crate::cli::Cli;
use crate::columns::{ALL, DEFAULT};
use crate::found::{entries, find};

/// Writes the list.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let columns = cli.written.columns(ALL, DEFAULT)?;
    let asked = cli
        .target
        .iter()
        .map(|target| Ok(target.open()?.namespace(Kind::Uts)?.identity()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let inventory = find(facts(&columns))?;
    let context = Context::new(&inventory, None, cli.written.json);
    let mut incomplete = inventory.incomplete(Places::all());
    let rows = entries(&inventory)
        .filter(|entry| asked.is_empty() || asked.contains(&entry.identity))
        .map(|entry| Row {
            depth: 0,
            cells: context.row(&columns, entry, None),
        });
    let rows: Vec<_> = rows.collect();
    for row in &rows {
        for (column, cell) in columns.iter().zip(&row.cells) {
            incomplete.count(&column.heading, cell);
        }
    }
    let listing = Listing {
        name: "namespaces",
        columns: headings(&columns),
        rows,
        incomplete: Some(incomplete.json(Heading::key)),
        remarks: vec![inventory.not_looked()],
    };
    let mut out = ns_core::cli::stdout()?;
    write(&mut out, &listing, cli.written.style(cli.listing.pairs, None))?;
    out.flush()?;
    Ok(conclude_listing("ns-hostname", &incomplete, cli.listing.strict))
}

/// Lists the columns themselves.
pub fn list_columns(cli: &Cli) -> anyhow::Result<ExitCode> {
    let listing = output::list_columns("ns-hostname-columns", ALL);
    let mut out = ns_core::cli::stdout()?;
    write(
        &mut out,
        &listing,
        cli.written.style_of_columns(cli.listing.pairs),
    )?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
