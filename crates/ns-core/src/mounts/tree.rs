//! The tree of mounts, built in linear time even from an odd table.

use std::collections::HashMap;

use super::{Mount, MountId};

/// The place of a mount in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its index in the table.
    pub index: usize,
    /// 0 for a root.
    pub depth: usize,
}

/// The mounts of a table in pre-order: each is followed by those that are mounted on it, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    parents: Vec<Option<usize>>,
    loops: Vec<MountId>,
}

impl Tree {
    /// The tree of these mounts. A mount is a root if its parent is itself or is not there.
    ///
    /// No kernel writes mounts that are each other's parents. Such a loop is broken at one of its mounts.
    pub fn of(mounts: &[Mount<'_>]) -> Self {
        let mut by_id = HashMap::with_capacity(mounts.len());
        for (index, mount) in mounts.iter().enumerate() {
            by_id.entry(mount.id).or_insert(index);
        }
        let parents: Vec<Option<usize>> = mounts
            .iter()
            .enumerate()
            .map(|(index, mount)| {
                by_id
                    .get(&mount.parent)
                    .copied()
                    .filter(|parent| *parent != index)
            })
            .collect();
        Self::with_parents(mounts, parents)
    }

    /// The tree in which mounts on a mount that is `left_out` stand where it stands.
    #[must_use]
    pub fn passing_over(&self, mounts: &[Mount<'_>], left_out: impl Fn(usize) -> bool) -> Self {
        let above = |index: &usize| self.parents[*index];
        let parents = (0..mounts.len()).map(|index| {
            let mut ancestors = std::iter::successors(above(&index), above);
            ancestors.find(|index| !left_out(*index))
        });
        Self::with_parents(mounts, parents.collect())
    }

    fn with_parents(mounts: &[Mount<'_>], parents: Vec<Option<usize>>) -> Self {
        let children = Children::of(mounts, &parents);
        let mut tree = Self {
            nodes: Vec::with_capacity(mounts.len()),
            parents,
            loops: Vec::new(),
        };
        let mut seen = vec![false; mounts.len()];
        let mut roots: Vec<usize> = (0..mounts.len())
            .filter(|index| tree.parents[*index].is_none())
            .collect();
        // The root of the namespace comes first, before other roots.
        if let Some(first) = (0..roots.len()).min_by_key(|root| mounts[roots[*root]].parent) {
            roots[..=first].rotate_right(1);
        }
        for root in roots {
            tree.descend(root, &children, &mut seen);
        }
        let mut passed = vec![false; mounts.len()];
        for index in 0..mounts.len() {
            if !seen[index] {
                // A mount that no root leads to is below a loop.
                let root = tree.in_loop_above(index, &mut passed);
                tree.parents[root] = None;
                tree.loops.push(mounts[root].id);
                tree.descend(root, &children, &mut seen);
            }
        }
        tree
    }

    /// The first mount that is met twice on the way up.
    fn in_loop_above(&self, mut index: usize, passed: &mut [bool]) -> usize {
        while !std::mem::replace(&mut passed[index], true) {
            match self.parents[index] {
                Some(parent) => index = parent,
                None => break,
            }
        }
        index
    }

    /// Adds a root and everything on it. It uses a list instead of recursion, because mounts can be nested to any
    /// depth.
    fn descend(&mut self, root: usize, children: &Children, seen: &mut [bool]) {
        let mut waiting = vec![Node {
            index: root,
            depth: 0,
        }];
        while let Some(node) = waiting.pop() {
            if std::mem::replace(&mut seen[node.index], true) {
                continue;
            }
            self.nodes.push(node);
            let depth = node.depth + 1;
            waiting.extend(
                children
                    .of_parent(node.index)
                    .iter()
                    .rev()
                    .map(|index| Node { index: *index, depth }),
            );
        }
    }

    /// The mounts in pre-order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The index of the parent of the mount with this index; `None` for a root.
    pub fn parent(&self, index: usize) -> Option<usize> {
        self.parents[index]
    }

    /// The mounts that were made roots because they are their own ancestors.
    pub fn loops(&self) -> &[MountId] {
        &self.loops
    }
}

/// The children of every mount in one list.
struct Children {
    /// The index in `all` of the first child of each mount; one more entry marks the end.
    starts: Vec<usize>,
    all: Vec<usize>,
}

impl Children {
    fn of(mounts: &[Mount<'_>], parents: &[Option<usize>]) -> Self {
        let mut starts = vec![0; mounts.len() + 1];
        for parent in parents.iter().flatten() {
            starts[parent + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut all = vec![0; *starts.last().unwrap_or(&0)];
        for (index, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                all[next[*parent]] = index;
                next[*parent] += 1;
            }
        }
        for bounds in starts.windows(2) {
            let siblings = &mut all[bounds[0]..bounds[1]];
            // The kernel's tables are nearly in this order.
            siblings.sort_by_key(|index| mounts[*index].id);
        }
        Self { starts, all }
    }

    fn of_parent(&self, index: usize) -> &[usize] {
        &self.all[self.starts[index]..self.starts[index + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::super::MountTable;
    use super::*;

    /// The tree of mounts given as `id parent`, as `id depth`.
    fn tree(pairs: &[(u64, u64)]) -> (Vec<(u64, usize)>, Vec<u64>) {
        let lines: Vec<_> = pairs
            .iter()
            .map(|(id, parent)| format!("{id} {parent} 0:1 / /{id} rw - tmpfs none rw\n"))
            .collect();
        let bytes = lines.concat();
        let table = MountTable::parse(bytes.as_bytes());
        let tree = Tree::of(table.mounts());
        let nodes = tree.nodes().iter();
        (
            nodes
                .map(|node| (table.mounts()[node.index].id.as_raw(), node.depth))
                .collect(),
            tree.loops().iter().map(|id| id.as_raw()).collect(),
        )
    }

    #[test]
    fn children_follow_their_parent_by_their_ids() {
        assert_eq!(
            tree(&[(5, 2), (3, 2), (2, 1), (4, 3)]).0,
            [(2, 0), (3, 1), (4, 2), (5, 1)]
        );
    }

    #[test]
    fn the_root_of_the_namespace_comes_first() {
        assert_eq!(tree(&[(9, 8), (3, 2), (2, 2)]).0, [(2, 0), (3, 1), (9, 0)]);
    }

    #[test]
    fn a_loop_is_broken_and_said() {
        assert_eq!(
            tree(&[(1, 1), (5, 6), (6, 7), (7, 6)]),
            (vec![(1, 0), (6, 0), (5, 1), (7, 1)], vec![6])
        );
    }

    #[test]
    fn an_id_that_comes_twice_loses_no_mount() {
        assert_eq!(tree(&[(1, 1), (2, 1), (2, 1), (3, 2)]).0.len(), 4);
        assert_eq!(tree(&[]), (vec![], vec![]));
    }

    #[test]
    fn mounts_may_stand_on_each_other_as_deep_as_one_likes() {
        let pairs: Vec<_> = (1..100_000).map(|id| (id + 1, id)).collect();
        assert_eq!(tree(&pairs).0.last(), Some(&(100_000, 99_998)));
    }
}
