//! Frozen cgroups: a process that joins one stops until the cgroup is thawed (`cgroup.freeze` of version 2,
//! `freezer.state` of version 1).

use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::error::Doing;
use crate::escape::{quoted, word};
use crate::{Error, Result};

/// Fails if this cgroup, or one that contains it, is frozen. `directory` is its directory, and `path` its path in
/// `/proc/PID/cgroup`.
pub(super) fn check_thawed(directory: &Path, path: &Path) -> Result<()> {
    // In version 1 the state includes the states of the containing cgroups.
    let state = directory.join("freezer.state");
    if read(&state)?.is_some_and(|state| state != "THAWED") {
        return Err(frozen(path, "THAWED", &state));
    }
    // The root cgroup has no such file, and cannot be frozen.
    for (directory, path) in directory.ancestors().zip(path.ancestors()) {
        let file = directory.join("cgroup.freeze");
        match read(&file)?.as_deref() {
            Some("1") => return Err(frozen(path, "0", &file)),
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}

/// The content of the file, if it exists.
fn read(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        answer => answer
            .map(|text| Some(text.trim().to_owned()))
            .doing(|| format!("read {}", quoted(file.as_os_str().as_bytes()))),
    }
}

fn frozen(path: &Path, thawed: &str, file: &Path) -> Error {
    let path = quoted(path.as_os_str().as_bytes());
    Error::Unfit(format!(
        "the cgroup {path} is frozen: the program would not start until the cgroup is thawed"
    ))
    .with_help(format!(
        "echo {thawed} >{}, or --frozen to join the cgroup anyway",
        word(file)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgroup_is_frozen_if_it_or_a_containing_cgroup_is_frozen() {
        let top = tempfile::tempdir().unwrap();
        let inner = top.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let check = || check_thawed(&inner, Path::new("/a/b")).map_err(|error| error.to_string());
        assert_eq!(check(), Ok(()));
        for directory in ["a", "a/b"] {
            std::fs::write(top.path().join(directory).join("cgroup.freeze"), "0\n").unwrap();
        }
        assert_eq!(check(), Ok(()));
        std::fs::write(top.path().join("a/cgroup.freeze"), "1\n").unwrap();
        assert!(check().unwrap_err().starts_with("the cgroup \"/a\" is frozen: "));
        std::fs::write(inner.join("cgroup.freeze"), "1\n").unwrap();
        assert!(
            check()
                .unwrap_err()
                .starts_with("the cgroup \"/a/b\" is frozen: ")
        );
        std::fs::remove_file(inner.join("cgroup.freeze")).unwrap();
        std::fs::write(inner.join("freezer.state"), "FREEZING\n").unwrap();
        assert!(check().is_err());
    }
}
