//! A terminal with a program: keys go in, and the contents of the screen come out.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcgetpgrp, tcsetattr, tcsetwinsize};

use super::case::Skip;
use super::ran::tool;
use super::{PATIENCE, User, needs};

const ROWS: NonZero<u16> = NonZero::new(24).expect("it is not 0");
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("it is not 0");

/// A terminal of 80 by 24. The program at it leads a session and has it as its controlling terminal. When this is
/// dropped, or the test process dies, the terminal hangs up.
pub struct Terminal {
    /// `None` after the terminal was taken away.
    keyboard: Option<File>,
    child: Child,
    screen: vt100::Parser,
    /// Output that [`Terminal::expect`] has not read yet.
    unread: Vec<u8>,
    hung_up: bool,
}

impl Terminal {
    /// Runs the command at a new terminal. Its program, arguments, environment and directory are used. Its stdin,
    /// stdout and stderr are the terminal.
    pub fn new(command: &Command) -> Result<Self, Skip> {
        Self::start(command, None, true)
    }

    /// Runs the command at a new terminal as the ordinary user.
    pub fn of_user(user: &User, command: &Command) -> Result<Self, Skip> {
        Self::start(command, Some(user), true)
    }

    /// Runs the command at a new terminal without echo, as this user if one is given.
    pub fn silent(command: &Command, user: Option<&User>) -> Result<Self, Skip> {
        Self::start(command, user, false)
    }

