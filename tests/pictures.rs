//! The pictures of `docs/pictures.md`: its scene is made again, and each command draws the same graph.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::support::case::cases;
use crate::support::{Outcome, Running, needs, path_of, tool};

cases!["pictures":
    each_picture_is_that_of_its_scene,
];

fn each_picture_is_that_of_its_scene() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("ip mount mkfifo mkdir rm");
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures.md");
    let document = std::fs::read_to_string(file).expect("it is there");
    let scene = block(&document, "```sh\n");
    let mut shell = Running::start(
        tool("sh")
            .args(["-c", "exec \"$0\" -a --hostname router sh"])
            .arg(path_of("ns-unshare"))
            .env("PATH", path()),
    );
    shell.say(scene);
    let mut pictures = 0;
    for part in document.split("\n## ").skip(1) {
        let command = part
            .lines()
            .find_map(|line| line.strip_prefix("    "))
            .expect("there is one");
        shell.say(&format!("{command}; echo end\n"));
        let lines: Vec<_> = std::iter::repeat_with(|| shell.line())
            .take_while(|line| line != "end")
            .collect();
        let recorded: Vec<_> = block(part, "```mermaid\n").lines().map(str::to_owned).collect();
        assert_eq!(graph(&lines), graph(&recorded), "{command}: {}", lines.join("\n"));
        pictures += 1;
    }
    assert_eq!(pictures, 3);
    assert_eq!(shell.end().0, 0);
    Ok(())
}

/// The directories of the programs, and those of the tools.
fn path() -> OsString {
    let mut path = path_of("ns-ls")
        .parent()
        .expect("a directory")
        .to_owned()
        .into_os_string();
    path.push(":/usr/sbin:/usr/bin:/sbin:/bin");
    path
}

/// The text after this line, up to the end of its block.
fn block<'a>(text: &'a str, start: &str) -> &'a str {
    let (_, block) = text.split_once(start).expect("there is a block");
    block.split_once("```").expect("it has an end").0
}

/// The lines of a graph in order, with labels in the place of ids, and without the numbers that the kernel chooses.
fn graph(lines: &[String]) -> Vec<String> {
    let labels: BTreeMap<&str, String> = lines
        .iter()
        .filter_map(|line| {
            let (id, label) = line
                .trim_start()
                .trim_start_matches("subgraph ")
                .split_once('[')?;
            Some((id, plain(label)))
        })
        .collect();
    // The label of an interface goes with that of its namespace.
    let name = |id: &str| {
        let above = id.rsplit_once('_').and_then(|(above, _)| labels.get(above));
        let label = labels.get(id).map_or(id, String::as_str);
        above.map_or(label.to_owned(), |above| format!("{above} {label}"))
    };
    let mut graph: Vec<String> = lines
        .iter()
        .map(|line| line.trim_start().trim_start_matches("subgraph "))
        .map(|line| match line.split_once(' ') {
            _ if line.contains('[') => name(line.split('[').next().unwrap_or_default()),
            Some((from, rest)) => {
                let (edge, to) = rest.rsplit_once(' ').unwrap_or(("", rest));
                let (mut from, mut to) = (name(from), name(to));
                // Neither end of a pair comes first.
                if edge == "---" && to < from {
                    std::mem::swap(&mut from, &mut to);
                }
                format!("{from} {edge} {to}")
            }
            None => line.to_owned(),
        })
        .collect();
    graph.sort();
    graph
}

/// The label without addresses that the kernel chose, and without ids and counts of processes.
fn plain(label: &str) -> String {
    let fields = label.split("<br/>").filter_map(|field| {
        let (key, value) = field.split_once(": ").unwrap_or(("", field));
        match key {
            "pid" | "id" | "ns" | "held-by" => None,
            "addresses" => {
                let ours = value
                    .trim_end_matches("\"]")
                    .split(',')
                    .filter(|address| !address.starts_with("fe80:"));
                Some(ours.collect::<Vec<_>>().join(","))
            }
            _ => Some(
                field
                    .chars()
                    .filter(|character| !character.is_ascii_digit())
                    .collect(),
            ),
        }
    });
    fields.collect::<Vec<_>>().join(" ")
}
