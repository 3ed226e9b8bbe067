//! Checks of dependencies: their licences, duplicate versions, and the Rust that they need.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::generated::root;

/// The licences that code in the programs may have. If a crate offers several, one of them is enough.
const LICENCES: [&str; 5] = ["Apache-2.0", "BSD-2-Clause", "MIT", "Unicode-3.0", "Unlicense"];

/// The crates that are used in more than one version, each with the reason.
const DUPLICATES: [(&str, &str); 1] = [(
    "syn",
    "zerocopy-derive, below netlink-packet-route, is not at version 3 yet; it is in no program",
)];

/// Fails if a dependency breaks a rule, and names each.
pub fn check() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--quiet", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let faults = faults(&serde_json::from_slice(&output.stdout)?, &DUPLICATES)?;
    if !faults.is_empty() {
        bail!("these dependencies break a rule:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

/// The faults of the packages that cargo lists.
fn faults(metadata: &Value, duplicates: &[(&str, &str)]) -> Result<Vec<String>> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let own = packages
        .iter()
        .find(|package| package["name"] == "ns-utils")
        .context("no ns-utils")?;
    let own = rust_version(own).context("ns-utils has no rust-version")?;
    let mut faults = Vec::new();
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        let version = package["version"]
            .as_str()
            .context("a package without a version")?;
        versions.entry(name).or_default().insert(version);
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence) => {}
            Some(licence) => faults.push(format!(
                "{name} {version} has the licence {licence:?}, which is not allowed"
            )),
            None => faults.push(format!("{name} {version} names no licence")),
        }
        if rust_version(package).is_some_and(|needed| needed > own) {
            let needed = &package["rust_version"];
            faults.push(format!(
                "{name} {version} needs Rust {needed}, which is newer than our rust-version"
            ));
        }
    }
    for (name, versions) in &versions {
        if versions.len() > 1 && !duplicates.iter().any(|(known, _)| known == name) {
            let versions: Vec<_> = versions.iter().copied().collect();
            faults.push(format!(
                "{name} is there in {} without a reason in DUPLICATES",
                versions.join(" and ")
            ));
        }
    }
    for (name, _) in duplicates {
        if versions.get(name).is_none_or(|versions| versions.len() < 2) {
            faults.push(format!("{name} is in DUPLICATES, and there is one version of it"));
        }
    }
    Ok(faults)
}

/// The oldest Rust that a package says it can be built with: the numbers of `1.88` or `1.88.0`.
fn rust_version(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// True if allowed licences satisfy an SPDX expression. In an old expression, a slash means `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    any(&mut rest) == Some(true) && rest.is_empty()
}

/// Licences joined by `OR`; `None` if the text is not an expression.
fn any(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = all(words)?;
    while next_if(words, "OR") {
        allowed |= all(words)?;
    }
    Some(allowed)
}

/// Licences joined by `AND`, which binds more tightly.
fn all(words: &mut &[&str]) -> Option<bool> {
    let mut allowed = one(words)?;
    while next_if(words, "AND") {
        allowed &= one(words)?;
    }
    Some(allowed)
}

/// One licence, or an expression between parentheses. An exception after `WITH` only permits more.
fn one(words: &mut &[&str]) -> Option<bool> {
    if next_if(words, "(") {
        let allowed = any(words)?;
        return next_if(words, ")").then_some(allowed);
    }
    let allowed = LICENCES.contains(&next(words)?);
    if next_if(words, "WITH") {
        next(words)?;
    }
    Some(allowed)
}

fn next<'w>(words: &mut &[&'w str]) -> Option<&'w str> {
    let (first, rest) = words.split_first()?;
    *words = rest;
    Some(first)
}

fn next_if(words: &mut &[&str], word: &str) -> bool {
    let found = words.first() == Some(&word);
    if found {
        *words = &words[1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_dependencies_break_no_rule() {
        check().unwrap();
    }

    #[test]
    fn a_licence_is_allowed_if_its_expression_can_be_satisfied() {
        for expression in [
            "MIT",
            "MIT/Apache-2.0",
            "MIT OR GPL-3.0-only",
            "GPL-3.0-only OR MIT",
            "(MIT OR GPL-3.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_allowed(expression), "{expression}");
        }
        for expression in [
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "MIT AND (GPL-3.0-only OR MPL-2.0)",
            "MIT OR",
            "(MIT",
            "MIT MIT",
            "",
        ] {
            assert!(!is_allowed(expression), "{expression}");
        }
    }

    #[test]
    fn each_bad_dependency_is_named() {
        let package = |name: &str, version: &str, licence: Option<&str>, rust: &str| json!({"name": name, "version": version, "license": licence, "rust_version": rust});
        let own = || package("ns-utils", "0.1.0", Some("MIT"), "1.88");
        let found = |packages: Vec<Value>, duplicates: &[(&str, &str)]| {
            faults(&json!({"packages": packages}), duplicates).unwrap()
        };
        assert_eq!(
            found(vec![own(), package("a", "1.0.0", Some("MIT"), "1.9.0")], &[]),
            [""; 0]
        );
        assert_eq!(
            found(
                vec![own(), package("a", "1.0.0", Some("GPL-3.0-only"), "1.9")],
                &[]
            ),
            ["a 1.0.0 has the licence \"GPL-3.0-only\", which is not allowed"]
        );
        assert_eq!(
            found(vec![own(), package("a", "1.0.0", None, "1.9")], &[]),
            ["a 1.0.0 names no licence"]
        );
        assert_eq!(
            found(vec![own(), package("a", "1.0.0", Some("MIT"), "1.100")], &[]),
            ["a 1.0.0 needs Rust \"1.100\", which is newer than our rust-version"]
        );
        let twice = || {
            ["1.0.0", "2.0.0"]
                .map(|version| package("a", version, Some("MIT"), "1.9"))
                .into_iter()
        };
        assert_eq!(
            found([own()].into_iter().chain(twice()).collect(), &[]),
            ["a is there in 1.0.0 and 2.0.0 without a reason in DUPLICATES"]
        );
        assert_eq!(
            found([own()].into_iter().chain(twice()).collect(), &[("a", "so")]),
            [""; 0]
        );
        assert_eq!(
            found(vec![own()], &[("a", "so")]),
            ["a is in DUPLICATES, and there is one version of it"]
        );
    }
}
