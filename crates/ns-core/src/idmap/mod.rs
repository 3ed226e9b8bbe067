//! Uid and gid maps of user namespaces: what they hold, how a person writes them, and how several become one.

mod compose;
mod request;
mod subordinate;
mod subordinate_line;

pub use compose::compose;
pub use request::MapRequest;
#[cfg(fuzzing)]
pub use subordinate::check_subordinate;
pub use subordinate::{Granted, Subordinate, granted, helper, subordinate};

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// The most ranges that the kernel takes in one map (`user_namespaces(7)`).
const MOST_RANGES: usize = 340;

/// The most bytes of a map that can be written: one page, in one `write(2)`.
const MOST_BYTES: usize = 4096;

/// The id in place of one that the reader's user namespace does not map. The kernel shows it as the start of a whole
/// range.
const UNMAPPED: u32 = u32::MAX;

/// The writer of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapWriter {
    /// The process in the user namespace: its own single id.
    Inside,
    /// A process outside with the capability for it.
    Outside,
    /// `newuidmap(1)` or `newgidmap(1)`, run outside.
    Helper,
}

/// Uids or gids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// User ids: `/proc/PID/uid_map`, `/etc/subuid`, `newuidmap(1)`.
    User,
    /// Group ids: `/proc/PID/gid_map`, `/etc/subgid`, `newgidmap(1)`.
    Group,
}

impl IdKind {
    /// `uid` or `gid`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "uid",
            Self::Group => "gid",
        }
    }

    /// The file in `/proc/PID`.
    pub const fn map_file(self) -> &'static str {
        match self {
            Self::User => "uid_map",
            Self::Group => "gid_map",
        }
    }

    /// The program that writes the map for users who may not.
    pub const fn helper(self) -> &'static str {
        match self {
            Self::User => "newuidmap",
            Self::Group => "newgidmap",
        }
    }

    /// The file with everyone's subordinate ids.
    pub const fn subordinate_file(self) -> &'static str {
        match self {
            Self::User => "/etc/subuid",
            Self::Group => "/etc/subgid",
        }
    }
}

/// Consecutive ids: `count` ids from `inner` on are the ids from `outer` on in the parent user namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdRange {
    /// The first id in the user namespace.
    pub inner: u32,
    /// The first id in its parent.
    pub outer: u32,
    /// How many.
    pub count: u32,
}

impl IdRange {
    /// A range. An error if the range is empty or goes beyond the highest id, 4294967294.
    pub fn new(inner: u32, outer: u32, count: u32) -> Result<Self> {
        let range = Self { inner, outer, count };
        let invalid = |why| Err(Error::invalid("id range", range.to_string(), why));
        // The id 2^32-1 means "no id" to many system calls and is in no map.
        let beyond = |first: u32| u64::from(first) + u64::from(count) > u64::from(u32::MAX);
        if count == 0 {
            return invalid("the count is 0");
        }
        if beyond(inner) || beyond(outer) {
            return invalid("the highest id is 4294967294");
        }
        Ok(range)
    }

    /// The one id `inner` for `outer`.
    pub fn single(inner: u32, outer: u32) -> Result<Self> {
        Self::new(inner, outer, 1)
    }

    fn overlaps(self, other: Self) -> bool {
        let apart = |a: u32, b: u32| {
            u64::from(a) + u64::from(self.count) <= u64::from(b)
                || u64::from(b) + u64::from(other.count) <= u64::from(a)
        };
        !(apart(self.inner, other.inner) && apart(self.outer, other.outer))
    }
}

/// As it is written in an option: `inner:outer:count`.
impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.inner, self.outer, self.count)
    }
}

impl FromStr for IdRange {
    type Err = Error;

    /// Reads `inner:outer:count`, and `outer,inner,count` the older form of unshare(1).
    fn from_str(text: &str) -> Result<Self> {
        let invalid = || {
            Error::invalid(
                "id range",
                text,
                "expected INNER:OUTER:COUNT, three numbers from 0 to 4294967294",
            )
        };
        let numbers = |separator| -> Option<[u32; 3]> {
            let fields: Vec<_> = text.split(separator).map(number).collect::<Option<_>>()?;
            fields.try_into().ok()
        };
        if let Some([inner, outer, count]) = numbers(':') {
            Self::new(inner, outer, count)
        } else {
            let [outer, inner, count] = numbers(',').ok_or_else(invalid)?;
            Self::new(inner, outer, count)
        }
    }
}

/// Digits only: `parse` would take a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// A user-namespace id map: what `/proc/PID/uid_map` holds, at most 340 ranges (`user_namespaces(7)`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IdMap {
    ranges: Vec<IdRange>,
}

impl IdMap {
    /// A map of these ranges. An error if two ranges overlap, or the kernel does not accept so many.
    pub fn new(ranges: Vec<IdRange>) -> Result<Self> {
        for (index, range) in ranges.iter().enumerate() {
            if let Some(other) = ranges[..index].iter().find(|other| other.overlaps(*range)) {
                return Err(Error::invalid(
                    "id map",
                    format!("{other} {range}"),
                    "these ranges overlap",
                ));
            }
        }
        let map = Self { ranges };
        if map.ranges.len() > MOST_RANGES || map.contents().len() > MOST_BYTES {
            let why = format!("the kernel takes at most {MOST_RANGES} ranges in {MOST_BYTES} bytes");
            return Err(Error::invalid(
                "id map",
                format!("of {} ranges", map.ranges.len()),
                why,
            ));
        }
        Ok(map)
    }

