//! Signals to `ns-unshare` while it waits, and its death.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::{Who, unshare};
use crate::support::case::{Skip, cases};
use crate::support::running::last_child;
use crate::support::{Outcome, Run as _, Running, needs, tool};

cases!["unshare::signals":
    each_signal_reaches_the_program_once,
    the_value_of_a_signal_reaches_the_program,
    each_deadly_signal_ends_the_program_and_ns_unshare,
    a_signal_ends_pid_1_although_it_has_no_handler,
    a_handler_of_pid_1_is_respected,
    signals_that_are_not_forwarded_are_held_back,
    init_passes_signals_on_and_reaps,
    ns_unshare_dies_of_the_programs_signal,
    only_the_program_leaves_a_core_dump,
    the_program_stops_and_goes_on_with_ns_unshare,
];

/// Writes the number of each signal that comes, until it reads a line.
const COUNT: &str = r#"
    use Config; $| = 1;
    my @numbers = split ' ', $Config{sig_num};
    for my $name (split ' ', $Config{sig_name}) {
        my $number = shift @numbers;
        $SIG{$name} = sub { print "$number\n" } if $number;
    }
    print "ready\n"; 1 until defined sysread(STDIN, my $line, 9); print "end\n";
"#;

/// Sends a signal by its number.
fn send(pid: Pid, signal: i32) {
    let sent = tool("sh").args(["-c", &format!("kill -{signal} {pid}")]).ran();
    assert_eq!(sent.status, 0, "{signal}: {}", sent.stderr);
}

/// The signals for which the process has a handler, as the kernel shows them.
fn caught_by(pid: Pid) -> Vec<i32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let caught = caught.expect("each process has it");
    (1..=64)
        .filter(|signal| caught & (1 << (signal - 1)) != 0)
        .collect()
}

fn each_signal_reaches_the_program_once() -> Outcome {
    needs::user_namespaces()?;
    let perl = needs::installed("perl")?;
    for who in Who::both()? {
        for options in ["-U -f", "-r -p", "-r -p --init"] {
            let mut command = who.unshare();
            command.args(options.split(' ')).arg(&perl).args(["-e", COUNT]);
            let mut running = Running::start(&mut command);
            assert_eq!(running.line(), "ready");
            let mut program = program_of(&running);
            if options.ends_with("--init") {
                program = last_child(program);
            }
            let signals = caught_by(program);
            assert!(signals.len() > 50, "{signals:?}");
            for signal in signals {
                send(running.pid(), signal);
                assert_eq!(running.line(), signal.to_string(), "{who:?} {options}");
            }
            running.say("end\n");
            let (status, _, rest) = running.end();
            assert_eq!((status, rest.as_str()), (0, "end\n"), "{who:?} {options}");
        }
    }
    Ok(())
}

/// Writes how each SIGUSR1 was sent, and its value, until it reads a line.
const VALUES: &str = r#"
    use POSIX;
    sub say { syswrite STDOUT, "@_\n" }
    sigaction SIGUSR1, POSIX::SigAction->new(sub { say @{$_[1]}{qw(code status)} }, POSIX::SigSet->new, SA_SIGINFO);
    say "ready"; 1 until defined sysread(STDIN, my $line, 9); say "end";
"#;

/// The value that `sigqueue(3)` sends. A signal of `kill(2)` has none.
fn the_value_of_a_signal_reaches_the_program() -> Outcome {
    needs::user_namespaces()?;
    let perl = needs::installed("perl")?;
    for who in Who::both()? {
        for options in ["-U -f", "-r -p", "-r -p --init"] {
            let mut command = who.unshare();
            command.args(options.split(' ')).arg(&perl).args(["-e", VALUES]);
            let mut running = Running::start(&mut command);
            assert_eq!(running.line(), "ready");
            let pid = running.pid().to_string();
            for (words, told) in [
                (&["-q", "42"][..], format!("{} 42", nix::libc::SI_QUEUE)),
                (&[], format!("{} 0", nix::libc::SI_USER)),
            ] {
                let mut kill = tool("kill");
                kill.args(["-s", "USR1"]).args(words).arg(&pid).ran().ok();
                assert_eq!(running.line(), told, "{who:?} {options}");
            }
            running.say("end\n");
            let (status, _, rest) = running.end();
            assert_eq!((status, rest.as_str()), (0, "end\n"), "{who:?} {options}");
        }
    }
    Ok(())
}

