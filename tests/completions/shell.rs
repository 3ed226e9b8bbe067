//! An interactive shell at a terminal that has read the completions, in prepared namespaces with known contents.

use std::path::{Path, PathBuf};

use crate::support::case::Skip;
use crate::support::{Terminal, needs, tool, tools};

/// The known contents: the shell is PID 1, and its host is called `web-7`. Its network namespace is pinned as `blue`,
/// and under names that a shell would run or that move the cursor. A file system is mounted at a path with a blank in
/// it. One process sleeps, and another one has such a name.
const ROOM: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/netns '/run/a b'
pin() { touch "/run/netns/$1"; mount --bind /proc/self/ns/net "/run/netns/$1"; }
pin blue
pin 'evil"$(touch owned)`touch owned`;x'
pin "$(printf 'evil\033[2Jend')"
pin "$(printf 'evil\nline')"
mount -t tmpfs tmpfs '/run/a b'
ns-hostname web-7
sleeps() { until [ "$(readlink /proc/$!/exe)" = "$(readlink -f "$(command -v sleep)")" ]; do :; done; }
sleep 1000 &
sleeps
name='$(touch owned)`touch owned`' bash -c 'exec -a "$name"$'\''\e[2J\n'\'' sleep 1000' &
sleeps
readlink /proc/self/ns/net | tr -dc 0-9 >net
exec "$@"
"#;

/// A shell at a terminal.
pub struct Shell {
    terminal: Terminal,
    /// The number of lines that it has run.
    lines: usize,
    /// The keys that show a list.
    tabs: &'static str,
    /// Its working and home directory, for the files that it keeps.
    home: tempfile::TempDir,
}

const BASH: &[&str] = &["--noprofile", "--norc", "-i"];
const READ_IN_BASH: &str = "for script in $COMPLETIONS/bash/*; do source $script; done";

impl Shell {
    pub fn bash() -> Result<Self, Skip> {
        let library = "/usr/share/bash-completion/bash_completion";
        if !Path::new(library).exists() {
            return Err(Skip::Lacks("bash-completion is not installed".into()));
        }
        Self::new("bash", BASH, &format!("source {library}; {READ_IN_BASH}"))
    }

    /// bash without bash-completion.
    pub fn plain_bash() -> Result<Self, Skip> {
        Self::new("bash", BASH, READ_IN_BASH)
    }

    pub fn zsh() -> Result<Self, Skip> {
        let read = "fpath=($COMPLETIONS/zsh $fpath); autoload -Uz compinit; compinit -D -u; zstyle ':completion:*' insert-tab false";
        Self::new("zsh", &["-f", "-i"], read)
    }

    pub fn fish() -> Result<Self, Skip> {
        let read = "set -g fish_autosuggestion_enabled 0; set -g fish_complete_path $COMPLETIONS/fish $fish_complete_path";
        Self::new(
            "fish",
            &[
                "--no-config",
                "-C",
                "function fish_prompt; printf '> '; end",
                "-i",
            ],
            read,
        )
    }

    fn new(name: &str, options: &[&str], read: &str) -> Result<Self, Skip> {
        let home = tempfile::tempdir().expect("a directory can be made");
        let programs = Path::new(env!("CARGO_BIN_EXE_ns-ls"))
            .parent()
            .expect("it is in a directory");
        needs::user_namespaces()?;
        needs::tools("mount bash clear");
        // The completions of the shells themselves run these tools.
        needs::optional("apropos awk getent locale");
        let mut shell = tool(needs::installed("unshare")?);
        shell
            .args(["--user", "--map-root-user", "--uts", "--net", "--pid"])
            .args(["--kill-child", "--mount-proc", "sh", "-c", ROOM, "sh"])
            .arg(needs::installed(name)?)
            .args(options)
            .env("TERM", "xterm")
            .env("PS1", "> ")
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", home.path())
            .env("COMPLETIONS", concat!(env!("CARGO_MANIFEST_DIR"), "/completions"))
            .env("PATH", tools::path_with(programs))
            .current_dir(home.path());
        let mut shell = Self {
            lines: 0,
            // bash first inserts the common part, and then lists.
            tabs: if name == "bash" { "\t\t\t" } else { "\t" },
            terminal: Terminal::new(&shell)?,
            home,
        };
        shell.terminal.until(|screen| screen.contains('>'));
        shell.runs(read);
        Ok(shell)
    }

    /// A file in the shell's directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The inode of the shell's network namespace.
    pub fn net(&self) -> String {
        std::fs::read_to_string(self.file("net")).expect("the room has written it")
    }

    /// Runs this line, and waits until it is done. The screen is empty then.
    #[track_caller]
    pub fn runs(&mut self, line: &str) {
        self.terminal.type_keys(&format!("\x15{line}\r"));
        self.lines += 1;
        let done = format!("done {}\n>", self.lines);
        self.terminal
            .type_keys(&format!("clear; echo do''ne {}\r", self.lines));
        self.terminal.until(|screen| screen.starts_with(&done));
    }

    /// Types this and Tab on an empty line, and waits until the line is exactly `line`.
    #[track_caller]
    pub fn completes(&mut self, typed: &str, line: &str) {
        self.terminal.type_keys(&format!("\x15{typed}\t"));
        self.terminal.until(|screen| {
            screen
                .lines()
                .last()
                .is_some_and(|last| last.trim_end().ends_with(line))
        });
    }

    /// Types this and Tab on an empty line, and waits until `part` is in the line. The shell may quote it in another way.
    #[track_caller]
    pub fn inserts(&mut self, typed: &str, part: &str) {
        self.terminal.type_keys(&format!("\x15{typed}\t"));
        self.terminal
            .until(|screen| screen.lines().last().is_some_and(|last| last.contains(part)));
    }

    /// Types this and Tab, waits until `part` is in the line, and types the rest and Enter. The program has accepted
    /// the completion if the screen then shows `answer`.
    #[track_caller]
    pub fn takes(&mut self, typed: &str, part: &str, rest: &str, answer: &str) {
        self.runs("true");
        self.terminal.type_keys(&format!("{typed}\t"));
        self.terminal
            .until(|screen| screen.lines().last().is_some_and(|last| last.contains(part)));
        self.terminal.type_keys(&format!("{rest}\r"));
        self.terminal
            .until(|screen| screen.lines().any(|line| line == answer));
    }

    /// Types this and Tab, as often as the shell needs to show a list, and waits until the screen shows all of these
    /// choices.
    #[track_caller]
    pub fn offers(&mut self, typed: &str, choices: &[&str]) -> String {
        self.terminal.type_keys(&format!("\x15{typed}{}", self.tabs));
        self.terminal
            .until(|screen| choices.iter().all(|choice| screen.contains(choice)))
    }
}
