//! Why a program that seems to be there is not run (`execve(2)`).

use std::ffi::{CStr, OsStr};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nix::errno::Errno;

use super::Finding;
use crate::error::quoted;

/// Looks at the file. One that is not there, and one to be looked for in `PATH`, needs no more words.
pub(super) fn not_run(file: &CStr, errno: Errno) -> Option<Finding> {
    let path = Path::new(OsStr::from_bytes(file.to_bytes()));
    if !file.to_bytes().contains(&b'/') {
        return None;
    }
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.is_dir() {
        return Some(Finding::new("it is a directory"));
    }
    if errno == Errno::ENOENT {
        return missing_interpreter(path);
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o111 == 0 {
        let finding = Finding::new(format!("it is not executable (mode {mode:04o})"));
        return Some(finding.help(format!("chmod +x {}", path.display())));
    }
    let system = rustix::fs::statvfs(path).ok()?;
    system
        .f_flag
        .contains(rustix::fs::StatVfsMountFlags::NOEXEC)
        .then(|| Finding::new("it is on a file system mounted noexec"))
}

/// The file is there: what is missing is what runs it.
fn missing_interpreter(path: &Path) -> Option<Finding> {
    let mut start = [0; 256];
    let length = std::fs::File::open(path).ok()?.read(&mut start).ok()?;
    let start = &start[..length];
    let Some(line) = start.strip_prefix(b"#!") else {
        return start
            .starts_with(b"\x7fELF")
            .then(|| Finding::new("the loader that the program asks for is not there"));
    };
    let line = line.split(|byte| *byte == b'\n').next()?.trim_ascii();
    let interpreter = line.split(u8::is_ascii_whitespace).next()?;
    Some(Finding::new(format!(
        "its interpreter {} is not there",
        quoted(interpreter)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_its_interpreter_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("script");
        std::fs::write(&script, "#! /no/such/shell -e\n").unwrap();
        let name = std::ffi::CString::new(script.as_os_str().as_bytes()).unwrap();
        let found = not_run(&name, Errno::ENOENT).unwrap();
        assert_eq!(found.cause, "its interpreter \"/no/such/shell\" is not there");
        let found = not_run(&name, Errno::EACCES).unwrap();
        assert!(
            found.cause.starts_with("it is not executable (mode 0"),
            "{found:?}"
        );
        assert_eq!(
            not_run(c"/tmp", Errno::EACCES),
            Some(Finding::new("it is a directory"))
        );
        assert_eq!(not_run(c"no-such-program", Errno::ENOENT), None);
    }
}
