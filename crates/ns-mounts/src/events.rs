//! The output of `--watch`, event by event.

use std::collections::HashMap;
use std::io::{self, Write as _};

use ns_core::mounts::MountEvent;
use ns_core::output::{Cell, Listing, Parts, Row, headings};

use crate::action::Action;
use crate::cells::{self, Happened, ListedMount};
use crate::cli::Cli;
use crate::columns::{self, MountColumn};
use crate::context::TableContext;
use crate::{select, show};

/// A change of a mount.
pub struct Event<'s, 'a> {
    action: Action,
    /// The id that is never reused, if the kernel reported the event.
    unique: Option<u64>,
    /// The mount, in its table; `None` if it had gone before it was looked at.
    mount: Option<(&'s TableContext<'a>, usize)>,
    /// The inode of the namespace, if several are watched.
    namespace: Option<u64>,
    /// The mount before the change.
    was: Option<&'s ns_core::mounts::Mount<'a>>,
}

impl<'s, 'a> Event<'s, 'a> {
    /// A difference between two tables.
    pub fn of_tables(
        event: &MountEvent<'s, 'a>,
        old: &'s TableContext<'a>,
        new: &'s TableContext<'a>,
    ) -> Self {
        let (action, context, mount, was) = match *event {
            MountEvent::Mount(mount) => (Action::Mount, new, mount, None),
            MountEvent::Umount(mount) => (Action::Umount, old, mount, Some(mount)),
            MountEvent::Remount(was, mount) => (Action::Remount, new, mount, Some(was)),
            MountEvent::Move(was, mount) => (Action::Move, new, mount, Some(was)),
        };
        let mounts = context.table.mounts();
        let index = mounts.iter().position(|other| std::ptr::eq(other, mount));
        Self {
            action,
            unique: None,
            mount: index.map(|index| (context, index)),
            namespace: None,
            was,
        }
    }

    /// A mount that the kernel reported, in the table that has it.
    pub fn of_one(action: Action, context: &'s TableContext<'a>, index: usize, unique: u64) -> Self {
        let mount = context.table.mounts().get(index);
        Self {
            action,
            unique: Some(unique),
            mount: mount.map(|_| (context, index)),
            namespace: None,
            was: mount.filter(|_| action == Action::Umount),
        }
    }

    /// A mount that the kernel reported, and that no table has. `namespace` is the inode, if several are watched.
    pub fn of_unknown(action: Action, unique: u64, namespace: Option<u64>) -> Self {
        Self {
            action,
            unique: Some(unique),
            mount: None,
            namespace,
            was: None,
        }
    }

    /// The cells of an event without a mount: only the action, the id and the namespace are known.
    fn unknown_cells(&self, columns: &[MountColumn]) -> Vec<Cell<'static>> {
        let number = |number: Option<u64>| number.map_or(Cell::GONE, Cell::Number);
        let cell = |column: &MountColumn| match *column {
            column if column == &columns::ACTION => cells::word(self.action),
            column if column == &columns::UNIQ_ID => number(self.unique),
            column if column == &columns::NS => number(self.namespace),
            _ => Cell::GONE,
        };
        columns.iter().map(cell).collect()
    }
}

/// The output.
pub struct Events<'c> {
    cli: &'c Cli,
    actions: &'c [Action],
    columns: &'c [MountColumn],
    listing: Listing<'static>,
    parts: Parts,
    /// True if an event was written.
    wrote: bool,
    /// The number of mounts that had gone before they could be compared with what is asked for.
    untold: usize,
}

impl<'c> Events<'c> {
    /// No event yet.
    pub fn new(cli: &'c Cli, actions: &'c [Action], columns: &'c [MountColumn]) -> Self {
        Self {
            cli,
            actions,
            columns,
            listing: Listing {
                name: "events",
                columns: headings(columns),
                rows: Vec::new(),
                incomplete: None,
                remarks: Vec::new(),
            },
            parts: Parts::default(),
            wrote: false,
            untold: 0,
        }
    }

    /// True if nothing more is asked for.
    pub fn is_over(&self) -> bool {
        self.cli.which.first_only && self.wrote
    }

    /// Writes the events that are asked for.
    pub fn write(&mut self, events: &[Event<'_, '_>]) -> io::Result<()> {
        let mut selected: HashMap<usize, Vec<bool>> = HashMap::new();
        self.listing.rows.clear();
        for event in events.iter().filter(|event| self.actions.contains(&event.action)) {
            let cells = match event.mount {
                Some((context, index)) => {
                    let selected = selected
                        .entry(std::ptr::from_ref(context).addr())
                        .or_insert_with(|| asked(self.cli, context));
                    if !selected[index] {
                        continue;
                    }
                    let listed = ListedMount {
                        event: Some(Happened {
                            action: event.action,
                            was: event.was,
                            unique: event.unique,
                        }),
                        ..ListedMount::new(context, index, show::format(&self.cli.show))
                    };
                    self.columns.iter().map(|column| (column.cell)(listed)).collect()
                }
                None if self.cli.chooses() => {
                    self.untold += usize::from(event.action == Action::Mount);
                    continue;
                }
                None => event.unknown_cells(self.columns),
            };
            self.listing.rows.push(Row { depth: 0, cells }.into_owned());
        }
        if self.cli.which.first_only {
            self.listing.rows.truncate(1);
        }
        self.write_rows()
    }

    /// Says how many mounts were left out, if any.
    pub fn report(&self) {
        let number = match self.untold {
            0 => return,
            1 => "1 mount".to_owned(),
            number => format!("{number} mounts"),
        };
        let text = format!("{number} had gone before they could be looked at, and some may have matched");
        ns_core::cli::note("ns-mounts", &text);
    }

    fn write_rows(&mut self) -> io::Result<()> {
        if self.listing.rows.is_empty() {
            return Ok(());
        }
        self.wrote = true;
        let style = show::plain_style(&self.cli.show, None);
        let mut out = ns_core::cli::stdout()?;
        self.parts.write(&mut out, &self.listing, style)?;
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
