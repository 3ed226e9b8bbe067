//! Paths whose server never answers: signals still end `ns-unshare` during its set-up, and nothing is left.

use std::fs::File;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::support::case::{Skip, cases};
use crate::support::running::ended;
use crate::support::{Held, Outcome, Run as _, Running, User, needs, path_of, tool};

cases!["unshare::dead":
    a_signal_ends_a_set_up_that_waits_for_a_server,
    a_helper_on_a_dead_path_is_given_up,
    nothing_of_the_set_up_outlives_the_caller,
    a_name_that_leads_to_a_dead_path_is_taken,
    a_name_that_leads_to_a_dead_path_keeps_no_other_waiting,
];

/// A FUSE mount on `/mnt` that nobody serves, in a mount namespace of its own.
pub(super) struct Dead {
    held: Held,
    /// While it is open, requests wait for an answer.
    _connection: File,
}

impl Dead {
    pub(super) fn new() -> Result<Self, Skip> {
        needs::root()?;
        let connection = File::options().read(true).write(true).open("/dev/fuse");
        Self::with(connection.map_err(|error| Skip::Lacks(format!("no FUSE: {error}")))?)
    }

    /// The mount of this connection.
    pub(super) fn with(connection: File) -> Result<Self, Skip> {
        needs::root()?;
        needs::tools("mount nsenter setpriv umount");
        let held = Held::new(tool("unshare").arg("-m"), "");
        let options = "fd=0,rootmode=40000,user_id=0,group_id=0,allow_other";
        let mounted = tool("nsenter")
            .args(["-m", "-t", &held.pid.to_string()])
            .args(["mount", "-i", "-t", "fuse.dead", "-o", options, "dead", "/mnt"])
            .stdin(connection.try_clone().expect("there are descriptors"))
            .status()
            .expect("nsenter runs");
        assert!(mounted.success(), "{mounted}");
        Ok(Self {
            held,
            _connection: connection,
        })
    }

    /// Ends all requests: nobody waits for an answer any more.
    pub(super) fn abort(&self) {
        let _ = self.inside(&["umount", "-i", "-f", "/mnt"]).status();
    }

    /// This command where the mount is.
    pub(super) fn inside(&self, words: &[&str]) -> Command {
        let mut command = tool("nsenter");
        command.args(["-m", "-t", &self.held.pid.to_string()]).args(words);
        command
    }

    /// Asserts that this signal ends a command whose set-up waits for the file system, and everything that it started.
    #[track_caller]
    fn is_given_up(&self, command: &mut Command, signal: Signal) {
        let running = Running::start(command);
        let processes = self.waiting();
        running.signal(signal);
        let (_, died_of, output) = running.end();
        let wanted = (Some(signal as i32), "");
        assert_eq!((died_of, output.as_str()), wanted, "{command:?}");
        for pid in processes {
            assert!(ended(pid), "{signal} {command:?}");
        }
    }

    /// All processes that were started inside, once one of them waits for the server.
    pub(super) fn waiting(&self) -> Vec<Pid> {
        for _ in 0..20_000 {
            let processes = self.processes();
            let waits = |pid: &Pid| {
                let place = std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
                place.contains("request_wait_answer") || place.contains("fuse")
            };
            if processes.iter().any(waits) {
                return processes;
            }
            std::thread::yield_now();
        }
        panic!("nothing waits for the server")
    }

    /// The processes with this mount namespace, and their children. One of them has another parent, and one another
    /// mount namespace.
    fn processes(&self) -> Vec<Pid> {
        let own = std::fs::read_link(self.held.proc("ns/mnt")).expect("root may read it");
        let all = std::fs::read_dir("/proc").expect("it is mounted").flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let here = |pid: &i32| {
            *pid != self.held.pid
                && std::fs::read_link(format!("/proc/{pid}/ns/mnt")).is_ok_and(|link| link == own)
        };
        let children = |pid: i32| {
            let text =
                std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
            let children: Vec<i32> = text
                .split_whitespace()
                .filter_map(|pid| pid.parse().ok())
                .collect();
            [vec![pid], children].concat()
        };
        pids.filter(here).flat_map(children).map(Pid::from_raw).collect()
    }
}

