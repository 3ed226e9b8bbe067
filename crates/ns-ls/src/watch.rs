//! `--watch`: namespaces that appear or disappear, one line for each event.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::cli::{Pairs, conclude_listing, wait_or_reader_gone};
use ns_core::inventory::gather;
use ns_core::listing::{self, Context};
use ns_core::output::{Cell, Heading, Incomplete, Listing, Row, Style, headings, write, write_json_line};

use crate::interval::Interval;
use crate::query::Query;
use crate::records::Records;

static EVENT: Heading = Heading::text("EVENT", "what happened");

/// The rows of one scan, by inode and, because inodes are reused, by id.
type Snapshot = BTreeMap<(u64, Option<u64>), Vec<Cell<'static>>>;

/// Runs until the time of `--timeout` is up or the reader has gone. With `--first-only`, the first event ends the watch.
pub fn watch(query: &Query<'_>, interval: Interval) -> anyhow::Result<ExitCode> {
    let limit = query.cli.timeout.map(Duration::from_millis);
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let (mut before, incomplete) = look(query)?;
    // This is noted once, because it changes with every process that starts or ends.
    conclude_listing("ns-ls", &incomplete, false);
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if wait_or_reader_gone(left.map_or(interval.0, |left| left.min(interval.0))) {
            return Ok(ExitCode::SUCCESS);
        }
        let (now, _) = look(query)?;
        let gone = before
            .iter()
            .filter(|(namespace, _)| !now.contains_key(namespace));
        let new = now
            .iter()
            .filter(|(namespace, _)| !before.contains_key(namespace));
        let gone = gone.map(|(_, row)| ("gone", row));
        for (event, row) in gone.chain(new.map(|(_, row)| ("appeared", row))) {
            tell(query, event, row)?;
            if query.cli.first_only {
                return Ok(ExitCode::SUCCESS);
            }
        }
        if left.is_some_and(|left| left <= interval.0) {
            return Ok(ExitCode::SUCCESS);
        }
        before = now;
    }
}

fn look(query: &Query<'_>) -> anyhow::Result<(Snapshot, Incomplete)> {
    let question = query.question();
    let inventory = gather(&question)?;
    let mut incomplete = inventory.incomplete(question.places);
    let wanted = query.wanted();
    let context = Context::new(&inventory, query.caps(), query.cli.written.json);
    let rows = query
        .select(&inventory)?
        .into_iter()
        .map(|entry| context.row(&wanted, entry, None))
        .collect();
    let mut records = Records::new(wanted, rows);
    query.narrow(&mut records, &mut incomplete);
    query.count_shown(&records, &mut incomplete);
    let look = (0..records.len())
        .filter_map(|record| {
            let inode = records.number(record, &listing::NS)?;
            let id = records.number(record, &listing::ID);
            let cells = records.cells(record, &query.columns);
            Some(((inode, id), cells.into_iter().map(Cell::into_owned).collect()))
        })
        .collect();
    Ok((look, incomplete))
}

fn tell(query: &Query<'_>, event: &'static str, row: &[Cell<'static>]) -> io::Result<()> {
    let mut columns = vec![&EVENT];
    columns.extend(headings(&query.columns));
    let mut cells = vec![Cell::text(event.as_bytes())];
    cells.extend_from_slice(row);
    let row = Row { depth: 0, cells };
    let mut out = ns_core::cli::stdout()?;
    if query.cli.written.json {
        write_json_line(&mut out, &columns, &row, Style::default())?;
    } else {
        let listing = Listing {
            name: "events",
            columns,
            rows: vec![row],
            incomplete: None,
            remarks: Vec::new(),
        };
        let style = Style {
            headings: false,
            width: None,
            ..query.cli.written.style(Pairs::default(), None)
        };
        write(&mut out, &listing, style)?;
    }
    out.flush()
}
