//! The order of records in a tree: each after its parent, one deeper.

use std::collections::{HashMap, HashSet};

use ns_core::output::Cell;

use crate::columns::NsColumn;
use crate::records::Records;

/// What makes one namespace the parent of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It owns the other.
    Owner,
    /// It is the parent of the other.
    Parent,
    /// The process in it is the parent of the one in the other.
    Process,
}

impl Relation {
    /// The columns that it is found by.
    pub fn columns(self) -> &'static [NsColumn] {
        match self {
            Self::Owner => &[NsColumn::Ns, NsColumn::Ons],
            Self::Parent => &[NsColumn::Ns, NsColumn::Pns],
            Self::Process => &[NsColumn::Pid, NsColumn::Ppid],
        }
    }
}

/// A record's number, and how deep in the tree it stands.
pub type Place = (usize, usize);

/// The ancestors that records lack: those of namespaces of other kinds, say. `find` gives the row with an inode, with the
/// columns that the records have.
pub fn missing(
    records: &Records,
    relation: Relation,
    find: impl FnMut(u64) -> Option<Vec<Cell<'static>>>,
) -> Vec<Vec<Cell<'static>>> {
    let above = match relation {
        Relation::Owner => NsColumn::Ons,
        Relation::Parent => NsColumn::Pns,
        // A process that is not shown is no namespace.
        Relation::Process => return Vec::new(),
    };
    let mut find = find;
    let mut known: HashSet<u64> = (0..records.len())
        .filter_map(|record| records.number(record, NsColumn::Ns))
        .collect();
    let mut rest: Vec<u64> = (0..records.len())
        .filter_map(|record| records.number(record, above))
        .collect();
    let mut ancestors = Vec::new();
    while let Some(inode) = rest.pop() {
        if !known.insert(inode) {
            continue;
        }
        if let Some(row) = find(inode) {
            let above = records.position(above).map(|position| &row[position]);
            if let Some(Cell::Number(next)) = above {
                rest.push(*next);
            }
            ancestors.push(row);
        }
    }
    ancestors
}

/// The records as a flat list.
pub fn flat(records: &Records) -> Vec<Place> {
    (0..records.len()).map(|record| (record, 0)).collect()
}

/// The records as a tree, in pre-order; siblings in the order of the records.
pub fn tree(records: &Records, relation: Relation) -> Vec<Place> {
    let (own, parent) = match relation {
        Relation::Owner => (NsColumn::Ns, NsColumn::Ons),
        Relation::Parent => (NsColumn::Ns, NsColumn::Pns),
        Relation::Process => (NsColumn::Pid, NsColumn::Ppid),
    };
    // Where several have the same key, as a process that stands for several namespaces, children follow the last.
    let by_key: HashMap<u64, usize> = (0..records.len())
        .filter_map(|record| Some((records.number(record, own)?, record)))
        .collect();
    let mut roots = Vec::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); records.len()];
    for record in 0..records.len() {
        let above = records
            .number(record, parent)
            .filter(|key| records.number(record, own) != Some(*key))
            .and_then(|key| by_key.get(&key));
        match above {
            Some(parent) => children[*parent].push(record),
            None => roots.push(record),
        }
    }
    let mut places = Vec::with_capacity(records.len());
    let mut rest: Vec<Place> = roots.into_iter().rev().map(|root| (root, 0)).collect();
    while let Some((record, depth)) = rest.pop() {
        places.push((record, depth));
        rest.extend(children[record].iter().rev().map(|child| (*child, depth + 1)));
    }
    places
}
