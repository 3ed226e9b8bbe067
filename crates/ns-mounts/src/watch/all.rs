//! `--watch --all-namespaces`: the changes of what `--all-namespaces` lists.
//!
//! Nothing of a namespace is kept open between two looks: a watch that held a namespace would keep it alive, with the
//! devices that are mounted there. The kernel's reports do not hold it. The kernel reports no new namespace, and no
//! change of options, so the list is read again from time to time.

use std::collections::{BTreeMap, HashSet};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::Gathered;
use ns_core::cli::{CompatName, conclude_listing};
use ns_core::inventory::Entry;
use ns_core::mounts::{Notices, View};
use ns_core::process::Woken;

use super::watched::{Scene, Watched};
use super::{COMPARED, note};
use crate::action::Action;
use crate::cli::Cli;
use crate::columns::{self, Needs};
use crate::context::{Ended, Shared};
use crate::events::Events;
use crate::{everywhere, show};

/// The shortest time between two looks at all namespaces. It is longer if a look takes longer.
const PAUSE: Duration = Duration::from_secs(1);

/// The inode of a namespace and, because inodes are reused, its id.
type Key = (u64, Option<u64>);

/// Reports changes until the time is up, or the output is closed. With --first-only, the first change ends the watch.
pub fn watch(cli: &Cli, actions: &[Action], end: Option<Instant>) -> anyhow::Result<ExitCode> {
    let columns = show::columns(cli, columns::EVENTS_EVERYWHERE)?;
    let mut watch = All {
        leaders: show::asks_for(cli, &columns, Needs::Processes),
        tables: BTreeMap::new(),
        shared: Shared::default(),
        events: Events::new(cli, actions, &columns),
        next: Instant::now(),
        is_first: true,
    };
    watch.look_around()?;
    // This is noted once, because it changes with every process that starts or ends.
    let status = conclude_listing("ns-mounts", &watch.shared.incomplete.borrow(), cli.whose.strict);
    watch.say_how();
    watch.run(end)?;
    watch.events.report();
    Ok(status)
}

/// The watched table of a namespace.
struct Table {
    watched: Watched,
    /// The namespace as it is shown after its end.
    last: Ended,
}

struct All<'c> {
    leaders: bool,
    tables: BTreeMap<Key, Table>,
    /// The result of the last look.
    shared: Shared,
    events: Events<'c>,
    /// The time of the next look at all namespaces.
    next: Instant,
    is_first: bool,
}

