//! The sessions in the documents: each is run again and compared.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::support::case::{Case, Skip, case};
use crate::support::transcript::{self, Session};
use crate::support::{Outcome, Run as _, User, needs, path_of, tool};

/// The documents with sessions, from the root of the checkout: in Markdown, and the prose of manual pages.
const DOCUMENTS: [&str; 9] = [
    "README.md",
    "docs/tour.md",
    "docs/causes.md",
    "crates/ns-unshare/ns-unshare.1.in",
    "crates/ns-enter/ns-enter.1.in",
    "crates/ns-ls/ns-ls.8.in",
    "crates/ns-hostname/ns-hostname.1.in",
    "crates/ns-mounts/ns-mounts.8.in",
    "crates/ns-core/ns-utils.7.in",
];

/// The start and end of a session block in both.
const STARTS: [&str; 2] = ["```console", "@SESSION"];
const ENDS: [&str; 2] = ["```", "@END"];

/// A case for each session of each document, and the cases of this module.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("documents::the_comparison_tells_apart", || {
            transcript::assert_it_tells_apart();
            Ok(())
        }),
        case(
            "documents::every_page_has_eight_examples",
            every_page_has_eight_examples,
        ),
        case(
            "documents::the_tour_has_each_kind_and_is_done_again_as_a_whole",
            the_tour_has_each_kind_and_is_done_again_as_a_whole,
        ),
        case(
            "documents::the_commands_for_a_fresh_machine",
            the_commands_for_a_fresh_machine,
        ),
    ];
    for document in DOCUMENTS {
        for (number, (about, lines, session)) in (1..).zip(sessions(&read(document))) {
            let document = document.rsplit('/').next().unwrap_or(document);
            let name = format!("documents::{document}::{number}_{}", about.replace(' ', "_"));
            cases.push(case(&name, move || {
                check_needs(&lines)?;
                session.replay()
            }));
        }
    }
    cases
}

/// Checks the needs that the lines of a session show.
fn check_needs(lines: &str) -> Outcome {
    // Options and parts of maps that show subordinate ids.
    if ["--map-auto", "1 548711000 65536", "1:1:65536"]
        .iter()
        .any(|part| lines.contains(part))
    {
        User::ordinary()?.subordinate_ids()?;
    }
    let owner = std::fs::metadata("/proc/1").map(|metadata| metadata.uid());
    if lines.contains("process 1 has uid 0") && owner.is_ok_and(|uid| uid != 0) {
        let reason = "this user namespace does not map the owner of process 1";
        return Err(Skip::Lacks(reason.into()));
    }
    Ok(())
}

/// The first two commands of the README: the second runs this test, so only the first is tried here.
fn the_commands_for_a_fresh_machine() -> Outcome {
    needs::user_namespaces()?;
    let readme = read("README.md");
    let block = readme.split("```sh\n").nth(1).expect("the README has commands");
    let commands: Vec<&str> = block.lines().take_while(|line| *line != "```").collect();
    let [run, test] = commands[..] else {
        panic!("{commands:?} are not two");
    };
    assert_eq!(test, "cargo test --workspace");
    assert!(read(".ci/run").contains(test));
    let run = run
        .strip_prefix("cargo run --bin ns-unshare -- ")
        .expect("it runs one of the programs");
    // It needs only a shell and coreutils, and no ps. An ordinary user gets more ids if newuidmap and newgidmap are
    // installed.
    needs::optional("newuidmap newgidmap");
    let script = format!("exec \"$0\" {run}");
    let ran = tool("sh")
        .args(["-c", &script])
        .arg(path_of("ns-unshare"))
        .ran()
        .ok();
    assert_eq!(ran, "try\n0\n/proc/1\n");
    Ok(())
}

/// The sessions of a document, each with the heading or one-line sentence before it, and its lines. A block of `console` starts a
/// session, and a block of `console continued` continues it.
fn sessions(text: &str) -> Vec<(String, String, Session)> {
    let mut sessions: Vec<(String, Vec<&str>)> = Vec::new();
    let mut about = "";
    let mut starts_paragraph = true;
    let mut inside = false;
    for line in text.lines() {
        if inside && ENDS.contains(&line) {
            inside = false;
        } else if inside {
            let (_, lines) = sessions.last_mut().expect("it goes on with one");
            lines.push(line);
        } else if STARTS.contains(&line) {
            inside = true;
            sessions.push((about.to_owned(), Vec::new()));
        } else if line == "```console continued" {
            inside = true;
        } else if line.starts_with('#') || line.ends_with(':') && starts_paragraph {
            about = line.trim_matches(['#', ' ', ':']);
        }
        starts_paragraph = line.is_empty() || line.starts_with('.');
    }
    let session = |(about, lines): (String, Vec<&str>)| (about, lines.join("\n"), Session::parse(lines));
    sessions.into_iter().map(session).collect()
}

/// Every page has enough examples to show what the program is for.
fn every_page_has_eight_examples() -> Outcome {
    let pages = DOCUMENTS
        .iter()
        .filter(|document| document.starts_with("crates/"));
    for document in pages {
        assert!(sessions(&read(document)).len() >= 8, "{document}");
    }
    Ok(())
}

/// The tour has a section for each kind, with a session and the system calls in use. All of its code is run here.
fn the_tour_has_each_kind_and_is_done_again_as_a_whole() -> Outcome {
    const KINDS: [&str; 8] = ["UTS", "IPC", "PID", "Mount", "Network", "User", "Cgroup", "Time"];
    let tour = read("docs/tour.md");
    for kind in KINDS {
        let section = tour
            .split("\n## ")
            .find(|section| section.starts_with(&format!("{kind}: ")))
            .unwrap_or_else(|| panic!("there is no section {kind}"));
        assert!(!sessions(section).is_empty(), "{kind}");
        let (_, at_work) = section.split_once("\nSystem calls: ").expect(kind);
        let calls = ["clone(2)", "unshare(2)", "setns(2)"];
        assert!(calls.iter().any(|call| at_work.contains(call)), "{kind}");
    }
    for line in tour.lines().filter(|line| line.contains("```")) {
        assert!(
            ["```console", "```console continued", "```"].contains(&line),
            "{line}"
        );
    }
    Ok(())
}

fn read(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
