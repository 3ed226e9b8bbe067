//! The lists of ns-utils(7) other than JSON: targets, kinds, names, statuses, and options of the relatives that are
//! left out.

use std::collections::BTreeSet;

use super::{COMMON, PAGES, lists, read};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, program, tool};

cases!["pages::listed":
    every_listed_spelling_is_a_target,
    every_form_of_a_target_is_listed,
    the_listed_kinds_are_the_existing_kinds,
    the_listed_statuses_are_the_possible_ones,
    the_filters_are_valid,
    every_kernel_in_a_message_or_a_page_is_in_the_table,
    every_option_of_unshare_is_here,
    every_option_of_nsenter_is_here,
    every_option_of_lsns_is_here,
    every_option_of_findmnt_is_here,
    every_option_of_hostname_is_here,
];

/// The spellings of targets in the list.
fn targets() -> Vec<String> {
    let mut lists = lists("targets");
    let (_, items) = lists.remove(0);
    items.into_iter().flat_map(|item| item.names).collect()
}

fn every_listed_spelling_is_a_target() -> Outcome {
    for target in targets() {
        let ran = program("ns-hostname").args(["-t", &target]).ran();
        // Most of these targets do not exist, which is status 1. Status 2 would be for an invalid spelling.
        assert!(matches!(ran.status, 0 | 1), "{target}: {ran:?}");
    }
    Ok(())
}

/// The reverse: every form of a target in the programs' messages is in the list.
fn every_form_of_a_target_is_listed() -> Outcome {
    let error = program("ns-hostname").args(["-t", "0"]).ran().fails(2);
    let (_, forms) = error
        .split_once("expected a ")
        .expect("the error lists the forms");
    let forms = forms.lines().next().expect("a line");
    let targets = targets();
    for word in forms.replace(" or ", ", ").split(", ") {
        let listed = match word {
            "PID" => targets.iter().any(|target| target.parse::<u32>().is_ok()),
            "PID:INODE" => targets.contains(&"4711:9001".to_owned()),
            "the inode alone" => read(COMMON).contains("A number over 2147483647 is the inode"),
            "a pinned name" => targets.contains(&"blue".to_owned()),
            ":ID" => targets.iter().any(|target| target.starts_with(':')),
            word if word.contains("path") => targets.iter().any(|target| target.starts_with('/')),
            word => {
                let start = word.split_inclusive(['[', ':']).next().expect("a word");
                targets.iter().any(|target| target.starts_with(start))
            }
        };
        assert!(listed, "{word} is not among {targets:?}");
    }
    Ok(())
}

fn the_listed_kinds_are_the_existing_kinds() -> Outcome {
    let error = program("ns-ls").args(["-t", "nosuch"]).ran().fails(2);
    let (_, kinds) = error
        .split_once("expected one of ")
        .expect("the error lists them");
    let kinds: Vec<&str> = kinds.lines().next().expect("a line").split(", ").collect();
    let page = read(COMMON);
    let (_, rest) = page.split_once(".\\\" kinds\n").expect("the page lists them");
    let listed: Vec<&str> = rest
        .lines()
        .take(3)
        .flat_map(|line| line.split([' ', ',']))
        .collect();
    let listed: Vec<&str> = listed
        .into_iter()
        .filter(|word| word.len() > 2 && word.chars().all(char::is_lowercase) && *word != "and")
        .collect();
    assert_eq!(listed, kinds);
    for kind in kinds.iter().filter(|kind| **kind != "net") {
        assert!(page.contains(&format!("/run/{kind}ns")), "{kind}");
    }
    Ok(())
}

/// Each status of the list occurs, and no other.
fn the_listed_statuses_are_the_possible_ones() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut come = BTreeSet::new();
    for (name, words, status) in [
        ("ns-ls", "-Q NPROCS>1000000000", 0),
        ("ns-ls", "999999999:1", 1),
        ("ns-ls", "--strict", 1),
        ("ns-ls", "--nosuch", 2),
        ("ns-ls", "-t nosuch", 2),
        ("ns-ls", "-J -r", 2),
        ("ns-mounts", "-M /", 0),
        ("ns-mounts", "-M /nosuch", 1),
        ("ns-mounts", "--diff /proc/self/mountinfo /proc/self/mountinfo", 0),
        ("ns-mounts", "--diff /proc/self/mountinfo /etc/hostname", 1),
        ("ns-mounts", "-N 0", 2),
        ("ns-hostname", "--check a-b", 0),
        ("ns-hostname", "--check a_b", 1),
        ("ns-hostname", "a_b", 2),
        ("ns-unshare", "-r true", 0),
        ("ns-unshare", "-m true", 1),
        ("ns-unshare", "--nosuch", 2),
        ("ns-unshare", "-r /etc/passwd", 126),
        ("ns-unshare", "-r /nosuch", 127),
        ("ns-enter", "-t 999999999 true", 1),
        ("ns-enter", "-t 0 true", 2),
        ("ns-enter", "-n=/proc/self/ns/net /etc/passwd", 126),
        ("ns-enter", "-n=/proc/self/ns/net /nosuch", 127),
    ] {
        let ran = user.program(name).args(words.split(' ')).ran();
        assert_eq!(ran.status, status, "{name} {words}: {ran:?}");
        come.insert(status);
    }
    let (_, items) = lists("statuses").remove(0);
    let listed: Vec<i32> = items
        .iter()
        .flat_map(|item| &item.names)
        .map(|name| name.parse().expect("a number"))
        .collect();
    assert_eq!(listed, come.into_iter().collect::<Vec<_>>());
    Ok(())
}

