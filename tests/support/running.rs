//! A program that runs beside the case: the case writes to it, sends signals, and waits for it.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};

use super::PATIENCE;

/// A running program with pipes at its stdin and stdout. Killed when this is dropped.
pub struct Running {
    child: Child,
    /// `None` after the case has closed it.
    stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts the command.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    /// Its PID.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a PID"))
    }

    /// The next line that it writes, without its end; empty if it writes no more.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let stdout = self.stdout.as_mut().expect("it is still read");
        line_of(stdout).trim_end().to_owned()
    }

    /// Closes its stdout, so that it has no reader.
    pub fn leave(&mut self) {
        drop(self.stdout.take());
    }

    /// Writes to its stdin.
    pub fn say(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is a pipe");
        stdin.write_all(text.as_bytes()).expect("it reads its stdin");
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// Closes its stdin, waits for its end, and returns its status as a shell shows it, the signal that killed it, and
    /// the rest of its output.
    #[track_caller]
    pub fn end(mut self) -> (i32, Option<i32>, String) {
        drop(self.child.stdin.take());
        self.wait_for_end();
        let status = self.child.wait().expect("it is our child");
        let mut rest = String::new();
        if let Some(stdout) = &mut self.stdout {
            stdout.read_to_string(&mut rest).expect("it writes text");
        }
        let signal = status.signal();
        (
            status
                .code()
                .or(signal.map(|signal| 128 + signal))
                .expect("it has ended"),
            signal,
            rest,
        )
    }

    /// True if it has ended.
    #[track_caller]
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_some()
    }

    /// True if it has written something that was not read.
    #[track_caller]
    pub fn has_written(&self) -> bool {
        let stdout = self.stdout.as_ref().expect("it is still read");
        let mut fds = [PollFd::new(stdout.get_ref(), PollFlags::IN)];
        !stdout.buffer().is_empty()
            || poll(&mut fds, Some(&Timespec::default())).expect("it can be polled") > 0
    }

    /// Waits for its end without closing its stdin.
    #[track_caller]
    pub fn wait_for_end(&self) {
        assert!(ended(self.pid()), "it does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next line that comes out of a pipe, with its end; empty at the end.
#[track_caller]
pub fn line_of(pipe: &mut BufReader<impl Read + AsFd>) -> String {
    if pipe.buffer().is_empty() {
        assert!(readable(pipe.get_ref()), "nothing is written");
    }
    let mut line = String::new();
    pipe.read_line(&mut line).expect("it writes text");
    line
}

/// Waits for the end of a process. False if it does not end. A process that does not exist has ended.
pub fn ended(pid: Pid) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.as_raw()).expect("a PID");
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => readable(&pidfd),
        Err(rustix::io::Errno::SRCH) => true,
        Err(errno) => panic!("{errno}"),
    }
}

/// The last child of a process: the child before it may be a zombie. A list that is read while that one disappears may
/// lack the last (proc(5)).
pub fn last_child(pid: Pid) -> Pid {
    for _ in 0..100_000 {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it runs");
        if let Some(last) = children.split_whitespace().last().filter(|child| is_alive(child)) {
            return Pid::from_raw(last.parse().expect("a PID"));
        }
        std::thread::yield_now();
    }
    panic!("{pid} has no child")
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(") ").next().unwrap_or_default();
    !(state.is_empty() || state.starts_with(['Z', 'X']))
}

fn readable(file: &impl AsFd) -> bool {
    let patience = Timespec {
        tv_sec: PATIENCE.as_secs().cast_signed(),
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&patience)) == Ok(1)
}
