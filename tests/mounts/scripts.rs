//! Features that scripts for findmnt(8) rely on.

use serde_json::{Value, json};

use super::{Room, flat, saved};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, path_of, program};

cases!["mounts::scripts":
    json_is_a_list_without_mount_points,
    raw_output_and_a_list_exclude_each_other,
    the_uppermost_mount_of_a_stack_is_found,
    a_share_may_end_in_a_slash,
    every_search_names_a_path_that_does_not_exist,
    a_share_in_use_is_rounded_up_as_by_df,
    the_parent_of_the_root_is_missing,
    file_systems_of_programs_are_pseudo,
    links_are_always_written_if_asked_for,
];

fn json_is_a_list_without_mount_points() -> Outcome {
    let rows = |words: &str| saved("ordinary", words).json()["filesystems"].clone();
    let all = flat(&rows("-J")).len();
    assert!(all > 1);
    assert_eq!(rows("-J").as_array().map(Vec::len), Some(1));
    for words in ["-J -o SOURCE,FSTYPE", "-J --tree -o SOURCE", "-J -o ID"] {
        let list = rows(words);
        assert_eq!(list.as_array().map(Vec::len), Some(all), "{words}: {list}");
        assert_eq!(flat(&list).len(), all, "{words}");
    }
    // The rows are in the order of the tree, even if no column shows it.
    assert_eq!(saved("unordered", "-n -o ID").lines(), ["20", "23", "24", "25"]);
    assert_eq!(
        saved("unordered", "-n -r -o ID").lines(),
        ["25", "24", "23", "20"]
    );
    Ok(())
}

fn raw_output_and_a_list_exclude_each_other() -> Outcome {
    for words in ["-r -l", "-P -l", "-l --raw"] {
        let error = saved("ordinary", words).fails(2);
        assert!(error.contains("cannot be used with"), "{words}: {error}");
    }
    saved("ordinary", "-J -l").ok();
    Ok(())
}

fn the_uppermost_mount_of_a_stack_is_found() -> Outcome {
    let room = Room::new("mkdir $d/a; for n in one two three; do mount -t tmpfs $n $d/a; done")?;
    for search in ["-M $d/a", "$d/a", "-T $d/a"] {
        assert_eq!(room.lines(search, "SOURCE"), ["three"], "{search}");
    }
    for search in ["-M $d/a --stacked", "--stacked $d/a"] {
        assert_eq!(room.lines(search, "SOURCE"), ["one", "two", "three"], "{search}");
    }
    assert_eq!(room.lines("--shadowed -M $d/a", "SOURCE"), ["one", "two"]);
    assert_eq!(room.lines("three $d/a", "SOURCE"), ["three"]);
    // The uppermost is that of the matches.
    assert_eq!(room.lines("one $d/a", "SOURCE"), ["one"]);
    room.asked("four $d/a").fails(1);
    // A saved table has stacks too.
    assert_eq!(saved("over-mounts", "-r -n -o SOURCE -M /a").ok(), "three\n");
    Ok(())
}

fn a_share_may_end_in_a_slash() -> Outcome {
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    let lines = "1 0 0:1 / / rw - tmpfs none rw\n2 1 0:2 / /a rw - nfs4 srv:/ex/ rw\n\
                 3 1 0:3 / /b rw - nfs4 srv:/other rw\n4 1 0:4 / /c rw - cifs //srv/share rw\n\
                 5 1 0:5 / /d rw - tmpfs dir/ rw\n";
    std::fs::write(table.path(), lines).expect("it is ours");
    for (source, wanted) in [
        ("srv:/ex", "/a\n"),
        ("srv:/ex/", "/a\n"),
        ("srv:/other/", "/b\n"),
        ("//srv/share/", "/c\n"),
        ("//srv/share", "/c\n"),
        ("//srv/shar", ""),
        ("dir", ""),
        ("srv:/", ""),
    ] {
        let ran = program("ns-mounts")
            .arg("-F")
            .arg(table.path())
            .args(["-r", "-n", "-o", "TARGET", "-S", source])
            .ran();
        assert_eq!(ran.stdout, wanted, "{source}");
    }
    Ok(())
}

