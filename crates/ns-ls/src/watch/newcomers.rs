//! Namespaces of processes that the kernel has reported.

use std::collections::{BTreeSet, HashSet};

use ns_core::cli::note;
use ns_core::inventory::gather_processes;
use ns_core::listing;
use ns_core::output::{Cell, Incomplete};
use ns_core::process::{Pid, Reports};
use ns_core::{Kind, Namespace, Result};

use super::events::{Event, Events};
use super::{Key, Known, keys, rows};
use crate::query::Query;

/// The most times that reports are taken before the namespaces that were found are told.
const ROUNDS: usize = 100;

/// The looks at reported processes, and what they missed.
#[derive(Debug, Default)]
pub struct Newcomers {
    /// New namespaces that have not been told yet, each with a process in it.
    found: Vec<(Kind, Key, Pid)>,
    /// The number of lost reports.
    lost: u64,
    /// The number of processes that had ended before they could be looked at.
    ended: u64,
    /// The number of namespaces that had gone before they could be compared with what is asked for.
    untold: u64,
}

impl Newcomers {
    /// Looks at the reported processes for new namespaces, until there are no more reports. Nothing else is done in between,
    /// because a process may end at any moment.
    pub fn look(&mut self, query: &Query<'_>, reports: &mut Reports, known: &mut Known) -> Result<()> {
        for _ in 0..ROUNDS {
            let reported = reports.read()?;
            self.lost += reported.lost;
            if reported.processes.is_empty() {
                break;
            }
            // The newest have the best chance to be there.
            for pid in reported.processes.iter().rev() {
                let namespaces = namespaces_of(*pid, query);
                self.ended += u64::from(namespaces.is_empty());
                for (kind, key) in namespaces {
                    if known.keys.insert(key) {
                        self.found.push((kind, key, *pid));
                    }
                }
            }
        }
        Ok(())
    }

    /// Tells the namespaces that are asked for.
    pub fn tell(
        &mut self,
        query: &Query<'_>,
        known: &mut Known,
        events: &mut Events<'_>,
    ) -> anyhow::Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut found = std::mem::take(&mut self.found);
        found.sort_unstable_by_key(|(_, (inode, id), _)| (*id, *inode));
        let pids: BTreeSet<Pid> = found.iter().map(|(.., pid)| *pid).collect();
        let pids: Vec<Pid> = pids.into_iter().collect();
        let inventory = gather_processes(&query.question(), &pids)?;
        let there = keys(&inventory);
        let asked = rows(query, &inventory, &mut Incomplete::default())?;
        let chooses = query.cli.filter.is_some() || query.cli.task.is_some() || query.cli.persistent;
        let mut new = Vec::new();
        for (kind, key, _) in found {
            match asked.get(&key) {
                Some(row) => new.push((key, row.clone())),
                // It is not asked for.
                None if there.contains(&key) => {}
                None if chooses => self.untold += 1,
                None => new.push((key, of_ended(query, kind, key))),
            }
        }
        events.write(new.iter().map(|(_, row)| (Event::Appeared, row)))?;
        known.rows.extend(new);
        Ok(())
    }

    /// Says what was missed, if anything was.
    pub fn report(&self) {
        if self.lost > 0 {
            let lost = counted(
                self.lost,
                "report of the kernel was",
                "reports of the kernel were",
            );
            let text = format!("{lost} lost: namespaces that ended soon may be missing");
            note("ns-ls", &text);
        }
        if self.untold > 0 {
            let untold = counted(self.untold, "namespace", "namespaces");
            let text = format!("{untold} ended too soon for a look, and may have matched");
            note("ns-ls", &text);
        }
        if self.ended > 0 {
            let ended = counted(self.ended, "process", "processes");
            let text = format!("{ended} ended too soon for a look: new namespaces may be missing");
            note("ns-ls", &text);
        }
    }
}

/// A number of things, in words.
fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The namespaces of a process of the kinds that are asked for; none if it has ended.
fn namespaces_of(pid: Pid, query: &Query<'_>) -> HashSet<(Kind, Key)> {
    // A kind that cannot be opened is one that this kernel lacks, or that the caller may not see.
    let namespaces = query.kinds.iter().filter_map(|kind| {
        let namespace = Namespace::open(format!("/proc/{pid}/ns/{kind}")).ok()?;
        Some((kind, (namespace.identity().inode, namespace.id().known())))
    });
    namespaces.collect()
}

/// The row of a namespace whose process has ended in the meantime.
fn of_ended(query: &Query<'_>, kind: Kind, (inode, id): Key) -> Vec<Cell<'static>> {
    let cell = |column: &listing::NamespaceColumn| match *column {
        column if column == &listing::NS => inode.into(),
        column if column == &listing::TYPE => Cell::string(&kind),
        column if column == &listing::ID => id.map_or(Cell::GONE, Cell::Number),
        _ => Cell::GONE,
    };
    query.columns.iter().map(cell).collect()
}
