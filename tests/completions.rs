//! Completion as a person has it: in interactive shells at a terminal, with Tab.

use std::path::Path;

use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Terminal, needs, tool};

cases!["completions":
    bash_completes_options, zsh_completes_options, fish_completes_options,
    bash_hands_over, zsh_hands_over, fish_hands_over,
    bash_completes_columns, zsh_completes_columns, fish_completes_columns,
    bash_completes_processes, zsh_completes_processes, fish_completes_processes,
];

/// A shell at a terminal that has read our completions.
struct Shell {
    terminal: Terminal,
    /// How many lines it has run.
    lines: usize,
    /// The keys that show a list.
    tabs: &'static str,
    /// Where it keeps what it thinks it has to.
    _home: tempfile::TempDir,
}

impl Shell {
    fn bash() -> Result<Self, Skip> {
        let library = "/usr/share/bash-completion/bash_completion";
        if !Path::new(library).exists() {
            return Err(Skip::Lacks("bash-completion is not installed".into()));
        }
        let read = format!("source {library}; for script in $COMPLETIONS/bash/*; do source $script; done");
        Self::new("bash", &["--noprofile", "--norc", "-i"], &read)
    }

    fn zsh() -> Result<Self, Skip> {
        let read = "fpath=($COMPLETIONS/zsh $fpath); autoload -Uz compinit; compinit -D -u; zstyle ':completion:*' insert-tab false";
        Self::new("zsh", &["-f", "-i"], read)
    }

    fn fish() -> Result<Self, Skip> {
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
        // Processes that are known: the shell is PID 1.
        let mut shell = tool(needs::installed("unshare")?);
        shell
            .args([
                "--user",
                "--map-root-user",
                "--pid",
                "--kill-child",
                "--mount-proc",
            ])
            .arg(needs::installed(name)?)
            .args(options)
            .env("TERM", "xterm")
            .env("PS1", "> ")
            .env("HOME", home.path())
            .env("COMPLETIONS", concat!(env!("CARGO_MANIFEST_DIR"), "/completions"))
            .env(
                "PATH",
                format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin", programs.display()),
            )
            .current_dir(home.path());
        let mut shell = Self {
            lines: 0,
            tabs: if name == "bash" { "\t\t" } else { "\t" },
            terminal: Terminal::new(&shell)?,
            _home: home,
        };
        shell.terminal.until(|screen| screen.contains('>'));
        shell.runs(read);
        Ok(shell)
    }

    /// Runs this, and waits until it is done; the screen is empty then.
    #[track_caller]
    fn runs(&mut self, line: &str) {
        self.terminal.type_keys(&format!("{line}\r"));
        self.lines += 1;
        let done = format!("done {}\n>", self.lines);
        self.terminal
            .type_keys(&format!("clear; echo do''ne {}\r", self.lines));
        self.terminal.until(|screen| screen.starts_with(&done));
    }

    /// Types this and Tab on a line of its own, and waits for the line to end with `line` and nothing more.
    #[track_caller]
    fn completes(&mut self, typed: &str, line: &str) {
        self.terminal.type_keys(&format!("\x15{typed}\t"));
        self.terminal.until(|screen| {
            screen
                .lines()
                .last()
                .is_some_and(|last| last.trim_end().ends_with(line))
        });
    }

    /// Types this and Tab, as often as it takes to be shown a list, and waits until the screen shows all of these.
    #[track_caller]
    fn offers(&mut self, typed: &str, choices: &[&str]) {
        self.terminal.type_keys(&format!("\x15{typed}{}", self.tabs));
        self.terminal
            .until(|screen| choices.iter().all(|choice| screen.contains(choice)));
    }
}

/// A case for each subject in each shell.
macro_rules! in_each_shell {
    ($($case:ident: $subject:ident in $shell:ident),+ $(,)?) => {
        $(fn $case() -> Outcome { $subject(Shell::$shell()?); Ok(()) })+
    };
}

in_each_shell![
    bash_completes_options: options in bash,
    zsh_completes_options: options in zsh,
    fish_completes_options: options in fish,
    bash_hands_over: the_program in bash,
    zsh_hands_over: the_program in zsh,
    fish_hands_over: the_program in fish,
    bash_completes_columns: columns in bash,
    zsh_completes_columns: columns in zsh,
    fish_completes_columns: columns in fish,
    bash_completes_processes: processes in bash,
    zsh_completes_processes: processes in zsh,
    fish_completes_processes: processes in fish,
];

fn options(mut shell: Shell) {
    shell.completes("ns-ls --output-", "ns-ls --output-all");
    shell.completes("ns-hostname --domainn", "ns-hostname --domainname");
    shell.completes("ns-mounts --notr", "ns-mounts --notruncate");
}

/// What follows the options is the program's, as without us.
fn the_program(mut shell: Shell) {
    shell.completes("ns-unshare --fork getco", "ns-unshare --fork getconf");
    shell.completes("ns-unshare -- getco", "ns-unshare -- getconf");
    shell.completes("ns-unshare -S root getco", "ns-unshare -S root getconf");
    shell.completes(
        "ns-unshare -rnw / ns-ls --notr",
        "ns-unshare -rnw / ns-ls --notruncate",
    );
    shell.completes("ns-unshare --propagation sl", "ns-unshare --propagation slave");
    shell.completes("ns-unshare --propagation=sl", "ns-unshare --propagation=slave");
}

fn columns(mut shell: Shell) {
    shell.completes("ns-ls -o COMM", "ns-ls -o COMMAND");
    shell.completes("ns-ls -o PID,COMM", "ns-ls -o PID,COMMAND");
    shell.completes("ns-ls --output=PID,COMM", "ns-ls --output=PID,COMMAND");
    shell.offers("ns-ls -o PID,N", &["NS", "NPROCS", "NAME"]);
}

fn processes(mut shell: Shell) {
    shell.runs("sleep 1000 &");
    // The command stands beside the PID, so that one knows which it is.
    shell.offers("ns-ls -p ", &["sleep 1000"]);
}
