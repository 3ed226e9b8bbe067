//! The order of records in a tree: each after its parent, one level deeper.

use std::collections::{HashMap, HashSet};

use ns_core::listing::{self, NamespaceColumn};
use ns_core::output::Cell;

use crate::records::Records;

/// The relation of a parent to its child in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The parent owns the child.
    Owner,
    /// The kernel's parent namespace.
    Parent,
    /// The process of the parent is the parent of the child's process.
    Process,
    /// As [`Relation::Process`], and the parent comes first in the list, as in lsns(8).
    EarlierProcess,
}

impl Relation {
    /// The word for the relation, as in the option for trees.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Parent => "parent",
            Self::Process | Self::EarlierProcess => "process",
        }
    }

    /// The columns that show the relation.
    pub fn columns(self) -> [NamespaceColumn; 2] {
        match self {
            Self::Owner => [&listing::NS, &listing::ONS],
            Self::Parent => [&listing::NS, &listing::PNS],
            Self::Process | Self::EarlierProcess => [&listing::PID, &listing::PPID],
        }
    }
}

/// The number of a record, and its depth in the tree.
pub type TreePosition = (usize, usize);

/// The missing ancestors of the records, such as namespaces of other kinds. `find` gives the row for an inode, with the
/// columns of the records.
pub fn missing<'a>(
    records: &Records<'a>,
    relation: Relation,
    find: impl FnMut(u64) -> Option<Vec<Cell<'a>>>,
) -> Vec<Vec<Cell<'a>>> {
    let above: NamespaceColumn = match relation {
        Relation::Owner => &listing::ONS,
        Relation::Parent => &listing::PNS,
        // A process that is not shown is not a namespace.
        Relation::Process | Relation::EarlierProcess => return Vec::new(),
    };
    let mut find = find;
    let mut known: HashSet<u64> = (0..records.len())
        .filter_map(|record| records.number(record, &listing::NS))
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
pub fn flat(records: &Records<'_>) -> Vec<TreePosition> {
    (0..records.len()).map(|record| (record, 0)).collect()
}

/// The records as a tree, in pre-order; siblings in the order of the records.
pub fn tree(records: &Records<'_>, relation: Relation) -> Vec<TreePosition> {
    let [own, parent] = relation.columns();
    // If several records have the same key, such as a process that represents several namespaces, the children follow
    // the last.
    let key = |record| Some((records.number(record, own)?, record));
    let mut by_key: HashMap<u64, usize> = HashMap::new();
    let only_earlier = relation == Relation::EarlierProcess;
    if !only_earlier {
        by_key.extend((0..records.len()).filter_map(key));
    }
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
        if only_earlier {
            by_key.extend(key(record));
        }
    }
    let mut places = Vec::with_capacity(records.len());
    let mut done = vec![false; records.len()];
    // In a saved list, records can be each other's ancestors. They come last, the first of them as a root.
    for root in roots.into_iter().chain(0..records.len()) {
        let mut rest: Vec<TreePosition> = vec![(root, 0)];
        while let Some((record, depth)) = rest.pop() {
            if std::mem::replace(&mut done[record], true) {
                continue;
            }
            places.push((record, depth));
            rest.extend(children[record].iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(parents: &[Option<u64>]) -> Records<'static> {
        let row = |(number, parent): (u64, &Option<u64>)| {
            vec![Cell::Number(number), parent.map_or(Cell::Absent, Cell::Number)]
        };
        let rows = (1..).zip(parents).map(row).collect();
        Records::new(vec![&listing::NS, &listing::ONS], rows)
    }

    #[test]
    fn children_follow_their_parents() {
        let records = records(&[None, Some(1), Some(4), Some(1), Some(9)]);
        assert_eq!(
            tree(&records, Relation::Owner),
            [(0, 0), (1, 1), (3, 1), (2, 2), (4, 0)]
        );
    }

    #[test]
    fn a_namespace_is_below_the_last_one_of_the_parent_that_comes_before_it() {
        // The PID and its parent in each row.
        let pairs = [(20, 1), (1, 0), (20, 1), (1, 0), (21, 1)];
        let row = |(pid, parent)| vec![Cell::Number(pid), Cell::Number(parent)];
        let records = Records::new(
            vec![&listing::PID, &listing::PPID],
            pairs.into_iter().map(row).collect(),
        );
        assert_eq!(
            tree(&records, Relation::EarlierProcess),
            [(0, 0), (1, 0), (2, 1), (3, 0), (4, 1)]
        );
        assert_eq!(
            tree(&records, Relation::Process),
            [(1, 0), (3, 0), (0, 1), (2, 1), (4, 1)]
        );
    }

    #[test]
    fn what_is_its_own_ancestor_is_shown_once() {
        let records = records(&[Some(2), Some(1), Some(2), Some(4)]);
        assert_eq!(tree(&records, Relation::Owner), [(3, 0), (0, 0), (1, 1), (2, 2)]);
    }

    #[test]
    fn missing_ancestors_are_found_up_to_the_top() {
        let all = records(&[None, Some(1), Some(2), Some(3)]);
        let mut some = all.clone();
        some.retain(|_, record| record == 3);
        let missing = missing(&some, Relation::Owner, |inode| all.find(&listing::NS, inode));
        assert_eq!(missing.len(), 3);
    }
}
