//! `--watch`: changes of the mounts of a namespace, one event on each line.

use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::cli::CompatName;
use ns_core::mounts::{Changes, Followed, Notices, Place, View, events};
use ns_core::process::{Process, Woken};
use ns_core::{Gathered, Kind, Namespace};

use crate::action::Action;
use crate::cli::{Cli, usage};
use crate::columns;
use crate::context::{Shared, TableContext};
use crate::events::{Event, Events};
use crate::{show, tables};

/// Reports changes until the time is up, the watched process has ended, or the output is closed. With --first-only, the
/// first change ends the watch.
///
/// Watching a namespace keeps it alive, with everything that is mounted in it.
pub fn watch(cli: &Cli, actions: &[Action]) -> anyhow::Result<ExitCode> {
    let (view, namespace, process) = match &cli.whose.tasks[..] {
        [] => (View::own()?, Namespace::own(Kind::Mnt), None),
        [task] => {
            let opened = task.open()?;
            let namespace = opened.namespace(Kind::Mnt);
            (tables::view_of(&opened)?, namespace, opened.into_process().ok())
        }
        _ => return Err(usage("--watch watches one namespace: give --task once")),
    };
    let columns = show::columns(cli, columns::EVENTS)?;
    let end = cli
        .ask
        .timeout
        .flatten()
        .and_then(|time| Instant::now().checked_add(Duration::from_millis(time)));
    // Under the name findmnt, the tables are compared, as findmnt(8) does.
    let is_compat = CompatName::current().is_some();
    let namespace = namespace.ok().filter(|_| !is_compat);
    let notices = namespace.and_then(|namespace| Notices::of(&view, &namespace));
    if notices.is_none() && !is_compat {
        note(
            "changes in quick succession may be one event: only root on Linux 6.15 or newer is told of each mount",
        );
    }
    let mut watch = Watch {
        shared: Shared::default(),
        followed: Followed::new(notices.as_ref().map_or(Gathered::NotAsked, |_| view.statuses())),
        before: view.read()?,
        view,
        notices,
        events: Events::new(cli, actions, &columns),
    };
    watch.run(process.as_ref(), end)?;
    watch.events.report();
    Ok(ExitCode::SUCCESS)
}

/// The state of a watch.
struct Watch<'c> {
    view: View,
    /// The reports of the kernel; `None` if it has none, and the table is compared.
    notices: Option<Notices>,
    followed: Followed,
    before: Vec<u8>,
    shared: Shared,
    events: Events<'c>,
}

impl Watch<'_> {
    fn run(&mut self, process: Option<&Process>, end: Option<Instant>) -> anyhow::Result<()> {
        let stdout = std::io::stdout();
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let woken = self
                .view
                .wait(left, process, stdout.as_fd(), self.notices.as_ref())?;
            if woken != Woken::Changed {
                return Ok(());
            }
            let notices = self.notices.as_ref().map(Notices::take).transpose()?;
            let after = self.view.read()?;
            self.before = match notices {
                None => {
                    self.compare(&after)?;
                    after
                }
                Some(notices) => {
                    let changes = self.followed.changes(notices, after);
                    self.tell(&changes)?;
                    changes.after
                }
            };
            if self.events.is_over() {
                return Ok(());
            }
        }
    }

    /// Tells what differs between two readings of the table.
    fn compare(&mut self, after: &[u8]) -> anyhow::Result<()> {
        let old = past(&self.before, &self.view, &self.shared);
        let new = TableContext::of(after, self.view.name(), Some(&self.view), &self.shared);
        let changes = events(&old.table, &new.table);
        let events = changes.iter().map(|change| Event::of_tables(change, &old, &new));
        Ok(self.events.write(&events.collect::<Vec<_>>())?)
    }

    /// Tells what the kernel has reported.
    fn tell(&mut self, changes: &Changes) -> anyhow::Result<()> {
        if changes.lost {
            note("some events were lost: the kernel's queue was full (fs.fanotify.max_queued_events)");
            self.followed = Followed::new(self.view.statuses());
            return self.compare(&changes.after);
        }
        let old = past(&self.before, &self.view, &self.shared);
        let passed = past(&changes.passed, &self.view, &self.shared);
        let new = TableContext::of(&changes.after, self.view.name(), Some(&self.view), &self.shared);
        let mut events = Vec::new();
        for change in &changes.changes {
            let action = if change.is_new {
                Action::Mount
            } else {
                Action::Umount
            };
            let (context, mount) = match change.place {
                Place::Before(id) => (&old, old.table.mounts().iter().rposition(|mount| mount.id == id)),
                Place::After(id) => (&new, new.table.mounts().iter().rposition(|mount| mount.id == id)),
                Place::Passed(index) => (&passed, Some(index)),
                Place::Nowhere => {
                    events.push(Event::of_unknown(action, change.unique));
                    continue;
                }
            };
            // A mount that was removed while the watch began is in no table.
            events.extend(mount.map(|index| Event::of_one(action, context, index, change.unique)));
        }
        let stayed = changes.of_those_that_stayed(&old.table, &new.table);
        events.extend(stayed.iter().map(|change| Event::of_tables(change, &old, &new)));
        Ok(self.events.write(&events)?)
    }
}

/// A table of mounts that may have gone.
fn past<'a>(bytes: &'a [u8], view: &'a View, shared: &'a Shared) -> TableContext<'a> {
    let mut context = TableContext::of(bytes, view.name(), Some(view), shared);
    context.is_past = true;
    context
}

fn note(text: &str) {
    ns_core::cli::note("ns-mounts", text);
}