fn every_search_names_a_path_that_does_not_exist() -> Outcome {
    for search in [
        "-T /no/such",
        "-M /no/such",
        "/no/such",
        "-S x -M /no/such",
        "x /no/such",
        "-R /no/such",
    ] {
        assert_eq!(
            program("ns-mounts").with(search).fails(1),
            "ns-mounts: \"/no/such\" does not exist\n",
            "{search}"
        );
    }
    // Nothing is mounted on a path that does exist.
    assert_eq!(program("ns-mounts").with("-M /proc/self").fails(1), "");
    // A mount that no path leads to is found by its mount point.
    let mut room = Room::new("mkdir -p $d/a/b; mount -t tmpfs low $d/a/b; mount -t tmpfs high $d/a")?;
    assert_eq!(room.lines("-M $d/a/b", "SOURCE"), ["low"]);
    let ours = path_of("ns-mounts").display().to_string();
    assert_eq!(room.run(&format!("{ours} -n -o SOURCE $d/a/b")), "low\n");
    Ok(())
}

fn a_share_in_use_is_rounded_up_as_by_df() -> Outcome {
    let mut room = Room::new("mkdir $d/s; mount -t tmpfs -o size=10M,nr_inodes=1000 sized $d/s")?;
    let ours = path_of("ns-mounts").display().to_string();
    for kibibytes in [1, 150, 3000, 10_200] {
        room.run(&format!("head -c {kibibytes}K /dev/zero >$d/s/file"));
        let df = room.run("df --output=pcent,ipcent $d/s | tail -n 1");
        let shown = room.run(&format!("{ours} -n -o USE%,INO.USE% -M $d/s"));
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&shown), words(&df), "{kibibytes}");
    }
    Ok(())
}

fn the_parent_of_the_root_is_missing() -> Outcome {
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(
        table.path(),
        "1 0 0:1 / / rw - tmpfs a rw\n2 1 0:2 / /a rw - tmpfs b rw\n",
    )
    .expect("it is ours");
    let rows = program("ns-mounts")
        .arg("-F")
        .arg(table.path())
        .with("-J -o ID,PARENT")
        .json();
    assert_eq!(
        rows["filesystems"],
        json!([{"id": 1, "parent": null}, {"id": 2, "parent": 1}])
    );
    Ok(())
}

fn file_systems_of_programs_are_pseudo() -> Outcome {
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    let types = [
        "fuse.gvfs-fuse-daemon",
        "fuse.encfs",
        "fuse.kio-fuse",
        "fuse.avfsd",
        "none",
        "aufs",
        "fuse.sshfs",
    ];
    let lines = types
        .iter()
        .enumerate()
        .map(|(id, fs_type)| format!("{} 0 0:1 / /{id} rw - {fs_type} s rw\n", id + 1));
    std::fs::write(table.path(), lines.collect::<String>()).expect("it is ours");
    let list = program("ns-mounts")
        .arg("-F")
        .arg(table.path())
        .with("-r -n -o FSTYPE --real")
        .ok();
    assert_eq!(list, "aufs\nfuse.sshfs\n");
    Ok(())
}

fn links_are_always_written_if_asked_for() -> Outcome {
    let link = "\u{1b}]8;;file:///\u{1b}\\/";
    let mut about = vec![saved("ordinary", "-n -o TARGET --hyperlink=always").ok()];
    about.push(
        program("ns-mounts")
            .args(["-N", &std::process::id().to_string()])
            .with("-l -o TARGET --hyperlink=always")
            .ok(),
    );
    for text in about {
        assert!(text.contains(link), "{text:?}");
    }
    assert!(!saved("ordinary", "--hyperlink=auto").ok().contains('\u{1b}'));
    let json: Value = saved("ordinary", "-J --hyperlink=always").json();
    assert_eq!(json["filesystems"][0]["target"], "/");
    Ok(())
}