/// The numbers of the signals that end `cat` on this kernel. KILL is left out, because no process can pass it on. So
/// are the two signals that the C library uses internally, which some of its children ignore.
fn deadly() -> Vec<i32> {
    let mut deadly = Vec::new();
    for signal in (1..=64).filter(|signal| ![Signal::SIGKILL as i32, 32, 33].contains(signal)) {
        let mut running = Running::start(&mut tool("cat"));
        running.say("here\n");
        assert_eq!(running.line(), "here");
        send(running.pid(), signal);
        send(running.pid(), Signal::SIGCONT as i32);
        // The signal comes before the end of its input.
        let (_, died_of, _) = running.end();
        deadly.extend(died_of);
    }
    deadly
}

fn each_deadly_signal_ends_the_program_and_ns_unshare() -> Outcome {
    needs::user_namespaces()?;
    let deadly = deadly();
    let usual = [Signal::SIGXCPU, Signal::SIGPROF, Signal::SIGPWR, Signal::SIGTERM];
    assert!(usual.iter().all(|signal| deadly.contains(&(*signal as i32))));
    assert!((34..=64).all(|signal| deadly.contains(&signal)), "{deadly:?}");
    for signal in deadly {
        for options in ["-U -f", "-r -p", "-r --init"] {
            let mut running = Running::start(unshare().args(options.split(' ')).arg("cat"));
            running.say("here\n");
            assert_eq!(running.line(), "here");
            send(running.pid(), signal);
            running.wait_for_end();
            let (status, died_of, _) = running.end();
            assert_eq!((status, died_of), (128 + signal, Some(signal)), "{options}");
        }
    }
    Ok(())
}

fn a_signal_ends_pid_1_although_it_has_no_handler() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
            Signal::SIGUSR1,
            Signal::SIGUSR2,
        ] {
            // PID 1 is cat, which has no signal handlers.
            let mut running = Running::start(who.unshare().args(["-r", "-p", "cat"]));
            running.say("here\n");
            assert_eq!(running.line(), "here");
            running.signal(signal);
            running.wait_for_end();
            let (status, died_of, _) = running.end();
            assert_eq!(
                (status, died_of),
                (128 + signal as i32, Some(signal as i32)),
                "{who:?} {signal}"
            );
        }
    }
    Ok(())
}

fn a_handler_of_pid_1_is_respected() -> Outcome {
    needs::user_namespaces()?;
    let bash = needs::installed("bash")?;
    for (set_up, signal, wanted) in [
        (
            "trap 'echo caught; exit 3' TERM",
            Signal::SIGTERM,
            (3, "caught\n"),
        ),
        ("trap '' TERM", Signal::SIGTERM, (0, "")),
    ] {
        // If a signal comes just before the read, it is seen when the time is up.
        let text =
            format!("{set_up}; echo ready; until read -rt .1 line || (($? < 128)); do :; done; exit 0");
        let mut running = Running::start(unshare().args(["-r", "-p"]).arg(&bash).args(["-c", &text]));
        assert_eq!(running.line(), "ready");
        running.signal(signal);
        if wanted.0 == 3 {
            running.wait_for_end();
        }
        let (status, died_of, rest) = running.end();
        assert_eq!(
            (status, died_of, rest.as_str()),
            (wanted.0, None, wanted.1),
            "{set_up}"
        );
    }
    Ok(())
}

fn signals_that_are_not_forwarded_are_held_back() -> Outcome {
    needs::user_namespaces()?;
    let perl = needs::installed("perl")?;
    // INT and TERM stay pending, and the program does not get them.
    let mut command = unshare();
    command
        .args(["-U", "-f", "--no-forward-signals"])
        .arg(&perl)
        .args(["-e", COUNT]);
    let mut running = Running::start(&mut command);
    assert_eq!(running.line(), "ready");
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    running.say("end\n");
    let (status, _, rest) = running.end();
    assert_eq!((status, rest.as_str()), (0, "end\n"));
    // HUP ends only ns-unshare: the program goes on reading.
    let mut command = unshare();
    command.args(["-U", "-f", "--no-forward-signals"]);
    command.args(["sh", "-c", "echo ready; read -r line; echo still here"]);
    let mut running = Running::start(&mut command);
    assert_eq!(running.line(), "ready");
    running.signal(Signal::SIGHUP);
    running.wait_for_end();
    running.say("go on\n");
    assert_eq!(running.line(), "still here");
    Ok(())
}

