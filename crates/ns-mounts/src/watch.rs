//! `--watch`: changes of the mounts of a namespace, one event on each line.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::mounts::{MountEvent, View, events};
use ns_core::output::{self, Listing, Row, Shape, headings};
use ns_core::process::Woken;

use crate::action::Action;
use crate::cells::{Happened, ListedMount};
use crate::cli::{Cli, usage};
use crate::columns::{self, MountColumn};
use crate::context::{Shared, TableContext};
use crate::{select, show, tables};

/// Reports changes until the time is up, the watched process has ended, or the output is closed. With --first-only, the
/// first change ends the watch.
///
/// Watching a namespace keeps it alive, with everything that is mounted in it.
pub fn watch(cli: &Cli, actions: &[Action]) -> anyhow::Result<ExitCode> {
    let (view, process) = match &cli.whose.tasks[..] {
        [] => (View::own()?, None),
        [task] => {
            let opened = task.open()?;
            (tables::view_of(&opened)?, opened.into_process().ok())
        }
        _ => return Err(usage("--watch watches one namespace: give --task once")),
    };
    let columns = show::columns(cli, columns::EVENTS)?;
    let mut out = Out {
        listing: Listing {
            name: "events",
            columns: headings(&columns),
            rows: Vec::new(),
            incomplete: None,
            remarks: Vec::new(),
        },
        widths: Vec::new(),
        cli,
    };
    let end = cli
        .ask
        .timeout
        .flatten()
        .and_then(|time| Instant::now().checked_add(Duration::from_millis(time)));
    let shared = Shared::default();
    let mut before = view.read()?;
    let stdout = io::stdout();
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if view.wait(left, process.as_ref(), stdout.as_fd())? != Woken::Changed {
            return Ok(ExitCode::SUCCESS);
        }
        let after = view.read()?;
        {
            let mut old = TableContext::of(&before, view.name(), Some(&view), &shared);
            old.is_past = true;
            let new = TableContext::of(&after, view.name(), Some(&view), &shared);
            out.events(&old, &new, actions, &columns)?;
        }
        if cli.which.first_only && !out.listing.rows.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        before = after;
    }
}

/// The output, event by event.
struct Out<'c> {
    cli: &'c Cli,
    listing: Listing<'static>,
    widths: Vec<usize>,
}

impl Out<'_> {
    fn events(
        &mut self,
        old: &TableContext<'_>,
        new: &TableContext<'_>,
        actions: &[Action],
        columns: &[MountColumn],
    ) -> anyhow::Result<()> {
        let (in_old, in_new) = (asked(self.cli, old), asked(self.cli, new));
        let listing = &mut self.listing;
        listing.rows.clear();
        for event in events(&old.table, &new.table) {
            let (action, context, asked, mount, was) = match event {
                MountEvent::Mount(mount) => (Action::Mount, new, &in_new, mount, None),
                MountEvent::Umount(mount) => (Action::Umount, old, &in_old, mount, Some(mount)),
                MountEvent::Remount(was, mount) => (Action::Remount, new, &in_new, mount, Some(was)),
                MountEvent::Move(was, mount) => (Action::Move, new, &in_new, mount, Some(was)),
            };
            let index = context
                .table
                .mounts()
                .iter()
                .position(|other| std::ptr::eq(other, mount));
            let Some(index) = index.filter(|index| asked[*index] && actions.contains(&action)) else {
                continue;
            };
            let listed = ListedMount {
                event: Some(Happened { action, was }),
                ..ListedMount::new(context, index, show::format(&self.cli.show))
            };
            let cells = columns.iter().map(|column| (column.cell)(listed));
            listing.rows.push(
                Row {
                    depth: 0,
                    cells: cells.collect(),
                }
                .into_owned(),
            );
        }
        if self.cli.which.first_only {
            listing.rows.truncate(1);
        }
        self.write()?;
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        if self.listing.rows.is_empty() {
            return Ok(());
        }
        let mut style = show::plain_style(&self.cli.show, None);
        let mut out = ns_core::cli::stdout()?;
        match style.shape {
            Shape::Json => {
                for row in &self.listing.rows {
                    output::write_json_line(&mut out, &self.listing.columns, row, style)?;
                }
            }
            Shape::Table => output::write_part(&mut out, &self.listing, style, &mut self.widths)?,
            _ => {
                // Headings are written once.
                style.headings &= self.widths.is_empty();
                self.widths.resize(1, 0);
                output::write(&mut out, &self.listing, style)?;
            }
        }
        out.flush()
    }
}

/// For each mount of a table, true if its events are asked for. A path that does not exist now may exist later.
fn asked(cli: &Cli, context: &TableContext<'_>) -> Vec<bool> {
    let mut asked = vec![false; context.table.mounts().len()];
    for index in select::select(cli, context).unwrap_or_default() {
        asked[index] = true;
    }
    asked
}
