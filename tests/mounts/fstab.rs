//! Lines of fstab(5) in files: tags, ends of lines, directories of files, and files without lines.

use std::fs;

use tempfile::TempDir;

use super::fixtures;
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, program};

cases!["mounts::fstab":
    a_tag_in_a_line_is_shown,
    a_tag_has_capital_letters_and_a_value,
    each_line_may_end_as_on_another_system,
    a_directory_stands_for_its_files,
    a_file_without_mounts_is_reported_once,
    a_search_below_a_mount_point_finds_its_line,
    the_uppermost_is_chosen_among_the_matches,
    options_without_effect_are_refused,
];

/// A directory with these files.
fn with(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for (name, text) in files {
        fs::write(directory.path().join(name), text).expect("it is ours");
    }
    directory
}

fn asked(directory: &TempDir, words: &str) -> Ran {
    program("ns-mounts").current_dir(directory.path()).with(words)
}

fn a_tag_in_a_line_is_shown() -> Outcome {
    let table =
        "LABEL=no-such /l ext4\nUUID=\"1-2\" /u vfat\nPARTUUID=pu /pu xfs\nPARTLABEL=a\\040b /pl xfs\n";
    let directory = with(&[("fstab", table)]);
    for words in ["-F fstab", "-s -F fstab"] {
        for (column, rows) in [
            ("LABEL", ["no-such", "", "", ""]),
            ("UUID", ["", "1-2", "", ""]),
            ("PARTUUID", ["", "", "pu", ""]),
            ("PARTLABEL", ["", "", "", "a\\x20b"]),
        ] {
            // If no device has the tag, its other tags are missing or unknown.
            let shown = asked(&directory, &format!("{words} -r -n -o {column}"));
            let shown: Vec<_> = shown.stdout.lines().map(|line| line.replace('?', "")).collect();
            assert_eq!(shown, rows, "{words} {column}");
        }
    }
    assert_eq!(
        asked(&directory, "-F fstab -n -o TARGET -S UUID=1-2").ok(),
        "/u\n"
    );
    Ok(())
}

fn a_tag_has_capital_letters_and_a_value() -> Outcome {
    let directory = with(&[("fstab", "uuid=1-2 /u vfat\nLABEL= /l ext4\n")]);
    let shown = asked(&directory, "-F fstab -e -r -n -o SOURCE,UUID,LABEL");
    assert_eq!(shown.ok(), "uuid=1-2  \nLABEL=  \n");
    assert_eq!(asked(&directory, "-F fstab -S UUID=1-2").status, 1);
    Ok(())
}

fn each_line_may_end_as_on_another_system() -> Outcome {
    let lines = [
        "a /a ext4 rw 0 1\r\n",
        "b /b ext4 rw 0 2\n",
        "c /c ext4 rw\r\n",
        "\r\n",
        "d /d ext4\r\n",
    ];
    let (mut there, mut back) = (lines.concat(), lines.iter().rev().copied().collect::<String>());
    there.push_str("e /e ext4 rw\r");
    back.push_str("e /e ext4 rw\r");
    let directory = with(&[("there", &there), ("back", &back)]);
    for file in ["there", "back"] {
        let shown = asked(
            &directory,
            &format!("-F {file} -r -n -o TARGET,FSTYPE,OPTIONS,PASSNO"),
        );
        assert_eq!(shown.stderr, "", "{file}");
        let mut shown: Vec<_> = shown.stdout.lines().collect();
        shown.sort_unstable();
        assert_eq!(
            shown,
            [
                "/a ext4 rw 1",
                "/b ext4 rw 2",
                "/c ext4 rw 0",
                "/d ext4  0",
                "/e ext4 rw 0"
            ],
            "{file}"
        );
    }
    Ok(())
}

