//! Processes in nested namespaces, and descriptors and bind mounts that outlive them: everything that `/proc` shows is
//! listed, with the right number of processes. Whatever else is listed has a holder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::support::case::cases;
use crate::support::dice::Dice;
use crate::support::{Held, Outcome, Run as _, needs, program, tool};

cases!["scenes::processes":
    what_proc_shows_is_listed,
    what_proc_shows_is_listed_below_other_users,
];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// A kind and an inode.
type Namespace = (String, u64);

/// Each namespace that `/proc` shows, and the number of its processes, which is 0 if only threads, descriptors, mounts or
/// next children have it.
type Shown = BTreeMap<Namespace, u64>;

fn what_proc_shows_is_listed() -> Outcome {
    super::each(2_000_000, |dice| {
        compare(dice, &["-m", "-u", "-i", "-n", "-C", "-T", "-pf"])
    })
}

fn what_proc_shows_is_listed_below_other_users() -> Outcome {
    super::each(3_000_000, |dice| {
        compare(
            dice,
            &["-Ur", "-Ur -n", "-Ur -m", "-u", "-i", "-Ur -pf", "-Ur -C"],
        )
    })
}

fn compare(dice: &mut Dice, flags: &[&str]) -> Outcome {
    needs::whole_root()?;
    needs::tools("mount nsenter touch");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut made: BTreeSet<Namespace> = BTreeSet::new();
    let mut processes: Vec<Held> = Vec::new();
    let mut holders = Vec::new();
    for _ in 0..3 + dice.below(4) {
        let within = (!processes.is_empty() && dice.below(2) == 0).then(|| dice.below(processes.len()));
        let words = dice.some(3, flags, " ") + " -u";
        let mut command = match within {
            Some(place) => {
                let mut command = tool("nsenter");
                command.args(["-a", "-t", &processes[place].pid.to_string(), "unshare"]);
                command
            }
            None => tool("unshare"),
        };
        let held = Held::new(command.args(words.split_whitespace()), "");
        for kind in KINDS {
            made.insert((kind.to_owned(), held.inode(kind)));
        }
        // A descriptor or a bind mount can be all that is left of it.
        let kind = dice.one(&["uts", "net", "ipc", "user", "cgroup", "time", "pid", "mnt"]);
        let link = held.proc(&format!("ns/{kind}"));
        match dice.below(4) {
            0 => holders.push(Held::new(&mut tool("env"), &format!("exec 9<{link}"))),
            1 => {
                let file = directory.path().join("pin");
                let file = file.display();
                let bind = format!("touch {file}; mount --bind {link} {file} 2>/dev/null || :");
                holders.push(Held::new(tool("unshare").arg("-m"), &bind));
            }
            _ => {}
        }
        processes.push(held);
    }
    for _ in 0..dice.below(processes.len()) {
        let ended = dice.below(processes.len());
        drop(processes.swap_remove(ended));
    }
    let initial: BTreeSet<Namespace> = KINDS
        .iter()
        .map(|kind| {
            (
                (*kind).to_owned(),
                inode(Path::new(&format!("/proc/self/ns/{kind}")))
                    .expect("it is there")
                    .1,
            )
        })
        .collect();
    let made: BTreeSet<Namespace> = made.difference(&initial).cloned().collect();
    // Processes that were ended leave their namespaces one after the other: only a difference that stays is one.
    for attempt in 1.. {
        match difference(&made) {
            None => break,
            Some(text) => assert!(attempt < 5, "{text}"),
        }
    }
    drop(holders);
    Ok(())
}

