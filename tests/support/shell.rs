//! An interactive shell at a terminal, as a person has one, and the programs that are run from it.

use super::case::Skip;
use super::{Terminal, User, needs, tool};

/// A shell that waits for a command line.
pub struct Shell(pub Terminal);

/// Waits for keys after it has printed that it is ready. Keys that are typed earlier may arrive while the shell still
/// has the terminal in its own modes.
const CAT: &str = "echo re''ady; exec cat";

/// Says that it is there, and reads nothing.
const DEAF: &str = "echo re''ady; exec sleep 1000";

/// A script that runs an interactive shell by `$RUN`, and reads the terminal after that.
const INTERACTIVE: &str = "PS1=inner: $RUN bash --norc -i; echo af''ter; read -r line; echo read:$line";

impl Shell {
    /// The shell of this user, or of the caller, with these variables besides: what is typed is echoed, and is not to be
    /// mistaken for what a program says.
    pub fn start(user: Option<&User>, variables: &[(&str, &str)]) -> Result<Self, Skip> {
        let bash = needs::installed("bash")?;
        let mut command = match user {
            Some(user) => user.tool(&bash),
            None => tool(&bash),
        };
        command
            .args(["--norc", "--noprofile", "-i"])
            .envs(variables.iter().copied());
        command
            .env("PS1", "prompt> ")
            .env("HISTFILE", "/dev/null")
            .env("CAT", CAT)
            .env("DEAF", DEAF)
            .env("INTERACTIVE", INTERACTIVE);
        let mut terminal = match user {
            Some(user) => Terminal::of_user(user, &command)?,
            None => Terminal::new(&command)?,
        };
        terminal.expect("prompt> ");
        Ok(Self(terminal))
    }

    /// Types a command line and waits for its echo.
    pub fn run(&mut self, line: &str) {
        self.0.type_keys(&format!("{line}\r"));
        self.0.expect("\n");
    }

    /// Runs `cat` by this command, and waits until it answers.
    pub fn run_cat(&mut self, command: &str) {
        self.run(&format!("{command} sh -c \"$CAT\""));
        self.0.expect("ready\r\n");
        self.answers("one");
    }

    /// Stops `cat` by its key.
    pub fn stop(&mut self) {
        self.0.type_keys("\x1a");
        self.0.expect("Stopped");
        self.prompt();
    }

    /// Gets `cat` back, which answers, and ends; its status.
    pub fn go_on_with_cat(&mut self) -> String {
        self.run("fg");
        // The shell says what goes on, and then lets it.
        self.0.expect("CAT\"\r\n");
        self.answers("two");
        self.0.type_keys("\x04");
        self.prompt();
        self.status()
    }

    /// Has a script run an interactive shell by this command, and reads a line in the script when that has ended.
    ///
    /// The script is not interactive: it shares its process group with what it runs, and the shell inside takes another.
    pub fn read_after_inner_shell(&mut self, command: &str) {
        self.run(&format!("RUN=\"{command}\" sh -c \"$INTERACTIVE\""));
        self.0.expect("inner:");
        self.0.type_keys("exit\r");
        self.0.expect("after");
        self.0.type_keys("hello\r");
        self.0.expect("read:hello");
        self.prompt();
    }

    /// Types a word at `cat`, which is seen as it is typed and as it comes back.
    pub fn answers(&mut self, word: &str) {
        self.0.type_keys(&format!("{word}\r"));
        self.0.expect(&format!("{word}\r\n{word}\r\n"));
    }

    /// Waits until the shell asks for the next command line.
    pub fn prompt(&mut self) -> String {
        self.0.expect("prompt> ")
    }

    /// Asks for the status of the last command.
    pub fn status(&mut self) -> String {
        self.run("echo status=$?=");
        self.0.expect("status=");
        let status = self.0.expect("=");
        self.prompt();
        status
    }
}
