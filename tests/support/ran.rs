//! Running a program and looking at what it did.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{needs, tools};

/// One of the five, in surroundings that are the same everywhere.
pub fn program(name: &str) -> Command {
    tool(path_of(name))
}

/// Any program in those surroundings. A bare name declares the tool: the case is ignored if it is not installed.
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

/// unshare(1) for a caller who has the rights of root: in a user namespace of its own if it is not root.
pub fn unshare() -> Command {
    let mut command = tool("unshare");
    if needs::root().is_err() {
        needs::met(needs::user_namespaces());
        command.arg("--map-root-user");
    }
    command
}

/// Where cargo has put it.
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

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status as a shell has it: 128 and the number of the signal where it died of one.
    pub status: i32,
    /// The signal it died of.
    pub signal: Option<i32>,
    /// What it wrote, lossily where it is no text.
    pub stdout: String,
    /// The same of stderr.
    pub stderr: String,
    /// What it wrote, exactly.
    pub bytes: Vec<u8>,
}

impl Ran {
    /// Its output, where it succeeded in silence on stderr.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status == 0 && self.stderr.is_empty(), "{self:#?}");
        self.stdout
    }

    /// The lines of its output, where it succeeded, with one blank between words.
    #[track_caller]
    pub fn lines(self) -> Vec<String> {
        let in_words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        self.ok().lines().map(in_words).collect()
    }

    /// Its words on stderr, where it ended with this status and wrote nothing else.
    #[track_caller]
    pub fn fails(self, status: i32) -> String {
        assert!(
            self.status == status && self.stdout.is_empty(),
            "expected {status}: {self:#?}"
        );
        self.stderr
    }

    /// Its output as JSON, where it succeeded.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        assert!(self.status == 0, "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// Runs a command to its end.
pub trait Run {
    /// What it did.
    fn ran(&mut self) -> Ran;

    /// What it did with these arguments; each word between blanks is one.
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
