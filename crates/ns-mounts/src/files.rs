//! The files with tables that the command line names.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ns_core::cli::shown;

use crate::cli::Whose;

/// The files to read. With --fstab, a directory stands for its files that end in `.fstab`, as for libmount(3).
pub fn files(whose: &Whose) -> anyhow::Result<Vec<PathBuf>> {
    if whose.fstab {
        of_fstab(whose)
    } else {
        Ok(whose.files.clone())
    }
}

/// The files to read as fstab(5).
pub fn of_fstab(whose: &Whose) -> anyhow::Result<Vec<PathBuf>> {
    let own = [fstab()];
    let named = if whose.files.is_empty() {
        &own[..]
    } else {
        &whose.files
    };
    let mut all = Vec::new();
    for file in named {
        if file.is_dir() {
            all.extend(in_directory(file)?);
        } else {
            all.push(file.clone());
        }
    }
    Ok(all)
}

/// The system administrator's table of file systems. libmount(3) reads the same variable.
fn fstab() -> PathBuf {
    let other = std::env::var_os("LIBMOUNT_FSTAB").filter(|path| !path.is_empty());
    other.map_or_else(|| "/etc/fstab".into(), PathBuf::from)
}

fn in_directory(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot read {}", shown(directory)))?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_fstab(path.file_name().unwrap_or_default()) && path.is_file())
        .collect();
    files.sort_by(|one, other| {
        let name = |path: &PathBuf| path.file_name().unwrap_or_default().as_bytes().to_vec();
        by_version(&name(one), &name(other))
    });
    Ok(files)
}

fn is_fstab(name: &OsStr) -> bool {
    let stem = name.as_bytes().strip_suffix(b".fstab");
    stem.is_some_and(|stem| !stem.is_empty() && !stem.starts_with(b"."))
}

/// The order of strverscmp(3): numbers in names are compared as numbers, unless they start with a zero.
fn by_version(one: &[u8], other: &[u8]) -> Ordering {
    let same = one
        .iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count();
    // The number that the first difference is part of can start before it.
    let digits = one[..same]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let start = same - digits;
    let number = |name: &[u8]| {
        name[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let starts_with_zero = |name: &[u8]| name.get(start) == Some(&b'0');
    if number(one) > 0 && number(other) > 0 && !starts_with_zero(one) && !starts_with_zero(other) {
        return number(one).cmp(&number(other)).then_with(|| one.cmp(other));
    }
    one.cmp(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_compared_as_numbers() {
        let mut names = ["b10", "1a", "10", "-q", "9", "b2", "09", "_x", "a.b", "B1", "1B"];
        names.sort_by(|one, other| by_version(one.as_bytes(), other.as_bytes()));
        assert_eq!(
            names,
            ["-q", "09", "1B", "1a", "9", "10", "B1", "_x", "a.b", "b2", "b10"]
        );
    }

    #[test]
    fn hidden_files_and_other_names_are_no_tables() {
        for (name, is) in [
            ("a.fstab", true),
            (".fstab", false),
            (".a.fstab", false),
            ("a", false),
            ("a.FSTAB", false),
        ] {
            assert_eq!(is_fstab(OsStr::new(name)), is, "{name}");
        }
    }
}
