//! The output of `--watch`.

use std::io::{self, Write as _};

use ns_core::cli::Pairs;
use ns_core::output::{Cell, Heading, Listing, Parts, Row, Style, headings};

use crate::query::Query;

static EVENT: Heading = Heading::text("EVENT", "what happened");

/// A change of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Appeared,
    Gone,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Gone => "gone",
        }
    }
}

/// The events so far.
pub struct Events<'q> {
    style: Style,
    first_only: bool,
    listing: Listing<'q>,
    parts: Parts,
    /// True if one was written.
    wrote: bool,
}

impl Events<'_> {
    /// No event yet. The columns are as wide as these rows need.
    pub fn new<'r>(
        query: &Query<'_>,
        rows: impl Iterator<Item = &'r Vec<Cell<'static>>>,
    ) -> io::Result<Self> {
        let mut columns = vec![&EVENT];
        columns.extend(headings(&query.columns));
        let mut events = Self {
            style: query.cli.written.style(Pairs::default(), None),
            first_only: query.cli.first_only,
            listing: Listing {
                name: "events",
                columns,
                rows: rows.map(|row| event_row(Event::Appeared, row)).collect(),
                incomplete: None,
                remarks: Vec::new(),
            },
            parts: Parts::default(),
            wrote: false,
        };
        events.parts.widen(&events.listing, events.style)?;
        Ok(events)
    }

    /// True if no more events are asked for.
    pub fn is_over(&self) -> bool {
        self.first_only && self.wrote
    }

    /// Writes the events, or the first of them.
    pub fn write<'r>(
        &mut self,
        events: impl Iterator<Item = (Event, &'r Vec<Cell<'static>>)>,
    ) -> io::Result<()> {
        let number = if self.first_only {
            usize::from(!self.wrote)
        } else {
            usize::MAX
        };
        self.listing.rows = events
            .take(number)
            .map(|(event, row)| event_row(event, row))
            .collect();
        self.wrote |= !self.listing.rows.is_empty();
        let mut out = ns_core::cli::stdout()?;
        self.parts.write(&mut out, &self.listing, self.style)?;
        out.flush()
    }
}

fn event_row(event: Event, row: &[Cell<'static>]) -> Row<'static> {
    let mut cells = vec![Cell::text(event.word().as_bytes())];
    cells.extend_from_slice(row);
    Row { depth: 0, cells }
}
