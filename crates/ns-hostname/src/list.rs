//! The list of UTS namespaces with their names.

use std::io::Write as _;
use std::process::ExitCode;

use ns_core::cli::{warn, width_of_terminal};
use ns_core::inventory::{Entry, Facts};
use ns_core::output::{Listing, Row, Shape, Style, choose, headings, write};
use ns_core::users::UserNames;
use ns_core::{Gathered, Kind, Namespace};

use crate::cells::Subject;
use crate::cli::Cli;
use crate::columns::{self, UtsColumn};
use crate::found::{Found, find};

/// Writes the list.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let columns = columns(cli)?;
    let asked = cli
        .target
        .iter()
        .map(|target| Ok(target.open()?.namespace(Kind::Uts)?.identity()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let facts = columns.iter().map(|column| column.facts());
    let found = find(facts.fold(Facts::empty(), Facts::union))?;
    let entries: Vec<_> = found
        .entries()
        .filter(|entry| asked.is_empty() || asked.contains(&entry.identity))
        // Its processes have gone before it could be entered.
        .filter(|entry| entry.processes == 0 || found.names(entry) != Gathered::Absent)
        .collect();
    let missing = found.missing(&entries);
    show(cli, &columns, &found, &entries, &missing)?;
    for reason in &missing {
        warn("ns-hostname", &format!("incomplete: {reason}"));
    }
    if cli.listing.strict && !missing.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn columns(cli: &Cli) -> anyhow::Result<Vec<UtsColumn>> {
    let listing = &cli.listing;
    if listing.output_all {
        return Ok(columns::ALL.to_vec());
    }
    match &listing.output {
        Some(list) => Ok(choose(list, &columns::ALL, &UtsColumn::DEFAULT)?),
        None => Ok(UtsColumn::DEFAULT.to_vec()),
    }
}

fn show(
    cli: &Cli,
    columns: &[UtsColumn],
    found: &Found,
    entries: &[&Entry],
    missing: &[String],
) -> anyhow::Result<()> {
    let own = Namespace::own(Kind::Uts)?.identity();
    let by_host = found.by_host();
    let mut users = UserNames::default();
    let rows = entries.iter().map(|entry| {
        let lowest = entry.lowest;
        let subject = Subject {
            inventory: found.inventory(),
            entry,
            names: found.names(entry),
            representative: lowest.and_then(|pid| found.inventory().representative(pid)),
            own: entry.identity == own,
            json: cli.json,
            by_host: &by_host,
        };
        Row {
            depth: 0,
            cells: columns
                .iter()
                .map(|column| subject.cell(*column, &mut users))
                .collect(),
        }
    });
    let listing = Listing {
        name: "namespaces",
        columns: headings(columns),
        rows: rows.collect(),
        remarks: vec![("incomplete", missing.into())],
    };
    let mut out = ns_core::cli::stdout()?;
    write(&mut out, &listing, style(cli))?;
    Ok(out.flush()?)
}

fn style(cli: &Cli) -> Style {
    let listing = &cli.listing;
    let shape = if cli.json {
        Shape::Json
    } else if listing.raw {
        Shape::Raw
    } else if listing.pairs {
        Shape::Pairs
    } else {
        Shape::Table
    };
    Style {
        shape,
        headings: !listing.noheadings,
        width: if listing.notruncate {
            None
        } else {
            width_of_terminal()
        },
        ..Style::default()
    }
}
