//! Any text as an id map, in the form of the kernel and in that of a person: what is read is written so that it is read as
//! the same, and each id is mapped there and back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::idmap::{IdMap, MapRequest};

fuzz_target!(|text: &str| {
    let _ = text.parse::<MapRequest>();
    let Ok(map) = IdMap::parse(text) else { return };
    assert_eq!(IdMap::parse(&map.contents()), Ok(map.clone()));
    for range in map.ranges() {
        let _ = (map.outer(range.inner), map.inner(range.outer));
        let _ = (
            map.outer(range.inner | range.count),
            map.inner(range.outer | range.count),
        );
    }
    // The kernel shows no ranges that overlap, and all ranges that the reader does not map start with the same id.
    let mapped = map
        .ranges()
        .iter()
        .all(|range| range.outer != u32::MAX && range.count > 0);
    for range in IdMap::new(map.ranges().to_vec())
        .ok()
        .filter(|_| mapped)
        .iter()
        .flat_map(IdMap::ranges)
    {
        assert_eq!(map.outer(range.inner), Some(range.outer));
        assert_eq!(map.inner(range.outer), Some(range.inner));
    }
});