fn a_directory_stands_for_its_files() -> Outcome {
    let line = |name: &str| format!("{name} /{name} ext4 rw 0 0\n");
    let names = ["10.fstab", "9.fstab", "a.fstab", ".hidden.fstab", "other"];
    let lines = names.map(line);
    let files: Vec<_> = names.into_iter().zip(lines.iter().map(String::as_str)).collect();
    let directory = with(&files);
    fs::create_dir(directory.path().join("d.fstab")).expect("it is ours");
    assert_eq!(
        asked(&directory, "-s -F . -n -o TARGET").ok(),
        "/9.fstab\n/10.fstab\n/a.fstab\n"
    );
    let mut command = program("ns-mounts");
    command.env("LIBMOUNT_FSTAB", directory.path());
    assert_eq!(command.with("-s -n -r -o TARGET -M /a.fstab").ok(), "/a.fstab\n");
    let checked = asked(&directory, "-x -F .");
    assert!(checked.stdout.starts_with("/9.fstab\n"), "{checked:#?}");
    let error = asked(&directory, "-F .").fails(1);
    assert!(error.contains("Is a directory"), "{error}");
    Ok(())
}

fn a_file_without_mounts_is_reported_once() -> Outcome {
    let directory = with(&[
        ("text", "one two\nthree\nfour\n"),
        ("comments", "# one\n\n# two\n"),
    ]);
    for words in ["-F text", "-s -F text", "-F text -J"] {
        let ran = asked(&directory, words);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{words}");
        assert!(
            ran.stderr.contains("text is no table of mounts: line 1: "),
            "{ran:#?}"
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
    }
    let ran = asked(&directory, "-F comments");
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    Ok(())
}

/// Under the name findmnt, only the mount points are found.
fn a_search_below_a_mount_point_finds_its_line() -> Outcome {
    let directory = with(&[("fstab", "a / ext4 rw\nb /b ext4 rw\n")]);
    for (path, line) in [("/b", "/b\n"), ("/b/no/such", "/b\n"), ("/no/such", "/\n")] {
        let shown = asked(&directory, &format!("-F fstab -n -o TARGET -T {path}"));
        assert_eq!(shown.ok(), line, "{path}");
    }
    Ok(())
}

fn the_uppermost_is_chosen_among_the_matches() -> Outcome {
    let directory = with(&[(
        "stack",
        "1 0 0:1 / / rw - tmpfs root rw\n2 1 0:2 / /s rw - tmpfs one rw\n3 2 0:3 / /s rw - ramfs two rw\n\
         4 3 0:4 / /s rw - ramfs three rw\n",
    )]);
    for (words, sources) in [
        ("-M /s", "three"),
        ("-M /s -t tmpfs", "one"),
        ("one /s", "one"),
        ("-S two -M /s", "two"),
        ("-T /s/x -t tmpfs", "one"),
        ("-T /s/x -t tmpfs,ramfs", "three"),
        ("-T /s/x --stacked", "one two three"),
        ("-M /s --stacked -t ramfs", "two three"),
        ("-i -M /s", "root"),
        ("-f -M /s", "three"),
    ] {
        let shown = asked(&directory, &format!("-F stack -l -n -o SOURCE {words}")).ok();
        assert_eq!(
            shown.split_whitespace().collect::<Vec<_>>().join(" "),
            sources,
            "{words}"
        );
    }
    Ok(())
}

fn options_without_effect_are_refused() -> Outcome {
    for (words, message) in [
        ("--verbose", "--verbose needs --verify"),
        ("--stacked", "--stacked needs a mount point"),
        ("-w 1", "--timeout needs --watch"),
        ("-o ACTION", "the column ACTION needs --watch"),
        ("-J -o TARGET,OLD-OPTIONS", "the column OLD-OPTIONS needs --watch"),
        ("-T", "--target"),
        ("-t ,", "it names no type"),
    ] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(error.contains(message), "{words}: {error}");
    }
    for option in ["-T", "-M"] {
        let error = program("ns-mounts").args([option, ""]).ran().fails(2);
        assert!(error.contains("it is empty"), "{error}");
    }
    let saved = fixtures().join("ordinary");
    let every = program("ns-mounts")
        .args(["-l", "-n", "-F"])
        .arg(&saved)
        .ran()
        .ok();
    let inverted = program("ns-mounts")
        .args(["-i", "-l", "-n", "-F"])
        .arg(&saved)
        .ran()
        .ok();
    assert_eq!(every, inverted, "no mount is selected");
    Ok(())
}
