//! Signals before the program is started: they end `ns-unshare`, and nothing is left over.

use std::io::{Read as _, Seek as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use rustix::fs::inotify;

use super::{ordinary, pins::Place, unshare};
use crate::support::case::cases;
use crate::support::running::{ended, last_child};
use crate::support::{Outcome, Run as _, Running, User, needs, preload, tool};

cases!["unshare::interrupted":
    a_hanging_newuidmap_is_ended_with_ns_unshare,
    a_hanging_newuidmap_ends_when_the_caller_does,
    a_fifo_without_a_reader_blocks_no_signals,
    pid_1_ends_with_the_status_of_the_signal,
    pins_are_removed_if_the_caller_is_ended,
    an_ignored_signal_does_not_end_the_set_up,
    a_process_that_is_killed_during_the_set_up_is_named,
    a_hanging_look_up_of_a_user_is_ended,
    no_program_runs_while_its_names_are_removed,
    a_launcher_that_cannot_hear_of_the_program_says_so,
];

const ENDING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// A `newuidmap` that writes its PID to a FIFO and then hangs.
struct Hanging(tempfile::TempDir);

impl Hanging {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777))
            .expect("it is ours");
        let fifo = fifo(directory.path());
        // Any user may run it.
        std::fs::set_permissions(&fifo, std::fs::Permissions::from_mode(0o666)).expect("it is ours");
        let script = directory.path().join("newuidmap");
        let text = "#!/bin/sh\necho $$ >${0%/*}/fifo; exec sleep 1000\n";
        // By another process, so that no thread of this one forks while the file is open: then it could not be run.
        let written = tool("sh")
            .args(["-c", "printf %s \"$0\" >\"$1\"", text])
            .arg(&script)
            .ran();
        assert_eq!(written.status, 0, "{written:?}");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self(directory)
    }

    fn path(&self) -> std::ffi::OsString {
        let mut path = self.0.path().as_os_str().to_owned();
        path.push(":/usr/bin:/bin");
        path
    }

    /// The PID of the helper, as soon as it runs.
    fn pid(&self) -> Pid {
        let pid = std::fs::read_to_string(self.0.path().join("fifo")).expect("it is run");
        Pid::from_raw(pid.trim().parse().expect("a PID"))
    }
}

