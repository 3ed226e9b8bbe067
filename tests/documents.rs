//! What the documents show is what happens: every session in them is done again.

use std::path::Path;

use crate::support::case::{Case, case};
use crate::support::transcript::{self, Session};
use crate::support::{Outcome, Run as _, program};

/// The documents with sessions, from the root of the checkout.
const DOCUMENTS: [&str; 1] = ["README.md"];

/// A case for each section of each document, beside those of this module.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("documents::the_comparison_tells_apart", || {
            transcript::assert_it_tells_apart();
            Ok(())
        }),
        case(
            "documents::the_commands_for_a_fresh_machine",
            the_commands_for_a_fresh_machine,
        ),
    ];
    for document in DOCUMENTS {
        for (section, session) in sections(&read(document)) {
            let name = format!("documents::{document}::{}", section.replace(' ', "_"));
            cases.push(case(&name, move || session.replay()));
        }
    }
    cases
}

/// The first two commands of the README: this test is part of the second, so that the first is left to try.
fn the_commands_for_a_fresh_machine() -> Outcome {
    let readme = read("README.md");
    let block = readme.split("```sh\n").nth(1).expect("the README has commands");
    let commands: Vec<&str> = block.lines().take_while(|line| *line != "```").collect();
    let [run, test] = commands[..] else {
        panic!("{commands:?} are not two");
    };
    assert_eq!(test, "cargo test --workspace");
    assert!(read(".ci/run").contains(test));
    let run = run
        .strip_prefix("cargo run --bin ")
        .expect("it runs one of the programs");
    let (name, arguments) = run.split_once(" -- ").expect("with arguments");
    let table = program(name).with(arguments).ok();
    let pids: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(pids, ["PID", "1"], "{table}");
    Ok(())
}

/// The sessions of a document in Markdown, each with the heading that it stands under: the blocks of `console` under one
/// heading are one session.
fn sections(text: &str) -> Vec<(String, Session)> {
    let mut sections = Vec::new();
    let mut heading = String::new();
    let mut lines: Vec<&str> = Vec::new();
    let mut inside = None;
    for line in text.lines() {
        match inside {
            Some(_) if line == "```" => inside = None,
            Some("console") => lines.push(line),
            Some(_) => {}
            None if line.starts_with("```") => inside = Some(&line[3..]),
            None if line.starts_with('#') => {
                if !lines.is_empty() {
                    sections.push((std::mem::take(&mut heading), Session::parse(lines.drain(..))));
                }
                line.trim_start_matches(['#', ' ']).clone_into(&mut heading);
            }
            None => {}
        }
    }
    if !lines.is_empty() {
        sections.push((heading, Session::parse(lines)));
    }
    sections
}

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
