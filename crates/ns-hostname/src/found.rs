//! Every UTS namespace in any place, and its names.

use ns_core::inventory::{Entry, Facts, Inventory, Places, Question, gather};
use ns_core::{Gathered, Kind};

/// Finds every UTS namespace, with these facts.
pub fn find(facts: Facts) -> anyhow::Result<Inventory> {
    Ok(gather(&Question {
        kinds: [Kind::Uts].into_iter().collect(),
        places: Places::all(),
        facts: facts | Facts::UTS_NAMES,
        ..Question::default()
    })?)
}

/// The UTS namespaces of an inventory. It also has mount namespaces, because pins are searched in them.
pub fn entries(inventory: &Inventory) -> impl Iterator<Item = &Entry> {
    inventory
        .entries()
        .iter()
        .filter(|entry| entry.kind == Kind::Uts)
        // Its processes ended before it could be entered.
        .filter(|entry| entry.processes == 0 || entry.uts_names != Gathered::Absent)
}
