//! The licences of the crates in the programs. They must be part of every copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::build;
use super::tools::output;
use super::tree::FileTree;
use crate::generated;

/// The texts for all dependencies in the programs. Each of them can be used under the MIT licence.
pub fn of_the_crates() -> Result<String> {
    let metadata = output(
        Command::new(env!("CARGO"))
            .args(["metadata", "--quiet", "--locked", "--format-version", "1"])
            .args(["--filter-platform", &build::triple()])
            .current_dir(generated::root()),
    )?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut crates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in linked(&metadata)? {
        let text = |key: &str| {
            package[key]
                .as_str()
                .with_context(|| format!("a package without {key}"))
        };
        let licence = licence(Path::new(text("manifest_path")?))?;
        let name = format!("{} {}", text("name")?, text("version")?);
        crates.entry(licence).or_default().push(name);
    }
    let mut sections: Vec<_> = crates
        .into_iter()
        .map(|(text, names)| (names.join(", "), text))
        .collect();
    sections.sort();
    let mut all = String::from(
        "The programs of ns-utils contain code of the Rust standard library (MIT or Apache-2.0, the Rust project's\n\
         contributors) and of these crates, each under the licence that stands below it.\n",
    );
    for (names, text) in sections {
        write!(all, "\n{}\n{names}\n\n{}\n", "=".repeat(79), text.trim())?;
    }
    Ok(all)
}

/// The packages that the root package needs at run time, directly or indirectly.
fn linked(metadata: &Value) -> Result<Vec<&Value>> {
    let by_id = |list: &'static str, key: &'static str| -> Result<BTreeMap<&str, &Value>> {
        let list = metadata
            .pointer(list)
            .and_then(Value::as_array)
            .with_context(|| format!("no {list}"))?;
        Ok(list
            .iter()
            .filter_map(|item| Some((item[key].as_str()?, item)))
            .collect())
    };
    let packages = by_id("/packages", "id")?;
    let nodes = by_id("/resolve/nodes", "id")?;
    let mut todo = vec![metadata["resolve"]["root"].as_str().context("no root package")?];
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if is_macro(packages[id]) || !seen.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().into_iter().flatten() {
            let kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
            // Dependencies for tests and for building have a kind.
            if kinds.clone().any(|kind| kind["kind"].is_null()) {
                todo.extend(dependency["pkg"].as_str());
            }
        }
    }
    let seen = seen.into_iter().map(|id| packages[id]);
    Ok(seen.filter(|package| !package["source"].is_null()).collect())
}

/// True if it runs only during the build.
fn is_macro(package: &Value) -> bool {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets
        .flat_map(|target| target["kind"].as_array().into_iter().flatten())
        .any(|kind| kind == "proc-macro")
}

/// The text in the package of a crate.
fn licence(manifest: &Path) -> Result<String> {
    let directory = manifest.parent().context("a manifest is in a directory")?;
    for name in ["LICENSE-MIT", "LICENSE"] {
        let path = directory.join(name);
        if path.exists() {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            if !text.contains("Permission is hereby granted, free of charge") {
                bail!("{} is not the MIT licence", path.display());
            }
            return Ok(text.replace("\r\n", "\n"));
        }
    }
    bail!("{} has no MIT licence", directory.display());
}

/// Adds the licence of the GNU C library, which static programs contain, and the document about static programs.
pub fn of_the_c_library(tree: &mut FileTree) -> Result<()> {
    let directory = PathBuf::from("share/doc/ns-utils");
    for (name, from) in [
        ("COPYRIGHT-OF-GLIBC", "/usr/share/doc/libc6-dev/copyright"),
        ("LGPL-2.1", "/usr/share/common-licenses/LGPL-2.1"),
    ] {
        tree.copy(directory.join(name), Path::new(from))
            .context("static programs contain the GNU C library, and its licence has to go with them")?;
    }
    tree.text(
        directory.join("STATIC.md"),
        include_str!("static.md").into(),
        false,
    )
}
