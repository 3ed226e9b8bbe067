//! `--watch`: what appears and what goes, a line an event.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use ns_core::cli::wait_or_reader_gone;
use ns_core::inventory::{Unread, gather};
use ns_core::output::{Cell, Heading, Listing, Row, Shape, Style, headings, write, write_json_line};

use crate::cells::Subjects;
use crate::columns::NsColumn;
use crate::incomplete;
use crate::interval::Interval;
use crate::query::Query;
use crate::records::Records;

static EVENT: Heading = Heading::text("EVENT", "what happened");

/// The rows of one look, by inode and, as inodes are used again, by id.
type Look = BTreeMap<(u64, Option<u64>), Vec<Cell<'static>>>;

/// Goes on until nobody reads any more.
pub fn watch(query: &Query<'_>, interval: Interval) -> anyhow::Result<ExitCode> {
    let (mut before, unread) = look(query)?;
    // Said once: it changes with every process that comes and goes.
    incomplete::tell(&unread);
    loop {
        if wait_or_reader_gone(interval.0) {
            return Ok(ExitCode::SUCCESS);
        }
        let (now, _) = look(query)?;
        for (namespace, row) in &before {
            if !now.contains_key(namespace) {
                tell(query, "gone", row)?;
            }
        }
        for (namespace, row) in &now {
            if !before.contains_key(namespace) {
                tell(query, "appeared", row)?;
            }
        }
        before = now;
    }
}

fn look(query: &Query<'_>) -> anyhow::Result<(Look, Unread)> {
    let inventory = gather(&query.question())?;
    let wanted = query.wanted();
    let mut subjects = Subjects::new(&inventory, query.caps());
    let rows = query
        .select(&inventory)?
        .into_iter()
        .map(|entry| subjects.row(&wanted, entry, None))
        .collect();
    let mut records = Records::new(wanted, rows);
    query.narrow(&mut records);
    let look = (0..records.len())
        .filter_map(|record| {
            let inode = records.number(record, NsColumn::Ns)?;
            let id = records.number(record, NsColumn::Id);
            Some(((inode, id), records.cells(record, &query.columns)))
        })
        .collect();
    Ok((look, inventory.unread().clone()))
}

fn tell(query: &Query<'_>, event: &'static str, row: &[Cell<'static>]) -> io::Result<()> {
    let mut columns = vec![&EVENT];
    columns.extend(headings(&query.columns));
    let mut cells = vec![Cell::text(event.as_bytes())];
    cells.extend_from_slice(row);
    let row = Row { depth: 0, cells };
    let mut out = ns_core::cli::stdout()?;
    if query.cli.json {
        write_json_line(&mut out, &columns, &row)?;
    } else {
        let listing = Listing {
            name: "events",
            columns,
            rows: vec![row],
            remarks: Vec::new(),
        };
        let style = Style {
            shape: if query.cli.raw { Shape::Raw } else { Shape::Table },
            headings: false,
            ..Style::default()
        };
        write(&mut out, &listing, style)?;
    }
    out.flush()
}