fn init_passes_signals_on_and_reaps() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("ps");
    for who in Who::both()? {
        // PID 1 becomes the orphan's parent, and must wait for it, so that no zombie is left.
        let text = "(sh -c 'sleep 0 & exec true' &) ; wait; sh -c 'exec sh -c \"(true &)\"';
                    for i in 1 2 3 4 5 6 7 8 9; do ps -e -o stat= | grep -q Z || break; done
                    ps -e -o pid=,stat=,comm= | grep Z; ps -o comm= -p 1; echo $$";
        let mut command = who.unshare();
        let ran = super::script(&mut command, "-r --mount-proc --init", text);
        assert_eq!(ran.ok(), "ns-unshare\n2\n", "{who:?}");
        // This holds for every cause of death: the orphan is visible until init has waited for it.
        let text = "p=$(sh -c 'sleep 1000 >/dev/null & echo $!'); kill -40 $p; while kill -0 $p 2>/dev/null; do :; done; echo on";
        let ran = super::script(&mut who.unshare(), "-r --init", text);
        assert_eq!(ran.ok(), "on\n", "{who:?}");
    }
    Ok(())
}

fn ns_unshare_dies_of_the_programs_signal() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for (text, status, signal) in [
            ("exit 9", 9, None),
            ("kill -TERM $$", 143, Some(15)),
            ("kill -KILL $$", 137, Some(9)),
            ("kill -SEGV $$", 139, Some(11)),
            ("kill -34 $$", 162, Some(34)),
            ("kill -64 $$", 192, Some(64)),
        ] {
            for options in ["-U -f", "-r --init"] {
                let ran = super::script(&mut who.unshare(), options, text);
                assert_eq!(
                    (ran.status, ran.signal, ran.stderr.as_str()),
                    (status, signal, ""),
                    "{who:?} {options} {text}"
                );
            }
        }
    }
    Ok(())
}

fn only_the_program_leaves_a_core_dump() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let dumps = |command: &Command| {
        let limit = "ulimit -c \"$(ulimit -H -c)\" && exec \"$@\"";
        let mut shell = tool("sh");
        shell.args(["-c", limit, "sh"]).arg(command.get_program());
        shell.args(command.get_args()).current_dir(&directory);
        let status = shell.status().expect("there is a shell");
        assert_eq!(status.signal(), Some(11), "{status}");
        status.core_dumped()
    };
    let die = ["sh", "-c", "kill -SEGV $$"];
    let mut program = tool("env");
    if !dumps(program.args(die)) {
        return Err(Skip::Lacks("no core dumps are written here".into()));
    }
    let mut program = unshare();
    assert!(!dumps(program.args(["-U", "-f"]).args(die)));
    Ok(())
}

/// The PID of the program's process, as seen by the test.
pub(super) fn program_of(running: &Running) -> Pid {
    last_child(running.pid())
}

fn the_program_stops_and_goes_on_with_ns_unshare() -> Outcome {
    needs::user_namespaces()?;
    // The parent of ns-unshare sees the stop, as a shell would.
    for who in Who::both()? {
        for options in ["-U -f", "-r -p", "-r --init"] {
            let mut command = who.unshare();
            command
                .args(options.split(' '))
                .args(["sh", "-c", "echo ready; read -r line; echo on; exit 4"]);
            let mut running = Running::start(&mut command);
            assert_eq!(running.line(), "ready");
            let pid = running.pid();
            // A process without a shell in its session ignores TSTP, but not STOP.
            let stopped = if options.ends_with("--init") {
                last_child(program_of(&running))
            } else {
                program_of(&running)
            };
            nix::sys::signal::kill(stopped, Signal::SIGSTOP).expect("it runs");
            let status = nix::sys::wait::waitpid(pid, Some(nix::sys::wait::WaitPidFlag::WUNTRACED));
            assert_eq!(
                status,
                Ok(nix::sys::wait::WaitStatus::Stopped(pid, Signal::SIGSTOP)),
                "{who:?} {options}"
            );
            running.signal(Signal::SIGCONT);
            running.say("\n");
            assert_eq!(running.line(), "on", "{who:?} {options}");
            assert_eq!(running.end().0, 4, "{who:?} {options}");
        }
    }
    Ok(())
}
