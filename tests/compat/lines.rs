//! Command lines of packages, manuals and scripts, by the installed relatives and by the programs under the same names.
//!
//! `lines/table` has the command lines. Status, output and effect are the same, except where the table names a difference:
//! a row of the tables in the section COMPATIBILITY of ns-utils(7). A difference that the page lacks is a fault, as is one
//! that is gone, or that no command line shows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::scene::{Did, Scene};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, needs};

cases!["compat::lines":
    at_least_300_name_their_source, lines_of_findmnt, lines_of_lsns, lines_of_nsenter, lines_of_unshare, lines_of_hostname,
    scripts_of_packages,
    each_expected_difference_is_in_the_page, each_difference_of_the_page_is_shown,
];

const TABLE: &str = include_str!("lines/table");

/// The page with the tables of differences.
const PAGE: &str = "crates/ns-core/ns-utils.7.in";

/// A row of the table.
pub struct Line {
    /// The package or the project that it is modelled on, or `form` if no source is known.
    origin: &'static str,
    /// The row of the page that it shows.
    difference: Option<Difference>,
    /// The command line.
    pub command: &'static str,
}

/// A row of a table of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    /// True if only the program's own name makes the difference.
    own: bool,
    /// The relative, which is the heading of the table, and the first cell.
    name: &'static str,
}

impl Line {
    /// A line that chance has made.
    pub fn random(command: String) -> Self {
        Self {
            origin: "random",
            difference: None,
            command: command.leak(),
        }
    }

    /// True if the line is also run under the program's own name.
    pub fn is_own(&self) -> bool {
        self.difference.is_some_and(|difference| difference.own)
    }
}

/// The lines below the heading of a relative.
fn lines(relative: &str) -> Vec<Line> {
    let heading = format!("\n# {relative}(");
    let (_, from) = TABLE.split_once(&heading).expect("the table has a part for each");
    let part = from.split("\n# ").next().expect("it has a first");
    part.lines().skip(1).filter_map(line).collect()
}

fn line(row: &'static str) -> Option<Line> {
    if row.is_empty() {
        return None;
    }
    let cells: Vec<_> = row.splitn(3, " | ").collect();
    let [origin, difference, command] = cells[..] else {
        panic!("{row}: three cells are expected");
    };
    let difference = (difference != "-").then(|| match difference.strip_prefix("own ") {
        Some(name) => Difference { own: true, name },
        None => Difference {
            own: false,
            name: difference,
        },
    });
    Some(Line {
        origin,
        difference,
        command,
    })
}

const RELATIVES: [&str; 5] = ["findmnt", "lsns", "nsenter", "unshare", "hostname"];

fn all() -> impl Iterator<Item = Line> {
    RELATIVES.into_iter().flat_map(lines)
}

fn at_least_300_name_their_source() -> Outcome {
    let commands: BTreeSet<_> = all().map(|line| line.command).collect();
    let named = all().filter(|line| !["form", "docs"].contains(&line.origin));
    assert!(named.count() >= 300);
    assert_eq!(commands.len(), all().count(), "no line is there twice");
    let origins: BTreeSet<_> = all().map(|line| line.origin).collect();
    assert!(origins.len() >= 20, "{origins:?}");
    // A line without a source is called a form, not a line of some script.
    assert!(!origins.contains("script"), "{origins:?}");
    Ok(())
}

/// The differences in words; empty if there are none.
fn differences(theirs: &Did, ours: &Did) -> String {
    let mut text = String::new();
    let mut differ = |what: &str, theirs: &str, ours: &str| {
        if theirs != ours {
            let _ = writeln!(text, "  {what}");
            // The order may be all that differs.
            for (sign, here, there) in [("-", theirs, ours), ("+", ours, theirs)] {
                for line in here
                    .lines()
                    .filter(|line| !there.lines().any(|other| other == *line))
                {
                    let _ = writeln!(text, "  {sign} {line}");
                }
            }
        }
    };
    differ("status", &theirs.status, &ours.status);
    differ("output", &theirs.output, &ours.output);
    differ("stderr", &theirs.complains, &ours.complains);
    differ("effect", &theirs.effect, &ours.effect);
    text
}

