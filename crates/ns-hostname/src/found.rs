//! Every UTS namespace, wherever it is held, and its names.

use std::collections::HashMap;

use ns_core::inventory::{Entry, Facts, Inventory, Places, Question, gather};
use ns_core::uts::{Names, read_each};
use ns_core::{Gathered, Kind};

/// UTS namespaces with their names.
pub struct Found {
    inventory: Inventory,
    names: HashMap<u64, Gathered<Names>>,
}

/// Finds every UTS namespace, and reads its names.
pub fn find(facts: Facts) -> anyhow::Result<Found> {
    let inventory = gather(&Question {
        kinds: [Kind::Uts].into_iter().collect(),
        // No UTS namespace lives through another namespace, and the kernel lists none.
        places: Places::all() - Places::KIN - Places::KERNEL,
        facts,
        ..Question::default()
    })?;
    let entries: Vec<_> = entries_of(&inventory).collect();
    let names = read_each(&entries, |entry| Ok((inventory.open(entry)?, entry.lowest)))?;
    let inodes = entries.iter().map(|entry| entry.identity.inode);
    let names = inodes.zip(names).collect();
    Ok(Found { inventory, names })
}

/// The UTS namespaces: mount namespaces are found on the way to what is pinned in them.
fn entries_of(inventory: &Inventory) -> impl Iterator<Item = &Entry> {
    inventory.entries().iter().filter(|entry| entry.kind == Kind::Uts)
}

impl Found {
    /// The names that could be read, with the inode and the 64-bit id of each namespace.
    pub fn known(&self) -> impl Iterator<Item = (u64, Option<u64>, Names)> {
        self.entries().filter_map(|entry| {
            let names = self.names(entry).known()?.clone();
            Some((entry.identity.inode, entry.id().known(), names))
        })
    }

    /// What was found, but for the names.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The UTS namespaces.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        entries_of(&self.inventory)
    }

    /// The names in this one.
    pub fn names(&self, entry: &Entry) -> Gathered<&Names> {
        self.names
            .get(&entry.identity.inode)
            .map_or(Gathered::Absent, Gathered::as_ref)
    }

    /// The inodes of the namespaces with each host name.
    pub fn by_host(&self) -> HashMap<&[u8], Vec<u64>> {
        let mut by_host: HashMap<_, Vec<_>> = HashMap::new();
        for entry in self.entries() {
            if let Gathered::Known(names) = self.names(entry) {
                by_host
                    .entry(&*names.host)
                    .or_default()
                    .push(entry.identity.inode);
            }
        }
        by_host
    }

    /// What a list of these cannot say, a sentence each.
    pub fn missing(&self, entries: &[&Entry]) -> Vec<String> {
        let mut missing = Vec::new();
        missing.extend(self.inventory.unread().words());
        for entry in entries {
            let inode = entry.identity.inode;
            match self.names(entry) {
                Gathered::Known(_) => {}
                Gathered::Absent => missing.push(format!("what holds uts:[{inode}] could not be opened")),
                Gathered::Unreadable(errno) => missing.push(format!(
                    "the names in uts:[{inode}] could not be read: {}",
                    errno.desc()
                )),
            }
        }
        missing
    }
}
