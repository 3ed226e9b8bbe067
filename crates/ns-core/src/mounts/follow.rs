//! The changes of a table between two readings, with the mounts that came and went meanwhile.

use std::collections::{HashMap, HashSet};

use super::{Attached, MountEvent, MountId, MountTable, Notice, Statuses, events};
use crate::Gathered;

/// The mounts of a table that is watched.
#[derive(Debug, Default)]
pub struct Followed {
    /// The ids in the table, by the ids that are never reused.
    ids: HashMap<u64, MountId>,
    /// Mounts that had gone before they were looked at, and whose unmount has not been reported yet.
    unknown: HashSet<u64>,
}

/// A mount that appeared or disappeared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// True if it appeared.
    pub is_new: bool,
    /// The 64-bit id of the mount.
    pub unique: u64,
    /// The place of its facts.
    pub place: Place,
}

/// The table that has the facts about a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The table before the changes, with this id.
    Before(MountId),
    /// The table after the changes, with this id.
    After(MountId),
    /// The line with this index in the table of the mounts that came and went.
    Passed(usize),
    /// None: the mount had gone before it was looked at.
    Nowhere,
}

/// The changes between two readings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// In the order in which they happened.
    pub changes: Vec<Change>,
    /// The table after the changes. It also has mounts that went before it was read, and whose unmount has not been
    /// reported yet.
    pub after: Vec<u8>,
    /// The lines of mounts that came and went.
    pub passed: Vec<u8>,
    /// Mounts that stayed, by their ids in both tables: their options and mount points may have changed.
    pub stayed: HashSet<MountId>,
    /// True if the kernel had no room for some reports.
    pub lost: bool,
    /// The number of lines in `passed`.
    lines: usize,
}

impl Followed {
    /// Follows these mounts. The caller reads them after the reports began, and before the table.
    pub fn new(statuses: Gathered<Statuses>) -> Self {
        let statuses = statuses.known().unwrap_or_default();
        Self {
            ids: statuses
                .into_iter()
                .map(|(id, status)| (status.unique, id))
                .collect(),
            unknown: HashSet::new(),
        }
    }

    /// The changes that the notices report. `after` is the table, read after the notices.
    pub fn changes(&mut self, notices: Vec<Notice>, after: Vec<u8>) -> Changes {
        let present: HashSet<_> = MountTable::parse(&after)
            .mounts()
            .iter()
            .map(|mount| mount.id)
            .collect();
        let gone: HashSet<_> = notices.iter().filter_map(detached).collect();
        let mut found = Changes {
            after,
            stayed: self
                .ids
                .iter()
                .filter(|(unique, _)| !gone.contains(unique))
                .map(|(_, id)| *id)
                .collect(),
            ..Changes::default()
        };
        let mut passed: HashMap<u64, Place> = HashMap::new();
        for notice in notices {
            let (is_new, unique, place) = match notice {
                Notice::Lost => {
                    found.lost = true;
                    continue;
                }
                // It was in the first table already.
                Notice::Attached(unique, _) if self.ids.contains_key(&unique) => continue,
                Notice::Attached(unique, facts) => {
                    let place = if gone.contains(&unique) {
                        let place = found.pass(facts);
                        passed.extend(place.map(|place| (unique, place)));
                        place
                    } else {
                        self.add(unique, facts, &present, &mut found.after)
                    };
                    (true, unique, place)
                }
                Notice::Detached(unique) => {
                    let place = self.ids.remove(&unique).map(Place::Before);
                    let place = place.or_else(|| passed.remove(&unique));
                    let unknown = self.unknown.remove(&unique).then_some(Place::Nowhere);
                    (false, unique, place.or(unknown))
                }
            };
            found.changes.extend(place.map(|place| Change {
                is_new,
                unique,
                place,
            }));
        }
        found
    }

    /// The changes up to the end of the namespace, which removes every mount. No table can be read any more.
    pub fn end(&mut self, mut notices: Vec<Notice>) -> Changes {
        let gone: HashSet<_> = notices.iter().filter_map(detached).collect();
        let attached = notices.iter().filter_map(|notice| match notice {
            Notice::Attached(unique, _) => Some(*unique),
            Notice::Detached(_) | Notice::Lost => None,
        });
        let mut left: Vec<_> = attached
            .chain(self.ids.keys().copied())
            .chain(self.unknown.iter().copied())
            .collect();
        left.retain(|unique| !gone.contains(unique));
        // The newest goes first, as it may be on an older one.
        left.sort_unstable_by(|one, other| other.cmp(one));
        left.dedup();
        notices.extend(left.into_iter().map(Notice::Detached));
        self.changes(notices, Vec::new())
    }

    /// Follows a new mount.
    fn add(
        &mut self,
        unique: u64,
        facts: Option<Attached>,
        present: &HashSet<MountId>,
        after: &mut Vec<u8>,
    ) -> Option<Place> {
        let Some(Attached { id, line }) = facts else {
            self.unknown.insert(unique);
            return Some(Place::Nowhere);
        };
        if !present.contains(&id) {
            // It went before the table was read. Without a line, it is outside the root directory of the view.
            after.extend(line?);
        }
        self.ids.insert(unique, id);
        Some(Place::After(id))
    }
}

