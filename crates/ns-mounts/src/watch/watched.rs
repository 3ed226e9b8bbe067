//! A table of mounts that is watched: what differs from the last reading, and what the kernel reported meanwhile.

use ns_core::Gathered;
use ns_core::mounts::{Change, Changes, Followed, Notice, Notices, Place, View, events};

use super::note;
use crate::action::Action;
use crate::context::{Ended, Shared, TableContext};
use crate::events::{Event, Events};

/// The place that tables are read from, and that events are told of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The owner of the table, in a phrase.
    pub name: &'a str,
    /// The view that the table is of.
    pub view: Option<&'a View>,
    /// The namespace that the table was of, if there is no view because it may have ended.
    pub ended: Option<&'a Ended>,
    /// The inode of the namespace, if all namespaces are watched.
    pub namespace: Option<u64>,
    /// The data that was looked up for all tables.
    pub shared: &'a Shared,
}

impl<'a> Scene<'a> {
    /// The place of a view. `namespace` is its inode, if all namespaces are watched.
    pub fn of(view: &'a View, namespace: Option<u64>, shared: &'a Shared) -> Self {
        Self {
            name: view.name(),
            view: Some(view),
            ended: None,
            namespace,
            shared,
        }
    }

    /// A table as it is now.
    fn now(&self, bytes: &'a [u8]) -> TableContext<'a> {
        let mut context = TableContext::of(bytes, self.name, self.view, self.shared);
        context.one_of_all = self.namespace.is_some();
        context.ended = self.ended;
        context
    }

    /// A table of mounts that may have gone.
    fn past(&self, bytes: &'a [u8]) -> TableContext<'a> {
        let mut context = self.now(bytes);
        context.is_past = true;
        context
    }
}

/// The state of a watched table.
pub struct Watched {
    /// The reports of the kernel; `None` if it has none, and the table is compared.
    notices: Option<Notices>,
    followed: Followed,
    before: Vec<u8>,
    /// Reports that were taken from the queue, and not told yet.
    taken: Vec<Notice>,
}

impl Watched {
    /// Starts to watch the table of this view. The reports have begun before.
    pub fn start(view: &View, notices: Option<Notices>) -> ns_core::Result<Self> {
        Ok(Self {
            followed: Followed::new(notices.as_ref().map_or(Gathered::NotAsked, |_| view.statuses())),
            before: view.read()?,
            notices,
            taken: Vec::new(),
        })
    }

    /// The reports of the kernel; `None` if the table is compared.
    pub fn notices(&self) -> Option<&Notices> {
        self.notices.as_ref()
    }

    /// Takes the reports of the kernel. Returns true if there are any to tell.
    pub fn take(&mut self) -> ns_core::Result<bool> {
        if let Some(notices) = &self.notices {
            self.taken.extend(notices.take()?);
        }
        Ok(!self.taken.is_empty())
    }

    /// Tells all mounts of a table that has just appeared.
    pub fn tell_all(&self, scene: Scene<'_>, told: &mut Events<'_>) -> anyhow::Result<()> {
        compare(scene, &[], &self.before, told)
    }

    /// Reads the table of the view again, and tells what has changed.
    pub fn look(&mut self, view: &View, scene: Scene<'_>, told: &mut Events<'_>) -> anyhow::Result<()> {
        // A mount that is in the table, and not reported yet, is told with its report.
        self.take()?;
        let after = view.read()?;
        if self.notices.is_none() {
            compare(scene, &self.before, &after, told)?;
            self.before = after;
            return Ok(());
        }
        let changes = self.followed.changes(std::mem::take(&mut self.taken), after);
        if changes.lost {
            report_loss(scene);
            self.followed = Followed::new(view.statuses());
            compare(scene, &self.before, &changes.after, told)?;
        } else {
            self.tell(&changes, scene, told)?;
        }
        self.before = changes.after;
        Ok(())
    }

    /// Tells what has changed up to the end of the namespace.
    pub fn end(mut self, scene: Scene<'_>, told: &mut Events<'_>) -> anyhow::Result<()> {
        self.take()?;
        if self.notices.is_none() {
            return compare(scene, &self.before, &[], told);
        }
        let changes = self.followed.end(std::mem::take(&mut self.taken));
        if changes.lost {
            report_loss(scene);
            return compare(scene, &self.before, &[], told);
        }
        self.tell(&changes, scene, told)
    }

    /// Tells what the kernel has reported.
    fn tell(&self, changes: &Changes, scene: Scene<'_>, told: &mut Events<'_>) -> anyhow::Result<()> {
        let (old, passed) = (scene.past(&self.before), scene.past(&changes.passed));
        let new = scene.now(&changes.after);
        let event = |change: &Change| {
            let action = if change.is_new {
                Action::Mount
            } else {
                Action::Umount
            };
            let index_in = |context: &TableContext<'_>, id| {
                let mounts = context.table.mounts();
                mounts.iter().rposition(|mount| mount.id == id)
            };
            let (context, mount) = match change.place {
                Place::Before(id) => (&old, index_in(&old, id)),
                Place::After(id) => (&new, index_in(&new, id)),
                Place::Passed(index) => (&passed, Some(index)),
                Place::Nowhere => return Some(Event::of_unknown(action, change.unique, scene.namespace)),
            };
            // A mount that was removed while the watch began is in no table.
            mount.map(|index| Event::of_one(action, context, index, change.unique))
        };
        let mut events: Vec<_> = changes.changes.iter().filter_map(event).collect();
        let stayed = changes.of_those_that_stayed(&old.table, &new.table);
        events.extend(stayed.iter().map(|change| Event::of_tables(change, &old, &new)));
        Ok(told.write(&events)?)
    }
}

/// Tells what differs between two readings of the table.
fn compare(scene: Scene<'_>, before: &[u8], after: &[u8], told: &mut Events<'_>) -> anyhow::Result<()> {
    let (old, new) = (scene.past(before), scene.now(after));
    let changes = events(&old.table, &new.table);
    let events = changes.iter().map(|change| Event::of_tables(change, &old, &new));
    Ok(told.write(&events.collect::<Vec<_>>())?)
}

fn report_loss(scene: Scene<'_>) {
    let whose = scene
        .namespace
        .map_or_else(String::new, |inode| format!(" of mnt:[{inode}]"));
    note(&format!(
        "some events{whose} were lost: the kernel's queue was full (fs.fanotify.max_queued_events)"
    ));
}
