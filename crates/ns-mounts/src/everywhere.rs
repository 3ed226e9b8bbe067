//! Every mount namespace, however it is kept alive, and its leaders: the processes at the top of its process trees.

use std::collections::HashMap;

use ns_core::busy::{Busy, Subject};
use ns_core::inventory::{Entry, Facts, Holder, Inventory, Places, Question, gather};
use ns_core::listing::{NOT_LOOKED, words};
use ns_core::mounts::{Peers, View};
use ns_core::output::Incomplete;
use ns_core::process::Pid;
use ns_core::{Gathered, Kind, Namespace, Result};
use serde_json::Value;

/// The mount namespaces that were found.
#[derive(Debug)]
pub struct Everywhere {
    inventory: Inventory,
    /// The places to search.
    places: Places,
    tops: HashMap<u64, Gathered<Vec<Pid>>>,
}

/// Finds every mount namespace. With `leaders`, also finds the processes of each.
pub fn find(leaders: bool) -> Result<Everywhere> {
    look(
        Places::all(),
        if leaders { Facts::LEADER } else { Facts::empty() },
    )
}

/// The places with the processes and threads that are in a namespace.
const INSIDE: Places = Places::PROCESSES.union(Places::THREADS);

/// Finds the mount namespaces of processes and threads, and the processes of each.
pub fn of_processes() -> Result<Everywhere> {
    look(INSIDE, Facts::LEADER)
}

fn look(places: Places, facts: Facts) -> Result<Everywhere> {
    let inventory = gather(&Question {
        kinds: [Kind::Mnt].into_iter().collect(),
        places,
        facts,
        ..Question::default()
    })?;
    let tops = inventory.tops(Kind::Mnt);
    Ok(Everywhere {
        inventory,
        places,
        tops,
    })
}

/// The value for JSON if every place that was asked for was searched.
pub fn nothing_left_out() -> (&'static str, Value) {
    (NOT_LOOKED, Value::Array(Vec::new()))
}

impl Everywhere {
    /// Calls `visit` with the mounts of every namespace. Returns how many namespaces could not be read.
    pub fn each_view<E: From<ns_core::Error>>(
        &self,
        visit: impl FnMut(&Entry, &View) -> Result<(), E>,
    ) -> Result<usize, E> {
        self.inventory.each_view(visit)
    }

    /// The view of the namespace with this inode, now. `None` if it has gone, or cannot be read.
    pub fn view_of(&self, inode: u64) -> Option<View> {
        self.inventory.view_of(inode)
    }

    /// Opens a namespace that was found. `None` if it has gone, or the caller may not.
    pub fn open(&self, entry: &Entry) -> Option<Namespace> {
        self.inventory.open(entry).ok()
    }

    /// True if the namespace with this inode was found, even if its mounts cannot be read.
    pub fn has(&self, inode: u64) -> bool {
        self.inventory.entry(inode).is_some()
    }

    /// The peer groups of every namespace, and how many namespaces could not be read.
    pub fn peers(&self) -> Result<(Peers, usize)> {
        self.inventory.peers()
    }

    /// Everything that keeps a mount or a device in use.
    pub fn busy(&self, subject: &Subject) -> Result<Busy> {
        ns_core::busy::find(&self.inventory, subject)
    }

    /// The inode of the caller's own mount namespace.
    pub fn own_namespace(&self) -> u64 {
        self.inventory.own_mount_namespace()
    }

    /// Everything that keeps the namespace with this inode alive, in words.
    pub fn held_by(&self, inode: u64) -> Vec<Vec<u8>> {
        let entry = self.inventory.entry(inode);
        entry.map_or_else(Vec::new, |entry| words(entry, self.own_namespace()))
    }

    /// Everything that the search could not read.
    pub fn incomplete(&self) -> Incomplete {
        self.inventory.incomplete(self.places)
    }

    /// The places that were not searched, with their names in JSON.
    pub fn not_looked(&self) -> (&'static str, Value) {
        // The other places have mount namespaces without a process, which were not asked for.
        if self.places == INSIDE {
            nothing_left_out()
        } else {
            self.inventory.not_looked()
        }
    }

    /// The processes at the top of the process trees in the namespace with this inode, with their names: `4711(nginx)`.
    pub fn leaders(&self, inode: u64) -> Gathered<Vec<Vec<u8>>> {
        let Some(tops) = self.tops.get(&inode) else {
            return Gathered::Known(self.threads(inode));
        };
        tops.as_ref().and_then(|tops| {
            let mut leaders = Vec::new();
            for pid in tops {
                match self.inventory.name_of(*pid) {
                    Gathered::Known(name) => {
                        leaders.push([pid.to_string().as_bytes(), b"(", &name, b")"].concat());
                    }
                    Gathered::Absent => {}
                    state => return state.map(|_| Vec::new()),
                }
            }
            Gathered::Known(leaders)
        })
    }

    /// The threads in a namespace that no process is in, with the process of each: `4711/4712(nginx)`.
    fn threads(&self, inode: u64) -> Vec<Vec<u8>> {
        let holders = self
            .inventory
            .entry(inode)
            .map_or(&[][..], |entry| &entry.holders);
        let name = |holder: &Holder| match holder {
            Holder::Thread { pid, tid } => {
                let name = self.inventory.name_of(*pid).known().unwrap_or_default();
                Some([format!("{pid}/{tid}(").as_bytes(), &name, b")"].concat())
            }
            _ => None,
        };
        holders.iter().filter_map(name).collect()
    }
}
