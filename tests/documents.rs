//! What the documents show is what happens: every session in them is done again.

use std::path::Path;

use crate::support::case::{Case, case};
use crate::support::transcript::{self, Session};
use crate::support::{Outcome, Run as _, needs, program};

/// The documents with sessions, from the root of the checkout.
const DOCUMENTS: [&str; 1] = ["README.md"];

/// A case for each session of each document, beside those of this module.
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
        for (number, (heading, session)) in (1..).zip(sessions(&read(document))) {
            let name = format!("documents::{document}::{number}_{}", heading.replace(' ', "_"));
            cases.push(case(&name, move || session.replay()));
        }
    }
    cases
}

/// The first two commands of the README: this test is part of the second, so that the first is left to try.
fn the_commands_for_a_fresh_machine() -> Outcome {
    needs::installed("ps")?;
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

/// The sessions of a document in Markdown, each with the heading that it stands under. A block of `console` is one, and
/// a block of `console continued` goes on with the one before.
fn sessions(text: &str) -> Vec<(String, Session)> {
    let mut sessions: Vec<(String, Vec<&str>)> = Vec::new();
    let mut heading = "";
    let mut language = None;
    for line in text.lines() {
        match language {
            None if line.starts_with("```") => {
                language = line.strip_prefix("```");
                if language == Some("console") {
                    sessions.push((heading.to_owned(), Vec::new()));
                }
            }
            None if line.starts_with('#') => heading = line.trim_start_matches(['#', ' ']),
            None => {}
            Some(_) if line == "```" => language = None,
            Some("console" | "console continued") => {
                let (_, lines) = sessions.last_mut().expect("it goes on with one");
                lines.push(line);
            }
            Some(_) => {}
        }
    }
    let session = |(heading, lines): (String, Vec<&str>)| (heading, Session::parse(lines));
    sessions.into_iter().map(session).collect()
}

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
