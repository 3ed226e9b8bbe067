//! The manual pages and the help: their form, and that their lists are true.

mod fields;
mod help;
mod layout;
mod listed;

use std::path::Path;

use crate::support::case::Case;

/// The cases of all modules.
pub fn cases() -> Vec<Case> {
    [layout::cases(), help::cases(), fields::cases(), listed::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// The pages, from the root of the checkout.
const PAGES: [&str; 6] = [
    "man/ns-unshare.1",
    "man/ns-enter.1",
    "man/ns-ls.8",
    "man/ns-hostname.1",
    "man/ns-mounts.8",
    "man/ns-utils.7",
];

/// The page about everything that the programs have in common.
const COMMON: &str = PAGES[5];

fn path(page: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(page)
}

fn read(page: &str) -> String {
    std::fs::read_to_string(path(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// An item of a list: its subject and its text.
#[derive(Debug)]
struct Item {
    names: Vec<String>,
    text: String,
}

/// The lists of the common page below the comments that start with `mark`.
fn lists(mark: &str) -> Vec<(String, Vec<Item>)> {
    let page = read(COMMON);
    let start = format!(".\\\" {mark}");
    let mut lists = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(rest) = line.strip_prefix(&start) else {
            continue;
        };
        let mut items: Vec<Item> = Vec::new();
        for line in lines.by_ref().take_while(|line| *line != ".El") {
            let line = line.replace("\\-", "-").replace("\\&", "");
            if let Some(names) = line.strip_prefix(".It ") {
                let names = names.trim_start_matches("Cm ").split(" , ");
                items.push(Item {
                    names: names.map(str::to_owned).collect(),
                    text: String::new(),
                });
            } else if let Some(item) = items.last_mut() {
                item.text += &line;
                item.text.push(' ');
            }
        }
        assert!(!items.is_empty(), "no list follows {line}");
        lists.push((rest.trim().to_owned(), items));
    }
    assert!(!lists.is_empty(), "there is no {start}");
    lists
}