    /// Reads a `uid_map` or `gid_map`.
    pub fn parse(text: &str) -> Result<Self> {
        let range = |line: &str| -> Option<IdRange> {
            let fields: Vec<_> = line.split_ascii_whitespace().map(number).collect::<Option<_>>()?;
            let [inner, outer, count] = fields.try_into().ok()?;
            Some(IdRange { inner, outer, count })
        };
        let ranges = text
            .lines()
            .map(|line| {
                range(line).ok_or_else(|| {
                    Error::invalid(
                        "line of an id map",
                        line,
                        "expected three numbers: inner, outer, count",
                    )
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { ranges })
    }

    /// The ranges, in the order in which they were given.
    pub fn ranges(&self) -> &[IdRange] {
        &self.ranges
    }

    /// The text to write to the file.
    pub fn contents(&self) -> String {
        let lines = self
            .ranges
            .iter()
            .map(|range| format!("{} {} {}\n", range.inner, range.outer, range.count));
        lines.collect()
    }

    /// The id in the user namespace for this id of the parent.
    pub fn inner(&self, outer: u32) -> Option<u32> {
        self.ranges
            .iter()
            .filter(|range| range.outer != UNMAPPED)
            .find(|range| outer >= range.outer && outer - range.outer < range.count)
            .and_then(|range| range.inner.checked_add(outer - range.outer))
    }

    /// The id in the parent for this id of the user namespace.
    pub fn outer(&self, inner: u32) -> Option<u32> {
        self.ranges
            .iter()
            .find(|range| inner >= range.inner && inner - range.inner < range.count)
            .filter(|range| range.outer != UNMAPPED)
            .and_then(|range| range.outer.checked_add(inner - range.inner))
    }
}

/// The ranges with a comma and a space between.
impl fmt::Display for IdMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_that_the_reader_does_not_map_has_no_ids_outside() {
        let map = IdMap::parse("0 4294967295 65536\n70000 4294967295 2\n80000 5 1\n").unwrap();
        for inner in [0, 1, 65535, 70000, 70001] {
            assert_eq!(map.outer(inner), None, "{inner}");
        }
        assert_eq!((map.inner(u32::MAX), map.inner(0)), (None, None));
        assert_eq!((map.outer(80000), map.inner(5)), (Some(5), Some(80000)));
        // No id is beyond the last.
        assert_eq!(IdMap::parse("0 4294967290 100").unwrap().outer(50), None);
    }

    #[test]
    fn a_range_is_written_in_two_ways() {
        let range = IdRange {
            inner: 0,
            outer: 1000,
            count: 5,
        };
        assert_eq!("0:1000:5".parse(), Ok(range));
        assert_eq!("1000,0,5".parse(), Ok(range));
        for text in [
            "",
            "0:1000",
            "0:1000:5:6",
            "0,1000:5",
            "a:b:c",
            "0:1000:0",
            "-1:0:1",
            "+1:0:1",
            "0:0:1K",
        ] {
            assert!(text.parse::<IdRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_id_is_in_no_range() {
        assert!("0:0:4294967295".parse::<IdRange>().is_ok());
        assert!("4294967294:0:1".parse::<IdRange>().is_ok());
        for text in [
            "4294967295:0:1",
            "1:0:4294967295",
            "0:4294967290:6",
            "0:0:4294967296",
        ] {
            assert!(text.parse::<IdRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_overlap_is_shown_with_both_its_ranges() {
        let ranges = ["0:1000:5", "4:2000:5"].map(|text| text.parse().unwrap());
        assert_eq!(
            IdMap::new(ranges.into()).unwrap_err().to_string(),
            "invalid id map \"0:1000:5 4:2000:5\": these ranges overlap"
        );
    }

    #[test]
    fn an_id_is_found_from_outside() {
        let map =
            IdMap::parse("         0       1000          1\n         1     100000      65536\n").unwrap();
        assert_eq!(map.inner(1000), Some(0));
        assert_eq!(map.inner(100_009), Some(10));
        assert_eq!(map.outer(10), Some(100_009));
        assert_eq!(map.inner(0), None);
        assert_eq!(map.inner(165_536), None);
    }

    #[test]
    fn the_initial_map_can_be_read() {
        let map = IdMap::parse("         0          0 4294967295\n").unwrap();
        assert_eq!(map.inner(7), Some(7));
        assert!(IdMap::parse("0 0\n").is_err());
    }

    proptest! {
        #[test]
        fn a_map_reads_as_it_is_written(inner in 0..u32::MAX, outer in 0..u32::MAX, count in 1..=u32::MAX) {
            if let Ok(range) = IdRange::new(inner, outer, count) {
                let map = IdMap::new(vec![range]).unwrap();
                prop_assert_eq!(IdMap::parse(&map.contents()), Ok(map));
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }

        #[test]
        fn reading_never_panics(text in "[0-9 :,\\n-]{0,40}") {
            let _ = IdMap::parse(&text);
            let _ = text.parse::<IdRange>();
        }
    }
}