/// Runs the lines of a relative, and compares.
fn compare(relative: &str) -> Outcome {
    compare_lines(&lines(relative))
}

/// Runs these lines, and compares.
pub fn compare_lines(lines: &[Line]) -> Outcome {
    let mut faults = String::new();
    let scene = Scene::run(lines)?;
    for (number, line) in lines.iter().enumerate() {
        let theirs = scene.did(number, "theirs");
        let found = differences(&theirs, &scene.did(number, "ours"));
        let own = line
            .is_own()
            .then(|| differences(&theirs, &scene.did(number, "own")));
        let fault = match line.difference {
            None if found.is_empty() => continue,
            None => found,
            Some(difference) if difference.own && !found.is_empty() => {
                format!("  also under the name of the relative:\n{found}")
            }
            Some(difference) if own.as_ref().unwrap_or(&found).is_empty() => {
                format!("  no longer differs: {}\n", difference.name)
            }
            Some(_) => continue,
        };
        let _ = write!(faults, "{}: {}\n{fault}", line.origin, line.command);
    }
    assert!(faults.is_empty(), "{faults}");
    Ok(())
}

fn lines_of_findmnt() -> Outcome {
    compare("findmnt")
}

fn lines_of_lsns() -> Outcome {
    compare("lsns")
}

fn lines_of_nsenter() -> Outcome {
    compare("nsenter")
}

fn lines_of_unshare() -> Outcome {
    compare("unshare")
}

fn lines_of_hostname() -> Outcome {
    needs::installed("domainname")?;
    compare("hostname")
}

/// Whole scripts, which `.ci/run` takes from their packages.
fn scripts_of_packages() -> Outcome {
    needs::whole_root()?;
    if !super::scene::scripts().is_dir() {
        return Err(Skip::Lacks("no scripts are unpacked: .ci/run does that".into()));
    }
    needs::tools("bash lsblk find");
    compare("scripts")
}

/// The rows of the tables of the page, as `findmnt: USE%`.
fn rows_of_the_page() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(file).expect("it is in the checkout");
    let (_, section) = page.split_once(".Sh COMPATIBILITY\n").expect("it has one");
    let section = section.split("\n.Sh ").next().expect("it has a first");
    let mut rows = BTreeSet::new();
    for table in section.split("\n.Ss ").skip(1) {
        let heading = table.split(['(', '\n']).next().expect("it has a first");
        let (_, rest) = table.split_once("@TABLE ").expect("each has a table");
        let (inside, _) = rest.split_once("\n@END").expect("it ends");
        for row in inside.lines().skip(1).filter(|row| !row.starts_with(' ')) {
            let topic = row.split(" | ").next().expect("it has a first").replace('`', "");
            rows.insert(format!("{heading}: {topic}"));
        }
    }
    rows
}

/// The cases and measurements that show what no command line can show.
fn elsewhere() -> Vec<Line> {
    lines("elsewhere")
}

fn shown() -> impl Iterator<Item = Difference> {
    all().chain(elsewhere()).filter_map(|line| line.difference)
}

fn each_expected_difference_is_in_the_page() -> Outcome {
    let rows = rows_of_the_page();
    let unknown: BTreeSet<_> = shown()
        .map(|difference| difference.name)
        .filter(|name| !rows.contains(*name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    Ok(())
}

fn each_difference_of_the_page_is_shown() -> Outcome {
    let shown: BTreeSet<_> = shown().map(|difference| difference.name).collect();
    let relative = |row: &&String| RELATIVES.iter().any(|name| row.starts_with(&format!("{name}: ")));
    let rows = rows_of_the_page();
    let missing: Vec<_> = rows
        .iter()
        .filter(relative)
        .filter(|row| !shown.contains(row.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    // A case that shows one has to exist.
    for line in elsewhere() {
        let mut parts: Vec<_> = line.command.split("::").collect();
        let name = parts.pop().expect("it has a last");
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(line.origin)
            .join(parts.join("/") + ".rs");
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(text.contains(&format!("fn {name}(")), "{}", line.command);
    }
    Ok(())
}
