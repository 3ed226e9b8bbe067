//! Running a program, and the results of its run.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{needs, tools};

/// One of the five programs, with a fixed environment.
pub fn program(name: &str) -> Command {
    tool(path_of(name))
}

/// Any program with that environment. A bare name declares the tool: the case is ignored if it is not installed.
pub fn tool(path: impl AsRef<OsStr>) -> Command {
    let path = path.as_ref();
    if let Some(name) = path.to_str().filter(|name| !name.contains('/')) {
        needs::tools(name);
    }
    let mut command = Command::new(path);
    command
        .env("PATH", tools::path())
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "dumb")
        .stdin(Stdio::null());
    for name in ["RUST_BACKTRACE", "COLUMNS", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

/// unshare(1) with the rights of root: in a new user namespace if the caller is not root.
pub fn unshare() -> Command {
    let mut command = tool("unshare");
    if needs::root().is_err() {
        needs::met(needs::user_namespaces());
        command.arg("--map-root-user");
    }
    command
}

/// The path where cargo has put the program.
pub fn path_of(name: &str) -> &'static Path {
    Path::new(match name {
        "ns-unshare" => env!("CARGO_BIN_EXE_ns-unshare"),
        "ns-enter" => env!("CARGO_BIN_EXE_ns-enter"),
        "ns-ls" => env!("CARGO_BIN_EXE_ns-ls"),
        "ns-hostname" => env!("CARGO_BIN_EXE_ns-hostname"),
        "ns-mounts" => env!("CARGO_BIN_EXE_ns-mounts"),
        _ => panic!("{name} is not one of the programs"),
    })
}

/// The result of a run.
#[derive(Debug)]
pub struct Ran {
    /// The exit status as a shell shows it: 128 plus the signal if a signal killed the program.
    pub status: i32,
    /// The signal it died of.
    pub signal: Option<i32>,
    /// Its output, lossily if it is not text.
    pub stdout: String,
    /// Its text on stderr.
    pub stderr: String,
    /// Its exact output.
    pub bytes: Vec<u8>,
}

impl Ran {
    /// Its output, if it succeeded with nothing on stderr.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status == 0 && self.stderr.is_empty(), "{self:#?}");
        self.stdout
    }

    /// The lines of its output, if it succeeded, with one blank between words.
    #[track_caller]
    pub fn lines(self) -> Vec<String> {
        let in_words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        self.ok().lines().map(in_words).collect()
    }

    /// Its text on stderr, if it ended with this status and wrote nothing else.
    #[track_caller]
    pub fn fails(self, status: i32) -> String {
        assert!(
            self.status == status && self.stdout.is_empty(),
            "expected {status}: {self:#?}"
        );
        self.stderr
    }

    /// Its output as JSON, if it succeeded.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        assert!(self.status == 0, "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Runs a command to its end.
pub trait Run {
    /// The result.
    fn ran(&mut self) -> Ran;

    /// The result with these arguments, which are separated by blanks.
    fn with(&mut self, words: &str) -> Ran;
}

impl Run for Command {
    #[track_caller]
    fn ran(&mut self) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = self
            .output()
            .unwrap_or_else(|error| panic!("cannot run {self:?}: {error}"));
        let signal = status.signal();
        Ran {
            status: status
                .code()
                .or(signal.map(|signal| 128 + signal))
                .expect("it has ended"),
            signal,
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
            bytes: stdout,
        }
    }

    #[track_caller]
    fn with(&mut self, words: &str) -> Ran {
        self.args(words.split_whitespace()).ran()
    }
}
