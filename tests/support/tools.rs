//! The tools that a case runs: only those that it declares are in its `PATH`, beside those of [`EVERYWHERE`].
//!
//! A tool is declared by [`tool`](super::tool), which runs it, and by [`needs::installed`](super::needs::installed) and
//! [`needs::tools`](super::needs::tools), which are for scripts. If a case runs another one it fails, even if the script
//! goes on without it: a machine that lacks the tool would otherwise show a failure where it should show an ignored case.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// Tools that need no declaration: `sh`, `grep`, `sed`, and those of coreutils that cases run.
const EVERYWHERE: [&str; 58] = [
    "[", "arch", "base64", "basename", "cat", "chgrp", "chmod", "chown", "chroot", "cp", "cut", "date", "dd",
    "df", "dirname", "echo", "env", "expr", "false", "grep", "head", "id", "install", "kill", "ln", "ls",
    "md5sum", "mkdir", "mkfifo", "mknod", "mktemp", "mv", "nice", "nohup", "od", "printf", "pwd", "readlink",
    "realpath", "rm", "rmdir", "sed", "seq", "sh", "sleep", "sort", "stat", "stty", "tail", "tee", "test",
    "timeout", "touch", "tr", "true", "tty", "uname", "wc",
];

/// The directories of the system's tools.
const SYSTEM: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/// The replacement of each tool that a case does not declare: it writes its name into the case's directory.
const UNDECLARED: &str = r#"#!/bin/sh
name=${0##*/}
echo "$name" >>"${0%/undeclared/*}/ran"
echo "$name: this case does not declare it" >&2
exit 127
"#;

/// The directory of this run, below which each case has one.
static DIRECTORY: OnceLock<TempDir> = OnceLock::new();

/// The number of the next case.
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The directory of the case that this thread runs.
    static CASE: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The directories of tools. The directories of the system come first, because another directory may be closed to the
/// ordinary user.
fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    SYSTEM
        .map(PathBuf::from)
        .into_iter()
        .chain(std::env::split_paths(&path))
        .collect()
}

/// The file of an installed tool.
pub fn find(name: &str) -> Option<PathBuf> {
    let files = places().into_iter().map(|directory| directory.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// Makes the directory of this run, which every user can read.
fn directory() -> &'static Path {
    let made = DIRECTORY.get_or_init(|| {
        let directory = tempfile::Builder::new()
            .prefix("ns-utils-tools.")
            .permissions(Permissions::from_mode(0o755))
            .tempdir_in("/var/tmp")
            .expect("a directory can be made in /var/tmp");
        let below = |name: &str| directory.path().join(name);
        for name in ["everywhere", "undeclared", "cases"] {
            fs::create_dir(below(name)).expect("it is ours");
        }
        for name in EVERYWHERE {
            if let Some(file) = find(name) {
                symlink(file, below("everywhere").join(name)).expect("it is new");
            }
        }
        let script = below("undeclared.sh");
        fs::write(&script, UNDECLARED).expect("it is ours");
        fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("it is ours");
        for entry in places()
            .iter()
            .filter_map(|place| fs::read_dir(place).ok())
            .flatten()
            .flatten()
        {
            // Many are in two places.
            let _ = symlink(&script, below("undeclared").join(entry.file_name()));
        }
        directory
    });
    made.path()
}

/// Runs a case, and gives what it returned, with the names of undeclared tools that it ran.
pub fn of_case<T>(run: impl FnOnce() -> T) -> (T, Vec<String>) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed).to_string();
    let case = directory().join("cases").join(number);
    fs::create_dir_all(case.join("declared")).expect("it is ours");
    symlink("../../undeclared", case.join("undeclared")).expect("it is new");
    let ran = case.join("ran");
    fs::write(&ran, "").expect("it is ours");
    fs::set_permissions(&ran, Permissions::from_mode(0o666)).expect("it is ours");
    let around = CASE.replace(Some(case.clone()));
    let result = run();
    CASE.set(around);
    let mut names: Vec<String> = fs::read_to_string(&ran)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    let _ = fs::remove_dir_all(&case);
    (result, names)
}

/// Removes the directory of this run.
pub fn tidy() {
    if let Some(directory) = DIRECTORY.get() {
        let _ = fs::remove_dir_all(directory.path());
    }
}

/// The directory of the case that this thread runs.
fn case() -> PathBuf {
    CASE.with_borrow(|case| case.clone().expect("a case runs tools on its own thread"))
}

/// Puts a tool in the `PATH` of this case.
pub fn declare(name: &str, file: &Path) {
    // It may be there already.
    let _ = symlink(file, case().join("declared").join(name));
}

/// The `PATH` of what this case runs. In a root directory that lacks all of this, the directories of the system are left.
pub fn path() -> OsString {
    let case = case();
    let own = [
        case.join("declared"),
        directory().join("everywhere"),
        case.join("undeclared"),
    ];
    std::env::join_paths(own.into_iter().chain(SYSTEM.map(PathBuf::from))).expect("no colon is in it")
}

/// The tools' `PATH`, with this directory first.
pub fn path_with(programs: &Path) -> OsString {
    let mut path = OsString::from(programs);
    path.push(":");
    path.push(self::path());
    path
}
