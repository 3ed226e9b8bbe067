//! At a terminal: the keys that interrupt and stop, its end, and a script that reads it afterwards.

use super::{Who, both};
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Terminal, needs, tool};

cases!["enter":
    control_c_ends_the_program, control_z_stops_and_fg_goes_on, a_script_can_read_its_terminal_afterwards,
    the_end_of_the_terminal_ends_the_program, signals_are_passed_on, an_old_proc_is_hinted_at,
];

/// What the shell has as variables: what is typed may be echoed before a program runs, and is not to be mistaken for it.
const SCRIPTS: [(&str, &str); 2] = [
    ("CAT", "echo re''ady; exec cat"),
    (
        "INTERACTIVE",
        "PS1=inner: $E $O bash --norc -i; echo af''ter; read -r line; echo read:$line",
    ),
];

/// A process in a user and a PID namespace.
fn target(who: &Who) -> Held {
    Held::new(who.program("ns-unshare").args(["-r", "-p"]), "")
}

/// An interactive shell at a terminal, in which `$E` is `ns-enter` into the target.
fn shell(who: &Who, held: &Held) -> Result<Terminal, Skip> {
    let bash = needs::installed("bash")?;
    let mut command = match who.user {
        Some(user) => user.tool(&bash),
        None => tool(&bash),
    };
    let enter = who.enter();
    let words = format!("{} -t {} -U -p", enter.get_program().to_string_lossy(), held.pid);
    command
        .args(["--norc", "--noprofile", "-i"])
        .env("E", words)
        .env("PS1", "prompt> ")
        .env("HISTFILE", "/dev/null")
        .envs(SCRIPTS);
    let mut terminal = match who.user {
        Some(user) => Terminal::of_user(user, &command)?,
        None => Terminal::new(&command)?,
    };
    terminal.expect("prompt> ");
    Ok(terminal)
}

fn run(terminal: &mut Terminal, line: &str) {
    terminal.type_keys(&format!("{line}\r"));
    terminal.expect("\n");
}

fn run_cat(terminal: &mut Terminal, before: &str) {
    run(terminal, &format!("{before}$E sh -c \"$CAT\""));
    terminal.expect("ready\r\n");
    answers(terminal, "one");
}

/// Types a word at cat, which is seen as it is typed and as it comes back.
fn answers(terminal: &mut Terminal, word: &str) {
    terminal.type_keys(&format!("{word}\r"));
    terminal.expect(&format!("{word}\r\n{word}\r\n"));
}

fn status(terminal: &mut Terminal) -> String {
    run(terminal, "echo status=$?=");
    terminal.expect("status=");
    let status = terminal.expect("=");
    terminal.expect("prompt> ");
    status
}

fn control_c_ends_the_program() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut terminal = shell(&who, &held)?;
        run_cat(&mut terminal, "");
        terminal.type_keys("\x03");
        terminal.expect("prompt> ");
        assert_eq!(status(&mut terminal), "130", "{}", who.name);
    }
    Ok(())
}

fn control_z_stops_and_fg_goes_on() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut terminal = shell(&who, &held)?;
        run_cat(&mut terminal, "");
        terminal.type_keys("\x1a");
        terminal.expect("Stopped");
        terminal.expect("prompt> ");
        run(&mut terminal, "fg");
        terminal.expect("CAT\"\r\n");
        answers(&mut terminal, "two");
        terminal.type_keys("\x04");
        terminal.expect("prompt> ");
        assert_eq!(status(&mut terminal), "0", "{}", who.name);
    }
    Ok(())
}

fn a_script_can_read_its_terminal_afterwards() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut terminal = shell(&who, &held)?;
        // Not interactive: this shell shares its process group with ns-enter, and the one inside takes another.
        run(&mut terminal, "sh -c \"$INTERACTIVE\"");
        terminal.expect("inner:");
        terminal.type_keys("exit\r");
        terminal.expect("after");
        terminal.type_keys("hello\r");
        terminal.expect("read:hello");
        terminal.expect("prompt> ");
    }
    Ok(())
}

fn the_end_of_the_terminal_ends_the_program() -> Outcome {
    for who in both()? {
        let held = target(&who);
        let mut terminal = shell(&who, &held)?;
        run_cat(&mut terminal, "exec ");
        let program = child_of(terminal.pid());
        drop(terminal);
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
                "trap 'echo got; exit 9' {}; echo ready; while :; do read -r line || exit 8; done",
                &name[3..]
            );
            let mut child = who
                .enter()
                .args(["-t", &pid, "-U", "-p", "sh", "-c", &script])
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
    let mut terminal = shell(who, &held)?;
    run(&mut terminal, "$E true");
    let text = terminal.expect("prompt> ");
    assert!(
        text.contains("/proc shows the PID namespace that was left: --mount-proc"),
        "{text}"
    );
    run(&mut terminal, "$E --mount-proc true; echo do''ne");
    let text = terminal.expect("done");
    assert!(!text.contains("/proc shows"), "{text}");
    Ok(())
}
