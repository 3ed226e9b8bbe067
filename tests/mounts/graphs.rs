//! `--propagation --graph`: random peer groups are made in several mount namespaces, and read back edge by edge.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde_json::Value;

use crate::support::case::cases;
use crate::support::dice::{Dice, number};
use crate::support::{Outcome, Run as _, User, needs, path_of, program, tool};

cases!["mounts::graphs":
    random_peer_groups_are_read_back_edge_by_edge,
    random_peer_groups_of_an_ordinary_user_are_read_back,
    a_graph_needs_propagation_and_refuses_other_forms,
];

/// The number of random scenes of each case.
const SCENES: u64 = 3;

/// Commands that make mounts with random propagation, and mount namespaces without processes that copy them.
fn script(dice: &mut Dice) -> String {
    const DIRECTORIES: usize = 8;
    let mut script = String::from(
        "mount -t tmpfs t /mnt; mkdir /mnt/pins; cd /mnt; mkdir d0 d1 d2 d3 d4 d5 d6 d7; mount --make-private /mnt\n",
    );
    for namespace in 0..3 {
        for _ in 0..12 {
            let directory = dice.below(DIRECTORIES);
            let _ = match dice.below(4) {
                0 => writeln!(script, "mount -t tmpfs t d{directory}"),
                1 => writeln!(
                    script,
                    "mount --bind d{directory} d{} || :",
                    dice.below(DIRECTORIES)
                ),
                _ => {
                    let kind = dice.one(&["shared", "shared", "slave", "private"]);
                    writeln!(script, "mount --make-{kind} d{directory} || :")
                }
            };
        }
        let propagation = dice.one(&["slave", "unchanged", "unchanged", "private"]);
        let _ = writeln!(
            script,
            ": >pins/{namespace}; \"$2\" --mount=pins/{namespace} --propagation {propagation} true"
        );
    }
    script
}

/// An edge, or a mount in a group: a word for which, and the ids of both nodes.
type Edges = BTreeSet<(&'static str, String, String)>;

/// The edges that mountinfo tells. `tables` has the mountinfo of each namespace, after a line with its inode.
fn expected(tables: &str) -> (Edges, BTreeSet<u64>) {
    let (mut edges, mut inodes, mut inode) = (Edges::new(), BTreeSet::new(), "");
    for line in tables.lines() {
        if let Some(next) = line.strip_prefix("namespace ") {
            inode = next;
            inodes.insert(next.parse().expect("an inode"));
            continue;
        }
        let words: Vec<_> = line.split(' ').collect();
        let fields = words[6..].iter().take_while(|word| **word != "-");
        let field = |name: &str| {
            let mut fields = fields.clone();
            fields.find_map(|field| Some(format!("group_{}", field.strip_prefix(name)?)))
        };
        let mount = format!("mount_{inode}_{}", words[0]);
        match (field("shared:"), field("master:")) {
            (Some(group), master) => {
                edges.insert(("within", group.clone(), mount));
                edges.extend(master.map(|master| ("propagates", master, group)));
            }
            (None, Some(master)) => {
                edges.insert(("propagates", master, mount));
            }
            (None, None) => {}
        }
    }
    (edges, inodes)
}

/// The edges in JSON, of these namespaces.
fn read(json: &Value, inodes: &BTreeSet<u64>) -> Edges {
    let mut edges = Edges::new();
    let mut ours = BTreeSet::new();
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    for node in json["nodes"].as_array().expect("an array") {
        let is_ours = node["ns"].as_u64().is_some_and(|inode| inodes.contains(&inode));
        if is_ours {
            ours.insert(text(&node["node"]));
        }
        if is_ours && node["within"].is_string() {
            edges.insert(("within", text(&node["within"]), text(&node["node"])));
            ours.insert(text(&node["within"]));
        }
    }
    for edge in json["edges"].as_array().expect("an array") {
        assert_eq!(edge["relation"], "propagates");
        let to = text(&edge["to"]);
        if ours.contains(&to) {
            edges.insert(("propagates", text(&edge["from"]), to));
        }
    }
    edges
}

/// The edges in dot or mermaid, which have a line each.
fn edges_of_text(text: &str) -> Edges {
    let lines = text.lines().map(|line| line.trim().trim_end_matches(';'));
    lines
        .filter_map(|line| {
            let (from, to) = line.split_once(" -> ").or_else(|| line.split_once(" --> "))?;
            from.starts_with("group_")
                .then(|| ("propagates", from.to_owned(), to.to_owned()))
        })
        .collect()
}

fn compare(script: &str, user: Option<&User>) {
    needs::tools("mount nsenter");
    let ours = |name| user.map_or_else(|| path_of(name).to_owned(), |user| user.programs().join(name));
    let mut unshare = user.map_or_else(|| tool("unshare"), |user| user.tool("unshare"));
    let script = format!(
        "{script}
         echo namespace $(stat -L -c %i /proc/self/ns/mnt); cat /proc/self/mountinfo
         for pin in pins/*; do
             echo namespace $(stat -L -c %i $pin); nsenter --mount=$pin cat /proc/self/mountinfo
         done
         for form in json dot mermaid; do echo ===; \"$1\" -q --propagation --graph=$form; done"
    );
    let ran = unshare
        .args(["-r", "-m", "sh", "-e", "-c", &script, "sh"])
        .arg(ours("ns-mounts"))
        .arg(ours("ns-unshare"))
        .ran();
    let parts: Vec<_> = ran.stdout.split("===\n").collect();
    let [tables, json, dot, mermaid] = parts[..] else {
        panic!("{ran:?}")
    };
    let (expected, inodes) = expected(tables);
    assert_eq!(inodes.len(), 4, "{tables}");
    assert!(!expected.is_empty(), "{tables}");
    let json: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(read(&json, &inodes), expected, "{tables}\n{json:#}");
    let propagates = expected.iter().filter(|(word, _, _)| *word == "propagates");
    let propagates: Edges = propagates.cloned().collect();
    for text in [dot, mermaid] {
        let mut edges = edges_of_text(text);
        // Other cases have peer groups too.
        edges.retain(|edge| propagates.contains(edge));
        assert_eq!(edges, propagates, "{text}");
    }
}

fn random(user: Option<&User>) {
    let seed = number("NS_UTILS_SEED", 1);
    for seed in seed..seed + SCENES {
        let script = script(&mut Dice(seed));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| compare(&script, user))) {
            eprintln!("the peer groups are those of NS_UTILS_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

fn random_peer_groups_are_read_back_edge_by_edge() -> Outcome {
    needs::user_namespaces()?;
    needs::whole_root()?;
    random(None);
    Ok(())
}

fn random_peer_groups_of_an_ordinary_user_are_read_back() -> Outcome {
    needs::user_namespaces()?;
    random(Some(User::ordinary()?));
    Ok(())
}

fn a_graph_needs_propagation_and_refuses_other_forms() -> Outcome {
    let error = program("ns-mounts").with("--graph=dot").fails(2);
    assert!(error.contains("--propagation"), "{error}");
    for words in ["-J", "-r", "-P", "-l", "--tree"] {
        program("ns-mounts")
            .with(&format!("--propagation --graph=dot {words}"))
            .fails(2);
    }
    Ok(())
}
