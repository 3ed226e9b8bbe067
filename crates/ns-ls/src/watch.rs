//! `--watch`: namespaces that appear or disappear, one line for each event.

mod events;
mod newcomers;

use std::collections::{BTreeMap, HashSet};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::cli::{conclude_listing, note, wait_or_reader_gone};
use ns_core::inventory::{Inventory, gather};
use ns_core::listing::{self, Context};
use ns_core::output::{Cell, Incomplete};
use ns_core::process::{Reports, Urgent, Woken};

use crate::interval::Interval;
use crate::query::Query;
use crate::records::Records;
use events::{Event, Events};
use newcomers::Newcomers;

/// A namespace: its inode and, because inodes are reused, its id if the kernel tells it.
type Key = (u64, Option<u64>);

/// The rows of the namespaces that are asked for.
type Rows = BTreeMap<Key, Vec<Cell<'static>>>;

/// Runs until the time of `--timeout` is up or the reader has gone. With `--first-only`, the first event ends the watch.
pub fn watch(query: &Query<'_>, interval: Interval) -> anyhow::Result<ExitCode> {
    let limit = query.cli.timeout.map(Duration::from_millis);
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    // The reports start before the first scan, so that nothing is missed in between.
    let mut reports = Reports::ask();
    note("ns-ls", &way(interval, reports.is_some()));
    let mut incomplete = Incomplete::default();
    let mut known = Known::scan(query, &mut incomplete)?;
    // This is noted once, because it changes with every process that starts or ends.
    conclude_listing("ns-ls", &incomplete, false);
    let mut events = Events::new(query, known.rows.values())?;
    let mut newcomers = Newcomers::default();
    let mut next = Instant::now() + interval.0;
    while !events.is_over() {
        let now = Instant::now();
        let until = end.map_or(next, |end| end.min(next));
        // A new process can end within a millisecond. The comparison of everything is not urgent.
        let urgent = reports.as_ref().map(|_| Urgent::start());
        let woken = sleep(reports.as_ref(), until.saturating_duration_since(now))?;
        if let (Woken::Changed, Some(reports)) = (woken, &mut reports) {
            newcomers.look(query, reports, &mut known)?;
            newcomers.tell(query, &mut known, &mut events)?;
        }
        drop(urgent);
        match woken {
            Woken::TimeUp if end.is_some_and(|end| end <= Instant::now()) => {
                known.rescan(query, &mut events)?;
                break;
            }
            Woken::Changed | Woken::TimeUp => {}
            Woken::Ended | Woken::Unread => break,
        }
        if next <= Instant::now() && !events.is_over() {
            known.rescan(query, &mut events)?;
            next = Instant::now() + interval.0;
        }
    }
    newcomers.report();
    Ok(ExitCode::SUCCESS)
}

/// The way in which namespaces are found, in a sentence.
fn way(interval: Interval, reported: bool) -> String {
    let seconds = interval.0.as_secs_f64();
    if reported {
        format!("the kernel reports each new process; all namespaces are compared every {seconds} s")
    } else {
        format!(
            "namespaces are compared every {seconds} s, and those that end sooner are missed: the kernel reports new \
             processes only in the first network and PID namespaces, before Linux 6.6 only to root"
        )
    }
}

/// Sleeps until there are reports, the reader of the output has gone, or the time is up.
fn sleep(reports: Option<&Reports>, time: Duration) -> ns_core::Result<Woken> {
    match reports {
        Some(reports) => reports.wait(Some(time), std::io::stdout().as_fd()),
        None if wait_or_reader_gone(time) => Ok(Woken::Unread),
        None => Ok(Woken::TimeUp),
    }
}

/// The namespaces that exist, as far as they have been seen.
struct Known {
    /// All of them.
    keys: HashSet<Key>,
    /// Those that are asked for.
    rows: Rows,
}

impl Known {
    /// Looks everywhere.
    fn scan(query: &Query<'_>, incomplete: &mut Incomplete) -> anyhow::Result<Self> {
        let question = query.question();
        let inventory = gather(&question)?;
        *incomplete = inventory.incomplete(question.places);
        Ok(Self {
            keys: keys(&inventory),
            rows: rows(query, &inventory, incomplete)?,
        })
    }

    /// Looks everywhere again, and tells the differences.
    fn rescan(&mut self, query: &Query<'_>, events: &mut Events<'_>) -> anyhow::Result<()> {
        let now = Self::scan(query, &mut Incomplete::default())?;
        let gone = self.rows.iter().filter(|(key, _)| !now.keys.contains(key));
        let new = now.rows.iter().filter(|(key, _)| !self.keys.contains(key));
        let gone = gone.map(|(_, row)| (Event::Gone, row));
        events.write(gone.chain(new.map(|(_, row)| (Event::Appeared, row))))?;
        *self = now;
        Ok(())
    }
}

/// All namespaces of an inventory.
fn keys(inventory: &Inventory) -> HashSet<Key> {
    let key = |entry: &ns_core::inventory::Entry| (entry.identity.inode, entry.id().known());
    inventory.entries().iter().map(key).collect()
}

/// The rows of the namespaces that are asked for.
fn rows(query: &Query<'_>, inventory: &Inventory, incomplete: &mut Incomplete) -> anyhow::Result<Rows> {
    let wanted = query.wanted();
    let context = Context::new(inventory, query.caps(), query.cli.written.json);
    let rows = query
        .select(inventory)?
        .into_iter()
        .map(|entry| context.row(&wanted, entry, None))
        .collect();
    let mut records = Records::new(wanted, rows);
    query.narrow(&mut records, incomplete);
    query.count_shown(&records, incomplete);
    let rows = (0..records.len()).filter_map(|record| {
        let inode = records.number(record, &listing::NS)?;
        let id = records.number(record, &listing::ID);
        let cells = records.cells(record, &query.columns);
        Some(((inode, id), cells.into_iter().map(Cell::into_owned).collect()))
    });
    Ok(rows.collect())
}