fn a_signal_ends_a_set_up_that_waits_for_a_server() -> Outcome {
    let dead = Dead::new()?;
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    let some = &["-u", "-f", "--pid-file=/mnt/file"][..];
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        for options in [
            some,
            &["-u", "--pid-file=/mnt/file"],
            &["-f", "--uts=/mnt/file"],
            &["--uts=/mnt/file"],
            &["-p", "--pid-file=/mnt/file"],
            &["-u", "-f", "-w", "/mnt/directory"],
            &["-p", "-w", "/mnt/directory"],
            &["-u", "-f", "-m", "-R", "/mnt/directory"],
        ] {
            if signal != Signal::SIGTERM && options != some {
                continue;
            }
            let mut command = dead.inside(&[program]);
            dead.is_given_up(command.args(options).args(["echo", "ran"]), signal);
        }
    }
    Ok(())
}

fn a_helper_on_a_dead_path_is_given_up() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    let dead = Dead::new()?;
    let program = user.program("ns-unshare").get_program().to_owned();
    let ids = [format!("--reuid={}", user.id), format!("--regid={}", user.id)];
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        for options in [&["-f", "-r", "--map-auto"][..], &["-r", "--map-auto"]] {
            let mut command = dead.inside(&["setpriv", &ids[0], &ids[1], "--clear-groups"]);
            // The program is looked for here first.
            command.arg("env").arg("PATH=/mnt:/usr/bin:/bin").arg(&program);
            dead.is_given_up(command.args(options).args(["echo", "ran"]), signal);
        }
    }
    Ok(())
}

fn nothing_of_the_set_up_outlives_the_caller() -> Outcome {
    let dead = Dead::new()?;
    let program = path_of("ns-unshare").to_str().expect("it is ASCII");
    for options in [
        &["-u", "-f", "-w", "/mnt/directory"][..],
        &["-p", "-w", "/mnt/directory"],
        &["-p", "--init", "-w", "/mnt/directory"],
        &["-u", "-f", "--pid-file=/mnt/file"],
        &["-u", "--pid-file=/mnt/file"],
    ] {
        let mut command = dead.inside(&[program]);
        let running = Running::start(command.args(options).args(["echo", "ran"]));
        let processes = dead.waiting();
        running.signal(Signal::SIGKILL);
        for pid in processes {
            assert!(ended(pid), "{options:?}");
        }
        assert_eq!(running.end().2, "", "{options:?}");
    }
    Ok(())
}

fn a_name_that_leads_to_a_dead_path_is_taken() -> Outcome {
    let dead = Dead::new()?;
    let program = path_of("ns-unshare").display();
    for (number, options) in ["-u", "-u -f", "-u -p"].iter().enumerate() {
        let text = format!(
            "mount -t tmpfs room /run && mkdir /run/utsns && ln -s /mnt/file /run/utsns/name{number} && \
             exec timeout -s KILL 60 {program} {options} --pin name{number} echo ran"
        );
        let output = dead.inside(&["sh", "-c", &text]).ran();
        assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{options}");
        let taken = format!(
            "the name \"name{number}\" is taken: \"/run/utsns/name{number}\" already exists, and is a link\n"
        );
        assert!(output.stderr.contains(&taken), "{}", output.stderr);
    }
    Ok(())
}

fn a_name_that_leads_to_a_dead_path_keeps_no_other_waiting() -> Outcome {
    let dead = Dead::new()?;
    let place = path_of("ns-unshare").parent().expect("a directory").display();
    let inside = |words: &str| {
        let text = format!("PATH={place}:$PATH; exec timeout -s KILL 60 {words}");
        dead.inside(&["sh", "-c", &text]).ran()
    };
    let made = "mount -t tmpfs room /run && mkdir /run/utsns && ln -s /mnt/file /run/utsns/dead";
    assert_eq!(dead.inside(&["sh", "-c", made]).ran().status, 0);
    for (words, status, wanted) in [
        (
            "ns-enter -t deaf true",
            1,
            "no namespace is pinned under the name \"deaf\"",
        ),
        (
            "ns-hostname -t deaf",
            1,
            "no namespace is pinned under the name \"deaf\"",
        ),
        (
            "ns-unshare --unpin deaf",
            1,
            "no namespace is pinned under the name \"deaf\"",
        ),
        ("ns-unshare --unpin-stale", 0, ""),
        (
            "ns-enter -t dead true",
            1,
            "the file system that it leads to does not answer\n  help:  ns-unshare --unpin",
        ),
        ("ns-unshare --unpin dead", 0, ""),
        (
            "ns-enter -t dead true",
            1,
            "no namespace is pinned under the name \"dead\"",
        ),
    ] {
        let ran = inside(words);
        assert_eq!(ran.status, status, "{words}: {ran:?}");
        assert!(ran.stderr.contains(wanted), "{words}: {ran:?}");
    }
    Ok(())
}
