//! The steps of a launch: each that can be done is planned by a program.

use std::path::{Path, PathBuf};

use crate::support::Outcome;
use crate::support::case::{Case, case};

/// The directories of the families of steps, and the files that plan them, from the root of the checkout.
const FAMILIES: [&str; 2] = [
    "crates/ns-core/src/launch/inside",
    "crates/ns-core/src/launch/outside",
];
const PLANNERS: [&str; 3] = [
    "crates/ns-unshare/src/plan.rs",
    "crates/ns-unshare/src/names.rs",
    "crates/ns-enter/src/plan.rs",
];

/// The cases of this module.
pub fn cases() -> Vec<Case> {
    vec![case(
        "steps::each_is_planned_by_a_program",
        each_is_planned_by_a_program,
    )]
}

fn each_is_planned_by_a_program() -> Outcome {
    let planners: String = PLANNERS.into_iter().map(read).collect();
    let mut count = 0;
    for file in FAMILIES.into_iter().flat_map(files_of) {
        for step in steps_in(&read(&file)) {
            count += 1;
            assert!(
                planners.contains(&step),
                "no program plans {step} of {}: add it to one of {}",
                file.display(),
                PLANNERS.join(", ")
            );
        }
    }
    assert!(count > 40, "only {count} steps were found");
    Ok(())
}

/// The variants of the public enums whose names end in `Step`: `MountStep::Bind`.
fn steps_in(source: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut family = None;
    for line in source.lines() {
        if let Some(name) = line.strip_prefix("pub enum ") {
            family = name.strip_suffix(" {").filter(|name| name.ends_with("Step"));
        } else if line == "}" {
            family = None;
        } else if let (Some(family), Some(variant)) = (family, line.strip_prefix("    ")) {
            let name: String = variant.chars().take_while(char::is_ascii_alphanumeric).collect();
            if name.starts_with(|first: char| first.is_ascii_uppercase()) {
                steps.push(format!("{family}::{name}"));
            }
        }
    }
    steps
}

fn files_of(directory: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(directory)).expect("the directory is there");
    let paths = entries.map(|entry| entry.expect("the entry is read").path());
    paths
        .map(|path| {
            path.strip_prefix(root())
                .expect("it is below the root")
                .to_owned()
        })
        .collect()
}

fn read(file: impl AsRef<Path>) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
