//! A shell in its own namespaces, for commands step by step.

use std::io::{BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::support::running::line_of;

/// A shell. It ends when this is dropped, and when the test process dies: its stdin is closed then.
pub struct Shell {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Its PID, as the test sees it.
    pub pid: i32,
}

impl Shell {
    /// Runs `command` with a shell as the program that is appended to it.
    #[track_caller]
    pub fn new(command: &mut Command) -> Self {
        let mut child = command
            .args(["sh", "-s"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut shell = Self {
            stdin: child.stdin.take(),
            stdout: BufReader::new(child.stdout.take().expect("stdout is a pipe")),
            child,
            pid: 0,
        };
        let pid = shell.run("echo $PPID");
        shell.pid = pid.trim().parse().expect("it is a PID");
        shell
    }

    /// Runs commands, which must all succeed, and returns their output.
    #[track_caller]
    pub fn run(&mut self, commands: &str) -> String {
        let stdin = self.stdin.as_mut().expect("it is open");
        let quoted = commands.replace('\'', r"'\''");
        writeln!(
            stdin,
            "sh -ec '{quoted}' </dev/null 2>&1 && echo :ok || echo :failed"
        )
        .expect("the shell reads");
        let mut written = String::new();
        loop {
            match line_of(&mut self.stdout).as_str() {
                ":ok\n" => return written,
                ":failed\n" => panic!("{commands}: {written}"),
                "" => panic!("the shell has ended: {written}"),
                line => written += line,
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // The shell ends by itself now. A process behind a stopped one would not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