/// The expressions for -Q in the pages are valid.
/// The versions after "Linux" and in the errors about old kernels, such as 6.12.
fn versions(text: &str) -> BTreeSet<String> {
    let is_version = |word: &&str| {
        let parts = word.split_once('.');
        parts.is_some_and(|(major, minor)| [major, minor].iter().all(|part| part.parse::<u32>().is_ok()))
    };
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches([',', '.', ':', ';', '"', '(', ')']));
    words.filter(is_version).map(str::to_owned).collect()
}

fn every_kernel_in_a_message_or_a_page_is_in_the_table() -> Outcome {
    let page = read(COMMON);
    let (_, section) = page.split_once(".Sh KERNELS\n").expect("it has the section");
    let (section, _) = section.split_once(".Sh ").expect("it is not the last one");
    let listed = versions(section);
    let mut named = BTreeSet::new();
    for page in PAGES {
        let lines = read(page);
        let lines = lines.lines().filter(|line| line.contains("Linux "));
        named.extend(lines.flat_map(versions));
    }
    for file in sources() {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let of_errors = lines.filter(|line| line.contains("Linux ") || line.contains("needs_linux("));
        named.extend(of_errors.flat_map(versions));
    }
    assert!(named.len() > 5, "{named:?}");
    let missing: Vec<_> = named.difference(&listed).collect();
    assert!(missing.is_empty(), "{missing:?} are not in {listed:?}");
    Ok(())
}

/// The sources of the library and the programs.
fn sources() -> Vec<std::path::PathBuf> {
    let mut directories = vec![super::path("crates")];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn the_filters_are_valid() -> Outcome {
    for (page, name) in [(PAGES[2], "ns-ls"), (PAGES[4], "ns-mounts")] {
        let text = read(page);
        let (_, filters) = text.split_once("\n.Sh FILTERS\n").expect("the page has filters");
        let (_, shown) = filters.split_once(".Bd -literal").expect("some are shown");
        let lines: Vec<&str> = shown.lines().skip(1).take_while(|line| *line != ".Ed").collect();
        assert!(lines.len() >= 2, "{page}: {lines:?}");
        for line in lines {
            let ran = program(name).args(["-Q", line]).ran();
            assert!(matches!(ran.status, 0 | 1), "{line}: {ran:?}");
            assert!(!ran.stderr.contains("cannot"), "{line}: {ran:?}");
        }
    }
    Ok(())
}

/// The options at the start of the lines of a help text.
fn options(help: &str) -> BTreeSet<String> {
    let mut options = BTreeSet::new();
    for line in help.lines() {
        let text = line.trim_start();
        if !text.starts_with('-') {
            continue;
        }
        for word in text.split("  ").next().unwrap_or(text).split([',', ' ', '|']) {
            let option = word.split(['[', '=', '<']).next().unwrap_or(word);
            let option = option.trim_end_matches('.');
            if option.len() > 1 && option.starts_with('-') {
                options.insert(option.to_owned());
            }
        }
    }
    options
}

/// Every option of the relative is an option of the program, or in the list.
fn all_are_here(relative: &str, ours: &str, left_out: &[String]) -> Outcome {
    let relative = needs::installed(relative)?;
    let theirs = tool(&relative).arg("--help").ran();
    let theirs = options(&(theirs.stdout + &theirs.stderr));
    assert!(theirs.len() > 10, "{}: {theirs:?}", relative.display());
    let help = program(ours).arg("--help").ran().ok();
    let mut known = options(&help);
    // An alias follows the option that it is for.
    known.extend(
        help.split([' ', '[', ']', ',', '\n'])
            .filter(|word| word.starts_with("--"))
            .map(str::to_owned),
    );
    for option in theirs {
        let left = left_out.contains(&option);
        assert!(
            known.contains(&option) != left,
            "{option} of {} is left out: {left}",
            relative.display()
        );
        if left {
            let error = program(ours).arg(&option).ran().fails(2);
            assert!(error.contains("/etc/fstab"), "{error}");
        }
    }
    Ok(())
}

fn every_option_of_unshare_is_here() -> Outcome {
    all_are_here("unshare", "ns-unshare", &[])
}

fn every_option_of_nsenter_is_here() -> Outcome {
    all_are_here("nsenter", "ns-enter", &[])
}

fn every_option_of_lsns_is_here() -> Outcome {
    all_are_here("lsns", "ns-ls", &[])
}

fn every_option_of_hostname_is_here() -> Outcome {
    all_are_here("hostname", "ns-hostname", &[])
}

fn every_option_of_findmnt_is_here() -> Outcome {
    all_are_here("findmnt", "ns-mounts", &[])
}