    fn start(command: &Command, user: Option<&User>, echo: bool) -> Result<Self, Skip> {
        let setsid = needs::installed("setsid")?;
        let mut setsid = user.map_or_else(|| tool(&setsid), |user| user.tool(&setsid));
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal can be made");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let slave = ioctl_tiocgptpeer(
            &master,
            OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC,
        )
        .expect("a terminal has two ends");
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).expect("a terminal has a size");
        if let Some(user) = user {
            std::os::unix::fs::fchown(&slave, Some(user.id), None).expect("root can give it away");
        }
        if !echo {
            let mut modes = tcgetattr(&slave).expect("a terminal has modes");
            modes.local_modes.remove(LocalModes::ECHO);
            tcsetattr(&slave, OptionalActions::Now, &modes).expect("a terminal has modes");
        }
        // Sets the session and the controlling terminal, and becomes the program: its PID is the child's.
        setsid
            .arg("--ctty")
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => setsid.env(name, value),
                None => setsid.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            setsid.current_dir(directory);
        }
        let end = || Stdio::from(slave.try_clone().expect("there are fds left"));
        let child = setsid
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        Ok(Self {
            keyboard: Some(File::from(master)),
            child,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            unread: Vec::new(),
            hung_up: false,
        })
    }

    /// The PID of the program at the terminal.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a PID")
    }

    /// The process group that reads the keys now.
    pub fn foreground(&self) -> i32 {
        tcgetpgrp(self.keyboard())
            .expect("it is a terminal")
            .as_raw_nonzero()
            .get()
    }

    /// Types these keys: `\r` is Enter, `\t` Tab, `\x03` Control-C, `\x1a` Control-Z, `\x04` Control-D.
    pub fn type_keys(&mut self, keys: &str) {
        self.keyboard()
            .write_all(keys.as_bytes())
            .expect("a terminal takes keys");
    }

    /// Waits until this text is written after the text of the last call, and returns the output before it.
    ///
    /// Echoed keys are part of the output, and so are colours and cursor movements: [`Terminal::until`] looks at the
    /// screen instead.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let since = Instant::now();
        loop {
            if let Some(at) = find(&self.unread, text.as_bytes()) {
                let before = String::from_utf8_lossy(&self.unread[..at]).into_owned();
                self.unread.drain(..at + text.len());
                return before;
            }
            assert!(
                self.read_until(since + PATIENCE),
                "{text:?} does not come, only {:?}",
                String::from_utf8_lossy(&self.unread)
            );
        }
    }

    /// Waits until the screen, as lines without trailing blanks, is as wanted, and returns it.
    #[track_caller]
    pub fn until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let screen = self.screen.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            assert!(
                self.read_until(since + PATIENCE),
                "the screen stays like this:\n{screen}"
            );
        }
    }

    /// Waits for the end of the program, and returns its status as a shell shows it.
    #[track_caller]
    pub fn end(mut self) -> i32 {
        use std::os::unix::process::ExitStatusExt as _;
        let since = Instant::now();
        // Its output must be read, or the program would wait.
        while self.read_until(since + PATIENCE) {}
        assert!(
            self.has_ended_by(since + PATIENCE),
            "the program does not end; it wrote {:?}",
            String::from_utf8_lossy(&self.unread)
        );
        let status = self.child.wait().expect("it is our child");
        status
            .code()
            .or(status.signal().map(|signal| 128 + signal))
            .expect("it has ended")
    }

    /// Waits until everything that was started here sleeps, and no process is about to execute another program. A
    /// person takes as long to type the next command.
    #[track_caller]
    pub fn settle(&self) {
        let since = Instant::now();
        while !is_settled(self.pid()) {
            assert!(
                since.elapsed() < PATIENCE,
                "what was started does not come to rest"
            );
            // Nothing reports this, so it is checked again and again until the shell has ended.
            self.has_ended_by(Instant::now() + Duration::from_millis(5));
        }
    }

    fn keyboard(&self) -> &File {
        self.keyboard.as_ref().expect("it is there until this is dropped")
    }

    /// Takes the terminal away, as closing its window does. Returns true if the program then ends by itself.
    pub fn hang_up(&mut self) -> bool {
        drop(self.keyboard.take());
        self.has_ended_by(Instant::now() + PATIENCE)
    }

    fn has_ended_by(&self, deadline: Instant) -> bool {
        let pid = Pid::from_child(&self.child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).expect("a child has a PID until it is waited for");
        wait_readable(&pidfd, deadline)
    }

    /// Reads the next output. False if none comes in time, or everyone has closed the terminal.
    fn read_until(&mut self, deadline: Instant) -> bool {
        if self.hung_up || !wait_readable(self.keyboard(), deadline) {
            return false;
        }
        let mut buffer = [0; 4096];
        match self.keyboard().read(&mut buffer) {
            Ok(count) if count > 0 => {
                self.screen.process(&buffer[..count]);
                self.unread.extend_from_slice(&buffer[..count]);
                true
            }
            // EIO: no process has the other end open any more.
            _ => {
                self.hung_up = true;
                false
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Hangs up, so a shell that leads the session also ends its background jobs. Remaining processes are
        // killed, such as jobs of a shell below, which does not end them.
        let below = descendants(self.pid());
        drop(self.keyboard.take());
        if !self.has_ended_by(Instant::now() + PATIENCE / 4) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        for pidfd in below {
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
        }
    }
}

/// All processes below this one.
fn descendants(pid: i32) -> Vec<OwnedFd> {
    let mut found = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        for child in children(parent) {
            let held = Pid::from_raw(child).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
            // The process may have ended, and its PID may belong to another process by now.
            if let Some(held) = held.filter(|_| children(parent).contains(&child)) {
                found.push(held);
                parents.push(child);
            }
        }
    }
    found
}

fn children(pid: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children
        .split_whitespace()
        .map(|child| child.parse().expect("a PID"))
        .collect()
}

/// True if this process and all below it sleep or have ended, and none of our programs is the last one, because they
/// execute other programs.
fn is_settled(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    if state == Some('Z') {
        return true;
    }
    let children = children(pid);
    let ours = stat.contains("(ns-") && children.is_empty();
    state == Some('S') && !ours && children.into_iter().all(is_settled)
}

fn wait_readable(fd: &impl AsFd, deadline: Instant) -> bool {
    let left = deadline.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).expect("it is seconds");
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&timeout)), Ok(1))
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}