fn a_hanging_newuidmap_is_ended_with_ns_unshare() -> Outcome {
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
        // The process that ran newuidmap has ended too: no process has stdout open any more.
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

/// A FIFO without a reader.
fn fifo(directory: &Path) -> PathBuf {
    let fifo = directory.join("fifo");
    nix::unistd::mkfifo(&fifo, Mode::from_bits_truncate(0o600)).expect("it is new");
    fifo
}

/// Waits until a process has tried to open the FIFO for writing: the last child of `ns-unshare` does. No file reports a
/// blocked process, so this checks repeatedly while `ns-unshare` lives.
fn await_opening(unshare: Pid) {
    let opening = |pid: Pid| {
        let place = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        place.contains("wait_for_partner") || place.contains("fifo_open")
    };
    while !opening(last_child(unshare)) {
        std::thread::yield_now();
    }
}

/// Waits until a file is created in the directory.
fn await_file(events: &OwnedFd) {
    let mut space = [MaybeUninit::uninit(); 512];
    let mut events = inotify::Reader::new(events, &mut space);
    assert!(
        events
            .next()
            .expect("it can be read")
            .events()
            .contains(inotify::ReadFlags::CREATE)
    );
}

/// Reports files that are created in this directory from now on.
fn new_files(directory: &Path) -> OwnedFd {
    let events = inotify::init(inotify::CreateFlags::CLOEXEC).expect("events can be had");
    inotify::add_watch(&events, directory, inotify::WatchFlags::CREATE).expect("the directory is there");
    events
}

fn a_fifo_without_a_reader_blocks_no_signals() -> Outcome {
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
            await_opening(running.pid());
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

/// The kernel ends no PID 1 by such a signal.
fn pid_1_ends_with_the_status_of_the_signal() -> Outcome {
    needs::user_namespaces()?;
    for signal in ENDING {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let mut messages = tempfile::tempfile().expect("there is room in /tmp");
        let mut command = unshare();
        command.args(["-r", "-p", "sh", "-c", "echo ready; exec \"$@\"", "sh"]);
        command.arg(unshare().get_program()).args(["-f", "-u"]);
        command.arg(format!("--pid-file={}", fifo(directory.path()).display()));
        command
            .args(["echo", "ran"])
            .stderr(messages.try_clone().expect("there are descriptors"));
        let mut running = Running::start(&mut command);
        assert_eq!(running.line(), "ready");
        let first = last_child(running.pid());
        await_opening(first);
        kill(first, signal).expect("it waits");
        running.wait_for_end();
        let (status, died_of, output) = running.end();
        let mut text = String::new();
        messages.rewind().expect("it is a file");
        messages.read_to_string(&mut text).expect("it is text");
        assert_eq!(
            (status, died_of, output.as_str(), text.as_str()),
            (128 + signal as i32, None, "", "")
        );
    }
    Ok(())
}

fn pins_are_removed_if_the_caller_is_ended() -> Outcome {
    needs::root()?;
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let place = Place::new();
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let files = new_files(Path::new(&place.file("")));
        let mut command = unshare();
        command.arg(format!("--uts={}", place.file("uts")));
        command.arg(format!("--pid-file={}", fifo(directory.path()).display()));
        let running = Running::start(command.args(["echo", "ran"]));
        await_file(&files);
        running.signal(signal);
        // The process that undoes the work has stdout open until it is done.
        let (_, died_of, output) = running.end();
        assert!(place.is_empty(), "{signal}");
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

fn a_process_that_is_killed_during_the_set_up_is_named() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let fifo = fifo(directory.path());
    let unwritten = format!(
        "ns-unshare: cannot write the PID to \"{}\": No child processes\n  \
         cause: the process that was to do this has ended without an answer\n",
        fifo.display()
    );
    for (inside, message) in [
        (
            true,
            "ns-unshare: the process inside ended before it ran the program\n",
        ),
        (false, &*unwritten),
    ] {
        let mut messages = tempfile::tempfile().expect("there is room in /tmp");
        let mut command = unshare();
        command
            .args(["-U", "-f"])
            .arg(format!("--pid-file={}", fifo.display()));
        command
            .args(["echo", "ran"])
            .stderr(messages.try_clone().expect("there are descriptors"));
        let running = Running::start(&mut command);
        await_opening(running.pid());
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", running.pid()));
        let children = children.expect("it lives");
        let mut pids = children.split_whitespace().map(|pid| pid.parse().expect("a PID"));
        let victim = if inside { pids.next() } else { pids.next_back() };
        kill(Pid::from_raw(victim.expect("it has children")), Signal::SIGKILL).expect("it waits");
        running.wait_for_end();
        let (status, _, output) = running.end();
        let mut text = String::new();
        messages.rewind().expect("it is a file");
        messages.read_to_string(&mut text).expect("it is text");
        assert_eq!((status, output.as_str(), text.as_str()), (1, "", message));
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
    await_opening(running.pid());
    running.signal(Signal::SIGTERM);
    let pid = std::fs::read_to_string(fifo).expect("it is written to");
    assert!(pid.trim().parse::<u32>().is_ok(), "{pid}");
    assert_eq!(running.end(), (0, None, "ran\n".into()));
    Ok(())
}

/// A source of users that never answers, such as a server that is gone. It opens a FIFO first.
const HANGING: &str = "
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>
int getpwnam_r(const char *name, struct passwd *entry, char *room, size_t size, struct passwd **result) {
    close(open(\"FIFO\", O_WRONLY));
    for (;;) pause();
}
";

fn a_hanging_look_up_of_a_user_is_ended() -> Outcome {
    needs::user_namespaces()?;
    for signal in ENDING {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let fifo = fifo(directory.path());
        let mut command = unshare();
        let _library = preload(
            &HANGING.replace("FIFO", &fifo.display().to_string()),
            &mut command,
        )?;
        let running = Running::start(command.args(["-U", "-S", "somebody", "echo", "ran"]));
        assert_eq!(std::fs::read_to_string(&fifo).expect("it is opened"), "");
        running.signal(signal);
        running.wait_for_end();
        let (_, died_of, output) = running.end();
        assert_eq!((died_of, output.as_str()), (Some(signal as i32), ""));
    }
    Ok(())
}

/// The signal comes with each message of the start in turn. Either the program never runs, or its names stay.
fn no_program_runs_while_its_names_are_removed() -> Outcome {
    needs::root()?;
    needs::tools("strace mount");
    let counted =
        "i=0; while [ $i -lt 300 ]; do set -- /run/*ns/k; [ -e \"$1\" ] || set --; echo $#; i=$((i+1)); done";
    let mut ran = 0;
    for options in ["-f -u -n -i", "-p -u -n", "-u -n --init"] {
        for when in 1..=6 {
            let text = format!(
                "mount -t tmpfs room /run; strace -f -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:signal=TERM:when={when} \
                 \"$U\" -q {options} --pin k sh -c \"$COUNTED\"; set -- /run/*ns/k; [ -e \"$1\" ] && echo kept"
            );
            let mut command = tool("unshare");
            let command = command.args(["-m", "sh", "-c", &text]).env("COUNTED", counted);
            let ran_now = command.env("U", crate::support::path_of("ns-unshare")).ran();
            let lines: Vec<_> = ran_now.stdout.lines().collect();
            let counts: Vec<_> = lines.iter().filter(|line| **line != "kept").collect();
            // The program can have ended before its first line.
            if counts.is_empty() {
                continue;
            }
            ran += 1;
            assert!(
                counts.iter().all(|count| *count == counts[0] && **count != "0"),
                "{options} {when}: {ran_now:?}"
            );
            assert!(lines.contains(&"kept"), "{options} {when}: {ran_now:?}");
        }
    }
    assert!(ran > 0);
    Ok(())
}

/// The program may have run by then. Its end by the launcher is a failure of the launch, and not the end of the program.
fn a_launcher_that_cannot_hear_of_the_program_says_so() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    for options in ["-U -f", "-U -p"] {
        for when in 1..=4 {
            let mut command = tool("strace");
            let fault = format!("inject=recvfrom:error=EIO:when={when}");
            command
                .args(["-f", "-qq", "-o", "/dev/null", "-e", &fault])
                .arg(unshare().get_program());
            let ran = command.with(&format!("{options} true"));
            assert!(
                ran.status == 0 || ran.status == 1 && !ran.stderr.is_empty(),
                "{options} {when}: {ran:?}"
            );
        }
    }
    Ok(())
}
