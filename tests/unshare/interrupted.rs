//! Signals that come before the program is started: they end `ns-unshare`, and nothing is left.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use super::{ordinary, pins::Place, unshare};
use crate::support::case::cases;
use crate::support::running::{ended, last_child};
use crate::support::{Outcome, Running, User, needs, tool};

cases!["unshare::interrupted":
    a_hanging_newuidmap_is_ended_with_us,
    a_hanging_newuidmap_ends_when_the_caller_does,
    a_fifo_that_nobody_reads_keeps_no_signal_away,
    what_was_pinned_goes_when_the_caller_is_ended,
    an_ignored_signal_does_not_end_the_set_up,
];

const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// A `newuidmap` that writes its PID to a file, and does nothing else for a long time.
struct Hanging(tempfile::TempDir);

impl Hanging {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777))
            .expect("it is ours");
        let script = directory.path().join("newuidmap");
        let text = "#!/bin/sh\necho $$ >${0%/*}/new; mv ${0%/*}/new ${0%/*}/pid; exec sleep 1000\n";
        std::fs::write(&script, text).expect("it is ours");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self(directory)
    }

    fn path(&self) -> std::ffi::OsString {
        let mut path = self.0.path().as_os_str().to_owned();
        path.push(":/usr/bin:/bin");
        path
    }

    /// Its PID, once it runs.
    fn pid(&self) -> Pid {
        wait_for(|| {
            std::fs::read_to_string(self.0.path().join("pid"))
                .ok()?
                .trim()
                .parse()
                .ok()
        })
        .map(Pid::from_raw)
        .expect("it is run")
    }
}

/// What `look` gives, as soon as it does.
fn wait_for<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    (0..3000).find_map(|_| {
        let found = look();
        if found.is_none() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        found
    })
}

fn a_hanging_newuidmap_is_ended_with_us() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?.subordinate_ids()?;
    for signal in ENDING {
        let helper = Hanging::new();
        let mut command = ordinary();
        command
            .env("PATH", helper.path())
            .args(["-f", "-r", "--map-auto", "echo", "ran"]);
        let running = Running::start(&mut command);
        let newuidmap = helper.pid();
        running.signal(signal);
        assert!(ended(newuidmap), "{signal}");
        running.wait_for_end();
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

fn a_hanging_newuidmap_ends_when_the_caller_does() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?.subordinate_ids()?;
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let helper = Hanging::new();
        let mut command = ordinary();
        command
            .env("PATH", helper.path())
            .args(["-r", "--map-auto", "echo", "ran"]);
        let running = Running::start(&mut command);
        let newuidmap = helper.pid();
        running.signal(signal);
        running.wait_for_end();
        assert!(ended(newuidmap), "{signal}");
        // The process that ran newuidmap has ended too: nobody has stdout open any more.
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

/// A FIFO that nobody reads from.
fn fifo(directory: &Path) -> PathBuf {
    let fifo = directory.join("fifo");
    nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o600)).expect("it is new");
    fifo
}

/// Waits until somebody has tried to open the FIFO for writing: the last child of `ns-unshare` does.
fn await_opening(running: &Running) {
    let opening = |pid: Pid| {
        let place = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        place.contains("wait_for_partner") || place.contains("fifo_open")
    };
    let found = wait_for(|| opening(last_child(running.pid())).then_some(()));
    found.expect("it opens the FIFO");
}

fn a_fifo_that_nobody_reads_keeps_no_signal_away() -> Outcome {
    needs::root()?;
    for signal in ENDING {
        for options in ["-f", "-p --no-forward-signals"] {
            let place = Place::new();
            let directory = tempfile::tempdir().expect("there is room in /tmp");
            let mut command = unshare();
            command.args(options.split(' '));
            command.arg(format!("--uts={}", place.file("uts")));
            command.arg(format!("--pid-file={}", fifo(directory.path()).display()));
            let running = Running::start(command.args(["echo", "ran"]));
            await_opening(&running);
            assert!(!place.is_empty());
            running.signal(signal);
            running.wait_for_end();
            assert!(place.is_empty(), "{signal} {options}");
            let (_, died_of, output) = running.end();
            assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""), "{options}");
        }
    }
    Ok(())
}

fn what_was_pinned_goes_when_the_caller_is_ended() -> Outcome {
    needs::root()?;
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let place = Place::new();
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let mut command = unshare();
        command.arg(format!("--uts={}", place.file("uts")));
        command.arg(format!("--pid-file={}", fifo(directory.path()).display()));
        let running = Running::start(command.args(["echo", "ran"]));
        wait_for(|| (!place.is_empty()).then_some(())).expect("it is pinned");
        running.signal(signal);
        running.wait_for_end();
        wait_for(|| place.is_empty().then_some(())).expect("it is undone");
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

fn an_ignored_signal_does_not_end_the_set_up() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let fifo = fifo(directory.path());
    let mut command = tool("sh");
    command.args(["-c", "trap '' TERM; exec \"$@\"", "sh"]);
    command.arg(unshare().get_program()).args(["-U", "-f"]);
    command.arg(format!("--pid-file={}", fifo.display()));
    let running = Running::start(command.args(["echo", "ran"]));
    await_opening(&running);
    running.signal(Signal::SIGTERM);
    let pid = std::fs::read_to_string(fifo).expect("it is written to");
    assert!(pid.trim().parse::<u32>().is_ok(), "{pid}");
    assert_eq!(running.end(), (0, None, "ran\n".into()));
    Ok(())
}
