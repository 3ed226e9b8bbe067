//! Surroundings for a measurement: a shell in its own namespaces that does the set-up, and ends with this process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// A shell that is PID 1 of a PID namespace, so that everything it started ends with it. It ends when this is dropped
/// or this process dies, because its stdin is closed then.
pub struct Room {
    child: Child,
    /// Its PID, as this process sees it.
    pub pid: u32,
}

impl Room {
    /// Runs `script` with these arguments under `unshare --pid` and more options (`["--mount"]`), and waits for its
    /// end. Its background processes stay.
    pub fn new(options: &[&str], script: &str, arguments: &[String]) -> Result<Self> {
        let mut child = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child"])
            .args(options)
            .args([
                "sh",
                "-c",
                &format!("{script}\necho ready; read -r line; exit 0"),
                "sh",
            ])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run unshare")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout is a pipe")?).read_line(&mut line)?;
        let outer = child.id();
        let mut room = Self { child, pid: 0 };
        ensure!(line == "ready\n", "the room could not be made");
        let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"))?;
        room.pid = children.trim().parse().context("unshare has one child")?;
        Ok(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // The end of the shell ends everything in its PID namespace. unshare waits for it.
        let _ = self.child.wait();
    }
}
