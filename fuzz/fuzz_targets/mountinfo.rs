//! Any bytes as a table of mounts: it is printed as it was read, and everything that is made of it comes to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::mounts::{
    Covers, DeviceNumbers, MountTable, Peers, Tree, differences, events, merged, parse_stats,
};

fuzz_target!(|bytes: &[u8]| {
    let table = MountTable::parse(bytes);
    assert_eq!(table.print(), bytes);
    let mounts = table.mounts();
    let tree = Tree::of(mounts);
    assert_eq!(tree.nodes().len(), mounts.len());
    let covers = Covers::of(mounts, &tree);
    for (index, mount) in mounts.iter().enumerate() {
        assert_ne!(covers.by(index), Some(index));
        mount.target.decoded();
        mount.source.decoded();
        merged(mount.vfs_options, mount.fs_options);
    }
    let mut peers = Peers::default();
    peers.add(1, &table);
    assert!(differences(mounts, mounts, DeviceNumbers::Comparable).is_empty());
    events(&MountTable::default(), &table);
    let _ = parse_stats(bytes);
});
