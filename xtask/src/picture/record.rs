//! A session at a terminal: commands typed at a shell, and the output to the terminal.

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::screen::{COLUMNS, ROWS, lines, screen, typed};
use crate::generated;

/// The most time for a command.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time for background commands to set themselves up.
const SETTLED: Duration = Duration::from_millis(500);

/// The user that root becomes, because the session is an ordinary user's.
const NOBODY: &str = "65534";

/// Types the commands one after the other, and returns all output without the last prompt.
pub fn session(commands: &[&str]) -> Result<Vec<u8>> {
    let mut terminal = PseudoTerminal::new()?;
    terminal.wait_for_prompt(0)?;
    for (number, command) in (1..).zip(commands) {
        writeln!(terminal.keyboard, "{command}")?;
        terminal.wait_for_prompt(number)?;
        if command.ends_with('&') {
            std::thread::sleep(SETTLED);
        }
    }
    let end = terminal.written.len() - "# ".len();
    terminal.written.truncate(end);
    Ok(std::mem::take(&mut terminal.written))
}

/// The directory of the programs, which are built first.
fn programs() -> Result<PathBuf> {
    let root = generated::root();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--bins"])
        .current_dir(&root)
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "cannot build the programs");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("debug"))
}

/// A terminal with a shell. It hangs up when this is dropped.
struct PseudoTerminal {
    keyboard: File,
    child: Child,
    written: Vec<u8>,
}

impl PseudoTerminal {
    fn new() -> Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let slave = ioctl_tiocgptpeer(&master, flags)?;
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size)?;
        let programs = programs()?;
        // It is not exported, because the shell inside has its own prompt, which shows root.
        let start = tempfile::NamedTempFile::new()?;
        fs::write(&start, "PS1='$ '\n")?;
        fs::set_permissions(&start, Permissions::from_mode(0o644))?;
        let mut shell = Command::new("setsid");
        shell.arg("--ctty");
        if nix::unistd::geteuid().is_root() {
            shell.args(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        }
        let child = shell
            .args(["bash", "--noprofile", "--noediting", "--rcfile"])
            .arg(start.path())
            .arg("-i")
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display()),
            )
            .env("TERM", "xterm-256color")
            .current_dir("/")
            .stdin(slave.try_clone()?)
            .stdout(slave.try_clone()?)
            .stderr(slave)
            .spawn()
            .context("cannot run setsid")?;
        let mut terminal = Self {
            keyboard: File::from(master),
            child,
            written: Vec::new(),
        };
        // The shell has read the file by then.
        terminal.wait_for_prompt(0)?;
        Ok(terminal)
    }

    /// Waits until this number of commands is typed, and the shell shows a prompt.
    fn wait_for_prompt(&mut self, commands: usize) -> Result<()> {
        let since = Instant::now();
        loop {
            let lines = lines(&screen(&self.written));
            let asks = lines.last().is_some_and(|line| matches!(line.trim(), "$" | "#"));
            if asks
                && lines
                    .iter()
                    .filter(|line| typed(line).is_some_and(|typed| !typed.is_empty()))
                    .count()
                    == commands
            {
                return Ok(());
            }
            ensure!(since.elapsed() < PATIENCE, "no prompt comes after {lines:#?}");
            let mut ready = [PollFd::new(&self.keyboard, PollFlags::IN)];
            let pause = Timespec {
                tv_sec: 0,
                tv_nsec: 100_000_000,
            };
            if poll(&mut ready, Some(&pause))? > 0 {
                let mut some = [0; 4096];
                let count = self.keyboard.read(&mut some)?;
                self.written.extend_from_slice(&some[..count]);
            }
        }
    }
}

impl Drop for PseudoTerminal {
    fn drop(&mut self) {
        // The shell leads the session, so the terminal and its programs end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