impl All<'_> {
    fn run(&mut self, end: Option<Instant>) -> anyhow::Result<()> {
        let stdout = std::io::stdout();
        while !self.events.is_over() {
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return Ok(());
            }
            let until = end.map_or(self.next, |end| end.min(self.next));
            let all = self.tables.values().filter_map(|table| table.watched.notices());
            match Notices::await_any(all, stdout.as_fd(), until.saturating_duration_since(now))? {
                Woken::Changed => self.take_reports()?,
                Woken::TimeUp => {}
                Woken::Ended | Woken::Unread => return Ok(()),
            }
            if !self.events.is_over() && self.next <= Instant::now() {
                self.look_around()?;
            }
        }
        Ok(())
    }

    /// Tells what the kernel has reported.
    fn take_reports(&mut self) -> anyhow::Result<()> {
        for ((inode, id), table) in &mut self.tables {
            if self.events.is_over() || !table.watched.take()? {
                continue;
            }
            let everywhere = self.shared.everywhere.as_ref();
            let view = everywhere.and_then(|everywhere| everywhere.view_of(*inode));
            match view.filter(|view| view.id().known() == *id) {
                Some(view) => {
                    let scene = Scene::of(&view, Some(*inode), &self.shared);
                    table.watched.look(&view, scene, &mut self.events)?;
                }
                // It has probably ended, which a look shows.
                None => self.next = Instant::now(),
            }
        }
        Ok(())
    }

    /// Finds all namespaces, and tells what has changed in each.
    fn look_around(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let found = everywhere::find(self.leaders)?;
        let mut shared = Shared::default();
        shared.incomplete = found.incomplete().into();
        shared.everywhere = Some(found);
        let (mut seen, mut failed) = (HashSet::new(), 0);
        let everywhere = shared.everywhere.as_ref().expect("it was just set");
        let closed = everywhere.each_view::<anyhow::Error>(|entry, view| {
            seen.insert((entry.identity.inode, view.id().known()));
            failed += usize::from(!self.look_at(entry, view, &shared)?);
            Ok(())
        })?;
        shared.incomplete.borrow_mut().unread.mounts = closed + failed;
        self.tell_ended(&shared, |key| {
            let is_reused = || seen.iter().any(|(inode, _)| *inode == key.0);
            // If it was not seen, its mounts may be unreadable at this moment.
            seen.contains(key) || (everywhere.has(key.0) && !is_reused())
        })?;
        self.shared = shared;
        self.is_first = false;
        self.next = Instant::now() + PAUSE.max(began.elapsed());
        Ok(())
    }

    /// Tells what has changed in a namespace. Returns false if its mounts cannot be read.
    fn look_at(&mut self, entry: &Entry, view: &View, shared: &Shared) -> anyhow::Result<bool> {
        let inode = entry.identity.inode;
        let key = (inode, view.id().known());
        let scene = Scene::of(view, Some(inode), shared);
        let everywhere = shared.everywhere.as_ref().filter(|_| !self.events.is_over());
        let Some(everywhere) = everywhere else {
            return Ok(true);
        };
        let leaders = self.leaders.then(|| everywhere.leaders(inode));
        let leaders = leaders.and_then(Gathered::known).unwrap_or_default();
        if let Some(table) = self.tables.get_mut(&key) {
            // A namespace can outlive its processes for a moment.
            if !leaders.is_empty() {
                table.last.leaders = leaders;
            }
            table.watched.look(view, scene, &mut self.events)?;
            return Ok(true);
        }
        let is_compat = CompatName::current().is_some();
        let namespace = everywhere.open(entry).filter(|_| !is_compat);
        let notices = namespace.and_then(|namespace| Notices::of(view, &namespace));
        let Ok(watched) = Watched::start(view, notices) else {
            return Ok(false);
        };
        if !self.is_first {
            watched.tell_all(scene, &mut self.events)?;
        }
        let last = Ended { inode, leaders };
        self.tables.insert(key, Table { watched, last });
        Ok(true)
    }

    /// Tells what was mounted in the namespaces for which `is_there` is false.
    fn tell_ended(&mut self, shared: &Shared, is_there: impl Fn(&Key) -> bool) -> anyhow::Result<()> {
        let ended: Vec<_> = self.tables.keys().filter(|key| !is_there(key)).copied().collect();
        for key in ended {
            let Some(Table { watched, last }) = self.tables.remove(&key) else {
                continue;
            };
            if self.events.is_over() {
                break;
            }
            let scene = Scene {
                name: &format!("mnt:[{}]", last.inode),
                view: None,
                ended: Some(&last),
                namespace: Some(last.inode),
                shared,
            };
            watched.end(scene, &mut self.events)?;
        }
        Ok(())
    }

    /// Says where the events come from.
    fn say_how(&self) {
        let all = self.tables.len();
        let reported = self.tables.values().filter_map(|table| table.watched.notices());
        let reported = reported.count();
        let namespaces = if all == 1 {
            "mount namespace"
        } else {
            "mount namespaces"
        };
        note(&match reported {
            0 => COMPARED.to_owned(),
            _ if reported == all => {
                format!("watching {all} {namespaces}; the kernel reports each mount and unmount")
            }
            _ => format!(
                "watching {all} {namespaces}; the kernel reports each mount and unmount in {reported} of them, and in the \
                 others, changes in quick succession may be one event"
            ),
        });
    }
}
