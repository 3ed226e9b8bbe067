//! The parser of mountinfo over whole tables: every fixture is printed as it was read, and says what it should.

use std::collections::HashMap;
use std::path::PathBuf;

use ns_core::mounts::{Covers, Mount, MountTable, PeerGroup, Tree, merged};

fn directory() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "mountinfo"]
        .iter()
        .collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(directory().join(name)).expect("the fixture is there")
}

/// The mounts of a table by their mount points; of several the last.
fn by_target<'a>(table: &MountTable<'a>) -> HashMap<Vec<u8>, Mount<'a>> {
    let mounts = table.mounts().iter();
    mounts
        .map(|mount| (mount.target.decoded().into_owned(), *mount))
        .collect()
}

#[test]
fn every_fixture_is_printed_as_it_was_read() {
    let mut seen = 0;
    for entry in std::fs::read_dir(directory()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let table = MountTable::parse(&bytes);
        assert_eq!(table.print(), bytes, "{}", path.display());
        let tree = Tree::of(table.mounts());
        assert_eq!(tree.nodes().len(), table.mounts().len(), "{}", path.display());
        Covers::of(table.mounts(), &tree);
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn escapes_are_decoded_in_every_field_that_has_them() {
    let bytes = fixture("escapes");
    let table = MountTable::parse(&bytes);
    let mounts = by_target(&table);
    for (target, source) in [
        (&b"/a b"[..], &b"sp ace"[..]),
        (b"/tab\tbed", b"t\tb"),
        (b"/new\nline", b"n\nl"),
        (b"/back\\slash", b"b\\s"),
        (b"/ha#sh", b"h#sh"),
        (b"/com,ma", b"c,o=m"),
        (b"/almost\\04", b"\\"),
    ] {
        assert_eq!(*mounts[target].source.decoded(), *source);
    }
    assert_eq!(*mounts[&b"/bound"[..]].root.decoded(), *b"/ro ot\\");
    let over = &mounts[&b"/over"[..]];
    assert_eq!(
        *merged(over.vfs_options, over.fs_options),
        *b"rw,lowerdir=/a b:/c,upperdir=/d,e"
    );
}

#[test]
fn bytes_that_are_no_text_lose_nothing() {
    let bytes = fixture("bytes");
    let table = MountTable::parse(&bytes);
    assert_eq!(table.mounts().len(), 5);
    assert_eq!(
        *by_target(&table)[&b"/bad\xff\xfe"[..]].source.decoded(),
        *b"s\x80"
    );
}

#[test]
fn a_source_may_be_empty_and_may_be_none() {
    let bytes = fixture("sources");
    let table = MountTable::parse(&bytes);
    let mounts = by_target(&table);
    assert_eq!(mounts[&b"/empty"[..]].source.raw(), b"");
    assert_eq!(mounts[&b"/none"[..]].source.raw(), b"none");
}

#[test]
fn optional_fields_are_known_in_any_order_and_among_others() {
    for (name, found) in [
        (
            "optional",
            &[
                ("/shared", "shared", Some(21), None),
                ("/slave", "private,slave", None, Some(21)),
                ("/both", "shared,slave", Some(22), Some(21)),
                ("/from", "private,slave", None, Some(21)),
                ("/unbindable", "private,unbindable", None, None),
                ("/private", "private", None, None),
                ("/order", "shared,slave", Some(23), Some(21)),
            ][..],
        ),
        (
            "optional-unknown",
            &[
                ("/unknown", "private", None, None),
                ("/among", "shared,slave", Some(21), Some(3)),
            ],
        ),
    ] {
        let bytes = fixture(name);
        let table = MountTable::parse(&bytes);
        let mounts = by_target(&table);
        for (target, words, shared, master) in found {
            let propagation = mounts[target.as_bytes()].propagation();
            assert_eq!(propagation.words(), *words, "{target}");
            assert_eq!(propagation.shared.map(PeerGroup::as_raw), *shared, "{target}");
            assert_eq!(propagation.master.map(PeerGroup::as_raw), *master, "{target}");
        }
    }
}

/// The mount points of a fixture in the order of the tree, each after its depth.
fn tree_of(name: &str) -> Vec<String> {
    let bytes = fixture(name);
    let table = MountTable::parse(&bytes);
    let tree = Tree::of(table.mounts());
    let nodes = tree.nodes().iter();
    nodes
        .map(|node| {
            let target = table.mounts()[node.index].target.decoded();
            format!("{} {}", node.depth, String::from_utf8_lossy(&target))
        })
        .collect()
}

#[test]
fn trees_have_the_roots_they_have() {
    assert_eq!(
        tree_of("self-parent"),
        ["0 /", "1 /proc", "1 /sys", "2 /sys/fs/bpf"]
    );
    assert_eq!(tree_of("missing-root"), ["0 /proc", "0 /data", "1 /data/in"]);
    assert_eq!(
        tree_of("disconnected"),
        ["0 /", "1 /proc", "0 /else", "1 /else/where", "0 /third"]
    );
    assert_eq!(tree_of("unordered"), ["0 /", "1 /sys", "1 /dev", "2 /dev/pts"]);
}

#[test]
fn a_loop_of_parents_ends() {
    assert_eq!(tree_of("loop"), ["0 /", "0 /a", "1 /a/b", "2 /a/b/c"]);
}

#[test]
fn a_chain_of_mounts_on_each_other_shows_its_last() {
    let bytes = fixture("over-mounts");
    let table = MountTable::parse(&bytes);
    let covers = Covers::of(table.mounts(), &Tree::of(table.mounts()));
    let hidden: Vec<_> = (0..table.mounts().len())
        .filter_map(|index| {
            let id = |index: usize| table.mounts()[index].id.as_raw();
            Some((id(index), id(covers.by(index)?)))
        })
        .collect();
    assert_eq!(hidden, [(31, 33), (32, 33), (33, 34), (36, 37)]);
}

#[test]
fn garbage_is_told_by_its_line_and_stops_nothing() {
    let bytes = fixture("garbage");
    let table = MountTable::parse(&bytes);
    let flaws: Vec<_> = table
        .flaws()
        .iter()
        .map(|flaw| (flaw.line, flaw.reason.is_some()))
        .collect();
    assert_eq!(flaws, [(2, true), (3, false), (5, true)]);
    assert_eq!(table.mounts().len(), 3);
    let bytes = fixture("cut-short");
    let table = MountTable::parse(&bytes);
    assert_eq!((table.mounts().len(), table.flaws()[0].line), (2, 3));
}

#[test]
fn a_namespace_file_and_a_deleted_directory_are_roots_like_others() {
    let bytes = fixture("nsfs");
    let table = MountTable::parse(&bytes);
    assert_eq!(
        by_target(&table)[&b"/run/netns/blue"[..]].root.raw(),
        b"net:[4026532281]"
    );
    let bytes = fixture("deleted");
    let table = MountTable::parse(&bytes);
    assert_eq!(
        *by_target(&table)[&b"/mnt2"[..]].root.decoded(),
        *b"/tmp/a b//deleted"
    );
}

#[test]
fn options_may_be_longer_than_a_page() {
    let layers: Vec<_> = (0..2000)
        .map(|layer| format!("lowerdir+=/layers/{layer}"))
        .collect();
    let options = layers.join(",");
    let line = format!("1 0 0:1 / / rw - overlay overlay rw,{options}\n");
    let table = MountTable::parse(line.as_bytes());
    assert_eq!(table.mounts()[0].fs_options.iter().count(), 2001);
    assert_eq!(table.print(), line.as_bytes());
}

#[test]
fn ten_thousand_rows_are_read() {
    let lines: Vec<_> = (0..10_000)
        .map(|id| format!("{} 1 0:{id} / /m/{id} rw,relatime - tmpfs tmpfs rw\n", id + 2))
        .collect();
    let lines = lines.concat();
    let table = MountTable::parse(lines.as_bytes());
    assert_eq!((table.mounts().len(), table.flaws().len()), (10_000, 0));
    assert_eq!(table.print(), lines.as_bytes());
    let tree = Tree::of(table.mounts());
    assert!(tree.nodes().iter().all(|node| node.depth == 0));
    let covers = Covers::of(table.mounts(), &tree);
    assert!((0..10_000).all(|index| covers.by(index).is_none()));
}
