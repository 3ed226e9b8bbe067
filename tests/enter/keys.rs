//! At a terminal: the keys that interrupt and stop, its end, and a script that reads it afterwards.

use super::{Who, both};
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Shell, needs};

cases!["enter":
    control_c_ends_the_program, control_z_stops_and_fg_goes_on, a_script_can_read_its_terminal_afterwards,
    the_end_of_the_terminal_ends_the_program, signals_are_passed_on, an_old_proc_is_hinted_at,
];

/// What the shell has as a variable: what is typed is echoed, and is not to be mistaken for what a program says.
const INTERACTIVE: &str = "PS1=inner: $E $O bash --norc -i; echo af''ter; read -r line; echo read:$line";

/// Reads nothing.
const DEAF: &str = "echo re''ady; exec sleep 1000";

/// A process in a user and a PID namespace.
fn target(who: &Who) -> Held {
    Held::new(who.program("ns-unshare").args(["-r", "-p"]), "")
}

/// A shell in which `$E` is `ns-enter` into the target.
fn shell(who: &Who, held: &Held) -> Result<Shell, Skip> {
    let enter = who.enter();
    let words = format!("{} -t {} -U -p", enter.get_program().to_string_lossy(), held.pid);
    Shell::start(
        who.user,
        &[("E", &words), ("INTERACTIVE", INTERACTIVE), ("DEAF", DEAF)],
    )
}

fn control_c_ends_the_program() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        shell.run_cat("$E");
        shell.0.type_keys("\x03");
        shell.prompt();
        assert_eq!(shell.status(), "130", "{}", who.name);
    }
    Ok(())
}

fn control_z_stops_and_fg_goes_on() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        shell.run_cat("$E");
        shell.0.type_keys("\x1a");
        shell.0.expect("Stopped");
        shell.prompt();
        shell.run("fg");
        shell.0.expect("CAT\"\r\n");
        shell.answers("two");
        shell.0.type_keys("\x04");
        shell.prompt();
        assert_eq!(shell.status(), "0", "{}", who.name);
    }
    Ok(())
}

fn a_script_can_read_its_terminal_afterwards() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        // Not interactive: this shell shares its process group with ns-enter, and the one inside takes another.
        shell.run("sh -c \"$INTERACTIVE\"");
        shell.0.expect("inner:");
        shell.0.type_keys("exit\r");
        shell.0.expect("after");
        shell.0.type_keys("hello\r");
        shell.0.expect("read:hello");
        shell.prompt();
    }
    Ok(())
}

fn the_end_of_the_terminal_ends_the_program() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        // As in a terminal window of its own: ns-enter is the leader of the session. What reads the terminal would end with
        // it in any case.
        shell.run("exec $E sh -c \"$DEAF\"");
        shell.0.expect("ready");
        let program = child_of(shell.0.pid());
        assert!(shell.0.hang_up(), "{}", who.name);
        assert!(ends(&program), "{}: {program:?} lives on", who.name);
    }
    Ok(())
}

/// A child of this process, held.
fn child_of(pid: i32) -> std::os::fd::OwnedFd {
    let file = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(&file).expect("it is there");
    let child = children.split_whitespace().next().expect("it has one");
    let child = rustix::process::Pid::from_raw(child.parse().expect("a PID")).expect("it is positive");
    rustix::process::pidfd_open(child, rustix::process::PidfdFlags::empty()).expect("it runs")
}

/// Whether the process ends before a person would call it hung.
fn ends(pidfd: &std::os::fd::OwnedFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let patience = Timespec {
        tv_sec: 20,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&patience)) == Ok(1)
}

/// What nsenter(1) dies of, and leaves its program behind.
fn signals_are_passed_on() -> Outcome {
    use nix::sys::signal::{Signal, kill};
    use std::io::BufRead as _;
    needs::installed("bash")?;
    for who in both()? {
        let held = target(&who);
        let pid = held.pid.to_string();
        for signal in [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
            Signal::SIGUSR1,
        ] {
            let name = signal.as_str();
            let script = format!(
                // A signal that comes just before it waits for input is seen when the time is up.
                "trap 'echo got; exit 9' {}; echo ready; until read -rt .1 line || (($? < 128)); do :; done; exit 8",
                &name[3..]
            );
            let mut child = who
                .enter()
                .args(["-t", &pid, "-U", "-p", "bash", "-c", &script])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("it can be run");
            let mut lines = std::io::BufReader::new(child.stdout.take().expect("a pipe")).lines();
            let mut line = || lines.next().expect("it writes on").expect("it is text");
            assert_eq!(line(), "ready");
            let own = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a PID"));
            kill(own, signal).expect("it is our child");
            assert_eq!(line(), "got", "{} {name}", who.name);
            assert_eq!(
                child.wait().expect("it is our child").code(),
                Some(9),
                "{} {name}",
                who.name
            );
        }
    }
    Ok(())
}

fn an_old_proc_is_hinted_at() -> Outcome {
    let who = &both()?[0];
    let held = target(who);
    let mut shell = shell(who, &held)?;
    shell.run("$E true");
    let text = shell.prompt();
    assert!(
        text.contains("/proc shows the PID namespace that was left: --mount-proc"),
        "{text}"
    );
    shell.run("$E --mount-proc true; echo do''ne");
    let text = shell.0.expect("done");
    assert!(!text.contains("/proc shows"), "{text}");
    Ok(())
}