/// The first difference between the list and what `/proc` shows of these namespaces.
fn difference(made: &BTreeSet<Namespace>) -> Option<String> {
    let before = shown();
    let json = program("ns-ls")
        .args(["-J", "-o", "NS,TYPE,NPROCS,HELD-BY"])
        .ran()
        .json();
    let after = shown();
    let rows = json["namespaces"].as_array().expect("a list");
    let listed: BTreeMap<Namespace, (u64, bool)> = rows
        .iter()
        .map(|row| {
            let kind = row["type"].as_str().expect("a text").to_owned();
            let inode = row["ns"].as_u64().expect("a number");
            let processes = row["nprocs"].as_u64().unwrap_or(0);
            let is_held = row["held-by"]
                .as_array()
                .is_some_and(|holders| !holders.is_empty());
            ((kind, inode), (processes, is_held))
        })
        .collect();
    for namespace in made {
        let (was, is) = (before.get(namespace), after.get(namespace));
        let row = listed.get(namespace);
        if let (Some(was), Some(is)) = (was, is) {
            if row.is_none() {
                return Some(format!("{namespace:?} is missing"));
            }
            if was == is && row.map(|(processes, _)| processes) != Some(was) {
                return Some(format!("{namespace:?}: {row:?} in place of {was}"));
            }
            // A namespace that is listed can be named. One whose processes were ended can be gone meanwhile.
            let one = format!("{}:[{}]", namespace.0, namespace.1);
            let ran = program("ns-ls").arg("-J").arg(&one).ran();
            if ran.status == 0 {
                let json = ran.json();
                let count = |key: &str| json[key].as_array().expect("a list").len();
                assert!(count("namespaces") + count("holders") > 0, "{one}: {json}");
            } else if shown().contains_key(namespace) {
                // Another case can have got the inode for a new namespace meanwhile.
                return Some(format!("{one}: {ran:?}"));
            }
        }
        // A child, an owned namespace, or a mount in a namespace without processes keeps it alive: /proc shows none of them.
        // The kernel lists a mount namespace for a moment longer than it has holders.
        let is_gone = was.is_none() && is.is_none() && namespace.0 != "mnt";
        if is_gone && row.is_some_and(|(_, is_held)| !is_held) {
            return Some(format!("{namespace:?} is gone"));
        }
    }
    None
}

/// The kind and the inode that a link such as `net:[4026531840]` names.
fn inode(link: &Path) -> Option<Namespace> {
    let target = fs::read_link(link).ok()?;
    let text = std::str::from_utf8(target.as_os_str().as_bytes())
        .ok()?
        .to_owned();
    named(&text)
}

fn named(text: &str) -> Option<Namespace> {
    let (kind, rest) = text.split_once(":[")?;
    let kind = kind.strip_suffix("_for_children").unwrap_or(kind);
    let inode = rest.strip_suffix(']')?.parse().ok()?;
    KINDS.contains(&kind).then(|| (kind.to_owned(), inode))
}

/// Everything that `/proc` shows now.
fn shown() -> Shown {
    let mut shown = Shown::new();
    let numbers = |directory: &Path| -> Vec<String> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .collect()
    };
    for pid in numbers(Path::new("/proc")) {
        let process = Path::new("/proc").join(&pid);
        for kind in KINDS {
            if let Some(namespace) = inode(&process.join("ns").join(kind)) {
                *shown.entry(namespace).or_default() += 1;
            }
        }
        let mut other = |namespace: Option<Namespace>| {
            if let Some(namespace) = namespace {
                shown.entry(namespace).or_default();
            }
        };
        for tid in numbers(&process.join("task")) {
            let thread = process.join("task").join(tid);
            for kind in KINDS
                .iter()
                .copied()
                .chain(["pid_for_children", "time_for_children"])
            {
                other(inode(&thread.join("ns").join(kind)));
            }
            for fd in numbers(&thread.join("fd")) {
                other(inode(&thread.join("fd").join(fd)));
            }
        }
        let mounts = fs::read_to_string(process.join("mountinfo")).unwrap_or_default();
        for line in mounts.lines().filter(|line| line.contains(" - nsfs ")) {
            other(line.split(' ').nth(3).and_then(named));
        }
    }
    shown
}