impl Changes {
    /// The place of a mount that came and went; `None` if it was outside the root directory of the view.
    fn pass(&mut self, facts: Option<Attached>) -> Option<Place> {
        let Some(facts) = facts else {
            return Some(Place::Nowhere);
        };
        self.passed.extend(facts.line?);
        self.lines += 1;
        Some(Place::Passed(self.lines - 1))
    }

    /// The changes of options and mount points.
    pub fn of_those_that_stayed<'t, 'a>(
        &self,
        before: &'t MountTable<'a>,
        after: &'t MountTable<'a>,
    ) -> Vec<MountEvent<'t, 'a>> {
        let mut events = events(before, after);
        events.retain(|event| match event {
            MountEvent::Mount(_) | MountEvent::Umount(_) => false,
            MountEvent::Remount(_, mount) | MountEvent::Move(_, mount) => self.stayed.contains(&mount.id),
        });
        events
    }
}

fn detached(notice: &Notice) -> Option<u64> {
    match notice {
        Notice::Detached(unique) => Some(*unique),
        Notice::Attached(..) | Notice::Lost => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /a rw - tmpfs one rw\n";

    fn id(number: u64) -> MountId {
        MountId::new(number)
    }

    fn attached(unique: u64, number: u64) -> Notice {
        let line = format!("{number} 1 0:{number} / /{unique} rw - tmpfs {unique} rw\n").into_bytes();
        let facts = Attached {
            id: id(number),
            line: Some(line),
        };
        Notice::Attached(unique, Some(facts))
    }

    fn change(is_new: bool, unique: u64, place: Place) -> Change {
        Change {
            is_new,
            unique,
            place,
        }
    }

    fn followed() -> Followed {
        Followed {
            ids: [(101, id(1)), (102, id(2))].into(),
            unknown: HashSet::new(),
        }
    }

    #[test]
    fn mounts_that_come_and_go_between_two_readings_are_told() {
        let mut followed = followed();
        let notices = vec![
            Notice::Attached(102, None),
            attached(103, 3),
            Notice::Detached(103),
            Notice::Attached(104, None),
            Notice::Detached(104),
            Notice::Detached(99),
            attached(105, 3),
            Notice::Detached(105),
        ];
        let found = followed.changes(notices, FIRST.into());
        let expected = [
            change(true, 103, Place::Passed(0)),
            change(false, 103, Place::Passed(0)),
            change(true, 104, Place::Nowhere),
            change(false, 104, Place::Nowhere),
            change(true, 105, Place::Passed(1)),
            change(false, 105, Place::Passed(1)),
        ];
        assert_eq!(found.changes, expected);
        assert_eq!((found.after, found.lost), (FIRST.into(), false));
        assert_eq!(MountTable::parse(&found.passed).mounts().len(), 2);
        assert_eq!(found.stayed, [id(1), id(2)].into());
    }

    #[test]
    fn a_report_that_comes_after_the_reading_waits_for_the_next() {
        let mut followed = followed();
        // It has gone when the table is read, and this is not reported yet.
        let found = followed.changes(vec![attached(103, 3), Notice::Attached(104, None)], FIRST.into());
        let new = [
            change(true, 103, Place::After(id(3))),
            change(true, 104, Place::Nowhere),
        ];
        assert_eq!(found.changes, new);
        assert_eq!(MountTable::parse(&found.after).mounts().len(), 3);
        let notices = vec![
            Notice::Detached(103),
            Notice::Detached(104),
            Notice::Detached(102),
            Notice::Lost,
        ];
        let found = followed.changes(notices, FIRST.into());
        let old = [
            change(false, 103, Place::Before(id(3))),
            change(false, 104, Place::Nowhere),
            change(false, 102, Place::Before(id(2))),
        ];
        assert_eq!((&found.changes[..], found.lost), (&old[..], true));
        assert_eq!(found.stayed, [id(1)].into());
    }

    #[test]
    fn every_mount_goes_with_its_namespace() {
        let mut followed = followed();
        let notices = vec![
            attached(103, 3),
            Notice::Attached(104, None),
            Notice::Detached(102),
        ];
        let found = followed.end(notices);
        let expected = [
            change(true, 103, Place::Passed(0)),
            change(true, 104, Place::Nowhere),
            change(false, 102, Place::Before(id(2))),
            change(false, 104, Place::Nowhere),
            change(false, 103, Place::Passed(0)),
            change(false, 101, Place::Before(id(1))),
        ];
        assert_eq!(found.changes, expected);
        assert_eq!((found.after, found.stayed), (Vec::new(), HashSet::new()));
    }

    #[test]
    fn mounts_outside_the_root_directory_are_left_out() {
        let outside = |unique, number| {
            Notice::Attached(
                unique,
                Some(Attached {
                    id: id(number),
                    line: None,
                }),
            )
        };
        let mut followed = followed();
        let notices = vec![
            outside(103, 3),
            outside(104, 4),
            Notice::Detached(104),
            Notice::Detached(103),
        ];
        assert_eq!(followed.changes(notices, FIRST.into()).changes, []);
        // The table of the view has this one, and shows its path there.
        let table = format!("{FIRST}5 1 0:5 / /b rw - tmpfs two rw\n");
        let found = followed.changes(vec![outside(105, 5)], table.into());
        assert_eq!(found.changes, [change(true, 105, Place::After(id(5)))]);
    }
}
