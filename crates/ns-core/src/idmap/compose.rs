//! The map for several requests: the single id first, then the ranges without it.

use super::{IdKind, IdMap, IdRange, MapRequest, Subordinate};
use crate::{Error, Result};

/// The map of the requested ranges and of the single id, if there is one.
///
/// A range skips the single id, and then has all of its ids. A range that maps ids to themselves only leaves the single
/// id out. If a request needs them, `subordinate` gives the caller's block, and `own` the map of the caller's user
/// namespace.
pub fn compose(
    single: Option<IdRange>,
    requests: &[MapRequest],
    subordinate: impl Fn() -> Result<Subordinate>,
    own: impl Fn() -> Result<IdMap>,
) -> Result<IdMap> {
    let mut ranges: Vec<_> = single.into_iter().collect();
    for request in requests {
        match request {
            MapRequest::Range(range) => ranges.extend(around(*range, single)?),
            MapRequest::Auto => {
                let block = subordinate()?;
                ranges.extend(around(IdRange::new(0, block.first, block.count)?, single)?);
            }
            MapRequest::Subordinate => {
                let block = subordinate()?;
                ranges.extend(identity(block.first, block.count, single));
            }
            MapRequest::All => {
                for range in own()?.ranges() {
                    ranges.extend(identity(range.inner, range.count, single));
                }
            }
        }
    }
    IdMap::new(ranges)
}

/// The range without the single id on either side. Inner and outer ids are paired in order. Only the outer id of the
/// single id is missing, and the range ends at a higher inner id.
fn around(range: IdRange, single: Option<IdRange>) -> Result<Vec<IdRange>> {
    let Some(single) = single else {
        return Ok(vec![range]);
    };
    let end = u64::from(range.outer) + u64::from(range.count);
    let (mut inner, mut outer) = (u64::from(range.inner), u64::from(range.outer));
    let (taken_inner, taken_outer) = (u64::from(single.inner), u64::from(single.outer));
    let mut parts = Vec::new();
    while outer < end {
        inner += u64::from(inner == taken_inner);
        if outer == taken_outer {
            outer += 1;
            continue;
        }
        let until = |at: u64, taken: u64| if taken > at { taken - at } else { u64::MAX };
        let count = (end - outer)
            .min(until(inner, taken_inner))
            .min(until(outer, taken_outer));
        parts.push(part(inner, outer, count).ok_or_else(|| {
            let why =
                format!("without the single id {single}, it would go beyond the highest id, 4294967294");
            Error::invalid("id range", range.to_string(), why)
        })?);
        inner += count;
        outer += count;
    }
    Ok(parts)
}

fn part(inner: u64, outer: u64, count: u64) -> Option<IdRange> {
    IdRange::new(
        inner.try_into().ok()?,
        outer.try_into().ok()?,
        count.try_into().ok()?,
    )
    .ok()
}

/// A range of ids that map to themselves, without the two ids of the single mapping.
fn identity(first: u32, count: u32, single: Option<IdRange>) -> Vec<IdRange> {
    let end = u64::from(first) + u64::from(count);
    let mut taken: Vec<_> = single.map_or(Vec::new(), |single| vec![single.inner, single.outer]);
    taken.sort_unstable();
    taken.dedup();
    taken.retain(|id| *id >= first && u64::from(*id) < end);
    let mut parts = Vec::new();
    let mut start = u64::from(first);
    for stop in taken.into_iter().map(u64::from).chain([end]) {
        // There is nothing between two taken ids that are neighbours.
        parts.extend(part(start, start, stop.saturating_sub(start)));
        start = stop + 1;
    }
    parts
}

impl IdKind {
    /// Both, uids first.
    pub const BOTH: [Self; 2] = [Self::User, Self::Group];
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(single: Option<&str>, requests: &[&str]) -> String {
        let requests: Vec<_> = requests.iter().map(|text| text.parse().unwrap()).collect();
        let block = || {
            Ok(Subordinate {
                first: 100_000,
                count: 65_536,
            })
        };
        let own = || IdMap::parse("0 0 4294967295\n");
        match compose(single.map(|text| text.parse().unwrap()), &requests, block, own) {
            Ok(map) => map.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn subordinate_ids_go_on_around_the_callers_own() {
        assert_eq!(map(Some("0:1001:1"), &["auto"]), "0:1001:1, 1:100000:65536");
        assert_eq!(
            map(Some("1001:1001:1"), &["auto"]),
            "1001:1001:1, 0:100000:1001, 1002:101001:64535"
        );
        assert_eq!(
            map(Some("1001:1001:1"), &["subids"]),
            "1001:1001:1, 100000:100000:65536"
        );
        assert_eq!(map(None, &["auto"]), "0:100000:65536");
    }

    #[test]
    fn a_range_loses_no_id_to_the_single_one() {
        assert_eq!(
            map(Some("5:0:1"), &["0:100000:10"]),
            "5:0:1, 0:100000:5, 6:100005:5"
        );
        // Beside it, not around it.
        assert_eq!(map(Some("6:0:1"), &["1:1:5"]), "6:0:1, 1:1:5");
        // Taken on the outer side.
        assert_eq!(map(Some("20:3:1"), &["0:0:6"]), "20:3:1, 0:0:3, 3:4:2");
        // On both sides, at different places.
        assert_eq!(map(Some("1:3:1"), &["0:0:6"]), "1:3:1, 0:0:1, 2:1:2, 4:4:2");
    }

    #[test]
    fn all_ids_as_themselves_leave_out_what_is_taken() {
        assert_eq!(map(None, &["all"]), "0:0:4294967295");
        assert_eq!(map(Some("0:0:1"), &["all"]), "0:0:1, 1:1:4294967294");
        assert_eq!(map(Some("0:5:1"), &["all"]), "0:5:1, 1:1:4, 6:6:4294967289");
    }

    #[test]
    fn what_cannot_be_is_an_error_that_shows_both_ranges() {
        assert_eq!(
            map(None, &["0:0:10", "5:20:1"]),
            "invalid id map \"0:0:10 5:20:1\": these ranges overlap"
        );
        assert!(
            map(Some("5:4294967294:1"), &["1:0:4294967294"]).contains("without the single id 5:4294967294:1")
        );
    }

    proptest! {
        #[test]
        fn no_outer_id_is_lost(inner in 0..50_u32, outer in 0..50_u32, count in 1..50_u32, a in 0..100_u32, b in 0..100_u32) {
            let single = IdRange { inner: a, outer: b, count: 1 };
            let range = IdRange { inner, outer, count };
            let parts = around(range, Some(single)).unwrap();
            let mapped: u32 = parts.iter().map(|part| part.count).sum();
            let taken = u32::from((outer..outer + count).contains(&b));
            prop_assert_eq!(mapped, count - taken);
            prop_assert!(IdMap::new([vec![single], parts].concat()).is_ok());
        }
    }
}
