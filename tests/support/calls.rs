//! The system calls of a run, which strace(1) lists. Their number does not depend on the speed of the machine.

use std::process::Command;

use super::{Run as _, needs, tool};

/// The calls of a run that have a path, and some others.
pub struct Calls(String);

/// The calls that are listed.
const TRACED: &str = "trace=%file,setns,ioctl";

impl Calls {
    /// Runs a command, which must succeed, and lists its calls. Calls by several threads at once are listed in parts.
    #[track_caller]
    pub fn of(command: &Command) -> Self {
        let strace = needs::met(needs::installed("strace"));
        let list = tempfile::NamedTempFile::new().expect("a file can be made");
        let mut traced = tool(strace);
        traced.args(["-f", "-qq", "-e", TRACED, "-o"]).arg(list.path());
        let ran = traced.arg(command.get_program()).args(command.get_args()).ran();
        assert_eq!(ran.status, 0, "{ran:#?}");
        Self(std::fs::read_to_string(list.path()).expect("strace writes text"))
    }

    /// The number of calls with this name.
    pub fn named(&self, name: &str) -> usize {
        self.0.matches(&format!(" {name}(")).count()
    }

    /// The number of requests of ioctl(2) with this name.
    pub fn requests(&self, name: &str) -> usize {
        self.0.matches(&format!(", {name}")).count()
    }

    /// The number of calls for a path that starts so.
    pub fn of_path(&self, start: &str) -> usize {
        self.0.matches(&format!("\"{start}")).count()
    }

    /// The number of calls for this process, by a path in `/proc` or below it. `file` is the start of the path in the
    /// directory of the process.
    pub fn of_process(&self, pid: i32, file: &str) -> usize {
        self.of_path(&format!("{pid}/{file}")) + self.of_path(&format!("/proc/{pid}/{file}"))
    }
}
