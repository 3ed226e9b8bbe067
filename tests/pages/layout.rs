//! The form of the pages: their sections, and their text at 80 columns.

use std::collections::HashSet;

use super::{PAGES, path, read};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, tool};

cases!["pages::layout":
    every_page_has_its_sections,
    sections_of_options_are_groups,
    pages_are_clean_mdoc,
    pages_fit_eighty_columns,
];

/// The sections of every page, in this order. A page may have its own sections between them.
const SECTIONS: [&str; 9] = [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "NOTES",
    "SEE ALSO",
];

fn every_page_has_its_sections() -> Outcome {
    for page in PAGES {
        let text = read(page);
        let sections: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix(".Sh "))
            .collect();
        let known: Vec<&str> = sections
            .iter()
            .copied()
            .filter(|section| SECTIONS.contains(section))
            .collect();
        assert_eq!(known, SECTIONS, "{page}");
        let unique: HashSet<&str> = sections.iter().copied().collect();
        assert_eq!(unique.len(), sections.len(), "{page}: {sections:?}");
        let synopsis = section(&text, "SYNOPSIS");
        assert!(
            synopsis.contains(".Nm") && synopsis.contains("Ar "),
            "{page}: {synopsis}"
        );
    }
    Ok(())
}

fn sections_of_options_are_groups() -> Outcome {
    for page in &PAGES[..5] {
        let text = read(page);
        let groups = section(&text, "OPTIONS")
            .lines()
            .filter(|line| line.starts_with(".Ss "))
            .count();
        assert!(groups >= 3, "{page} has {groups} groups of options");
    }
    Ok(())
}

fn pages_are_clean_mdoc() -> Outcome {
    let mandoc = needs::installed("mandoc")?;
    for page in PAGES {
        let ran = tool(&mandoc)
            .args(["-T", "lint", "-W", "warning"])
            .arg(path(page))
            .ran();
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, ""),
            "{page}: {}",
            ran.stderr
        );
    }
    Ok(())
}

fn pages_fit_eighty_columns() -> Outcome {
    let man = needs::installed("man")?;
    needs::tools("groff");
    // man(1) decides which of these it runs.
    needs::optional("col eqn grotty locale nroff preconv tbl troff");
    for page in PAGES {
        let shown = tool(&man).env("MANWIDTH", "80").arg("-l").arg(path(page)).ran();
        // The formatter must not complain, for example about a list or a table that is too wide for its column.
        let text = shown.ok();
        assert!(text.lines().count() > 100, "{page}: {text}");
        let heading = text.lines().next().unwrap_or_default();
        assert!(
            heading.contains("Linux") && !heading.contains("BSD"),
            "{page}: {heading}"
        );
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{page}: {line}");
        }
    }
    Ok(())
}

/// The text of a section.
fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("\n.Sh {name}\n");
    let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no {name}"));
    rest.split("\n.Sh ").next().unwrap_or(rest)
}
