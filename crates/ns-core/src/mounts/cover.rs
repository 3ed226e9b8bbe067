//! The mounts that hide other mounts. A path leads to one mount, and another mount can be in its way.

use std::cmp::Ordering;

use super::{Mount, Tree};

/// For each mount of a table, the mount that hides it.
///
/// A mount on the root directory of another mount covers that mount, and everything else that is mounted on it. A mount
/// on a directory covers what is mounted further down on the same mount. Everything on a hidden mount is hidden with
/// it.
#[derive(Clone, Debug)]
pub struct Covers(Vec<Option<usize>>);

impl Covers {
    /// The covers for the mounts of a table and their tree.
    pub fn of(mounts: &[Mount<'_>], tree: &Tree) -> Self {
        let siblings = Siblings::of(mounts, tree);
        // For each mount, the mount that is in the way to its mount point.
        let mut way: Vec<Option<usize>> = vec![None; mounts.len()];
        for node in tree.nodes() {
            let index = node.index;
            way[index] = match tree.parent(index) {
                None => siblings.above[index],
                Some(parent) => match (way[parent], siblings.on_root[parent]) {
                    (Some(cover), _) => Some(cover),
                    (None, Some(top)) if top != index => Some(top),
                    _ => siblings.above[index],
                },
            };
        }
        Self(
            (0..mounts.len())
                .map(|index| way[index].or(siblings.on_root[index]))
                .collect(),
        )
    }

    /// The index of the mount that hides the mount with this index; `None` if its mount point leads to it.
    pub fn by(&self, index: usize) -> Option<usize> {
        self.0[index]
    }
}

/// How the mounts on one mount hide each other.
struct Siblings {
    /// For each mount, the child that is mounted on its root directory.
    on_root: Vec<Option<usize>>,
    /// For each mount, the sibling that is mounted on a directory above its mount point.
    above: Vec<Option<usize>>,
}

impl Siblings {
    fn of(mounts: &[Mount<'_>], tree: &Tree) -> Self {
        let path = |index: usize| mounts[index].target.raw();
        let mut on_root = vec![None; mounts.len()];
        let mut above: Vec<Option<usize>> = vec![None; mounts.len()];
        let mut order: Vec<usize> = (0..mounts.len()).collect();
        // Roots whose parent is not in the table are siblings.
        let family = |index: usize| match tree.parent(index) {
            Some(parent) => (true, mounts[parent].id),
            None => (false, mounts[index].parent),
        };
        // Siblings are ordered so that each is followed by all siblings below it.
        order.sort_by(|left, right| {
            (family(*left).cmp(&family(*right)))
                .then_with(|| compare_paths(path(*left), path(*right)))
                .then_with(|| mounts[*left].id.cmp(&mounts[*right].id))
        });
        let mut top: Option<usize> = None;
        for index in order {
            if let Some(parent) = tree.parent(index)
                && path(parent) == path(index)
            {
                on_root[parent] = Some(index);
                continue;
            }
            match top {
                Some(other) if family(other) != family(index) => top = Some(index),
                Some(other) if path(other) == path(index) => {
                    above[other] = Some(index);
                    top = Some(index);
                }
                Some(other) if is_below(path(index), path(other)) => above[index] = Some(other),
                _ => top = Some(index),
            }
        }
        Self { on_root, above }
    }
}

/// Orders paths so that paths below a directory follow it.
fn compare_paths(left: &[u8], right: &[u8]) -> Ordering {
    let rank = |byte: &u8| if *byte == b'/' { 0 } else { u16::from(*byte) + 1 };
    left.iter().map(rank).cmp(right.iter().map(rank))
}

/// True if the path is below this directory.
pub(super) fn is_below(path: &[u8], directory: &[u8]) -> bool {
    match path.strip_prefix(directory) {
        Some([b'/', ..]) => true,
        Some([_, ..]) => directory.ends_with(b"/"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::MountTable;
    use super::*;

    /// The covers of mounts given as `id parent path`, by their ids.
    fn covers(text: &str) -> Vec<(u64, u64)> {
        let lines = text.split(", ").map(|mount| {
            let words: Vec<_> = mount.split(' ').collect();
            format!(
                "{} {} 0:1 / {} rw - tmpfs none rw\n",
                words[0], words[1], words[2]
            )
        });
        let bytes = lines.collect::<String>();
        let table = MountTable::parse(bytes.as_bytes());
        let mounts = table.mounts();
        let covers = Covers::of(mounts, &Tree::of(mounts));
        let id = |index: usize| mounts[index].id.as_raw();
        (0..mounts.len())
            .filter_map(|index| Some((id(index), id(covers.by(index)?))))
            .collect()
    }

    #[test]
    fn a_mount_covers_the_one_it_stands_on() {
        assert_eq!(covers("1 0 /, 2 1 /a, 3 2 /a, 4 3 /a, 5 1 /b"), [(2, 3), (3, 4)]);
    }

    #[test]
    fn what_else_stands_on_a_covered_mount_is_hidden_with_it() {
        assert_eq!(
            covers("1 0 /, 2 1 /a, 3 2 /a/b, 6 3 /a/b/c, 4 2 /a, 5 4 /a/b"),
            [(2, 4), (3, 4), (6, 4)]
        );
    }

    #[test]
    fn a_directory_covers_what_is_below_it() {
        assert_eq!(
            covers("1 0 /, 2 1 /a/b, 3 2 /a/b/c, 4 1 /a, 5 1 /a.b, 6 1 /ab"),
            [(2, 4), (3, 4)]
        );
    }

    #[test]
    fn roots_on_a_mount_out_of_sight_are_siblings() {
        assert_eq!(covers("2 1 /a/b, 3 1 /a, 4 7 /a/c"), [(2, 3)]);
        assert_eq!(covers("1 1 /, 2 1 /a"), []);
    }

    #[test]
    fn a_root_that_is_mounted_over_hides_everything_before() {
        assert_eq!(covers("1 0 /, 2 1 /a, 3 1 /, 4 3 /a"), [(1, 3), (2, 3)]);
    }
}
