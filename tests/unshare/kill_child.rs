//! Programs that end when `ns-unshare` does: `--kill-child`.

use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::signals::program_of;
use super::{Who, ordinary, unshare};
use crate::support::case::cases;
use crate::support::running::ended;
use crate::support::{Outcome, Run as _, Running, needs};

cases!["unshare::kill_child":
    the_program_dies_with_ns_unshare_if_asked,
    the_program_dies_with_ns_unshare_even_after_a_change_of_ids,
    the_program_does_not_run_if_ns_unshare_dies_during_a_change_of_ids,
    a_program_that_changes_its_ids_dies_with_its_init,
    signal_names_and_numbers_are_taken,
];

/// Kills `ns-unshare`, and returns true if its program ended too.
fn dies_with(command: &mut Command) -> bool {
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready");
    let program = program_of(&running);
    running.signal(Signal::SIGKILL);
    ended(program)
}

/// Writes a line when it runs, and then waits for input that never comes: the case keeps its stdin open.
const WAIT: [&str; 3] = ["sh", "-c", "echo ready; read -r line"];

fn the_program_dies_with_ns_unshare_if_asked() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in [
            "-U -f --kill-child",
            "-r -p --kill-child",
            "-r --init --kill-child",
            "-U --kill-child=TERM",
        ] {
            assert!(
                dies_with(who.unshare().args(options.split(' ')).args(WAIT)),
                "{who:?} {options}"
            );
        }
    }
    // Without the option, the program goes on.
    outlives_ns_unshare(unshare().args(["-U", "-f"]));
    Ok(())
}

/// A program that this command starts goes on after a kill of `ns-unshare`.
fn outlives_ns_unshare(command: &mut Command) {
    let mut running = Running::start(command.args(["sh", "-c", "echo ready; read -r line; echo on"]));
    assert_eq!(running.line(), "ready");
    running.signal(Signal::SIGKILL);
    running.wait_for_end();
    running.say("\n");
    assert_eq!(running.line(), "on");
}

fn the_program_dies_with_ns_unshare_even_after_a_change_of_ids() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    needs::root()?;
    for options in [
        "-f --kill-child -S 1234",
        "-p --kill-child -G 1234 -S 1234",
        "--map-users=all --map-groups=all -p --kill-child -S 7 -G 7",
        "--kill-child -r --keep-caps",
        "--owner 5:6 -r --kill-child",
    ] {
        assert!(
            dies_with(unshare().args(options.split(' ')).args(WAIT)),
            "{options}"
        );
    }
    if needs::installed("newuidmap").is_ok() {
        let options = "-r --map-auto -p --kill-child -S 5 -G 5";
        assert!(
            dies_with(ordinary().args(options.split(' ')).args(WAIT)),
            "{options}"
        );
    }
    Ok(())
}

/// A change of ids clears the signal, and it is set again afterwards. Nothing reports a death between the two.
fn the_program_does_not_run_if_ns_unshare_dies_during_a_change_of_ids() -> Outcome {
    needs::root()?;
    let strace = needs::installed("strace")?;
    let mut command = crate::support::tool(strace);
    command
        .args(["-f", "-o", "/dev/stdout", "-e", "trace=setresuid,execve"])
        .args(["-e", "inject=setresuid:signal=STOP"])
        .arg(unshare().get_program())
        .args(["-f", "--kill-child", "-S", "1234", "true"]);
    let mut running = Running::start(&mut command);
    let pid = |line: &str| {
        let (pid, _) = line.split_once(' ').expect("each line starts with a PID");
        Pid::from_raw(pid.parse().expect("a PID"))
    };
    let first = running.line();
    assert!(first.contains("execve("), "{first}");
    let parent = pid(&first);
    let stopped = std::iter::repeat_with(|| running.line())
        .find(|line| line.contains("stopped by SIGSTOP"))
        .expect("there is no end");
    let child = pid(&stopped);
    assert_ne!(child, parent);
    nix::sys::signal::kill(parent, Signal::SIGKILL).expect("it runs");
    let killed = running.line();
    assert!(
        pid(&killed) == parent && killed.contains("killed by SIGKILL"),
        "{killed}"
    );
    nix::sys::signal::kill(child, Signal::SIGCONT).expect("it is stopped");
    let (_, _, rest) = running.end();
    assert!(
        rest.contains("exited with 1") && !rest.contains("execve"),
        "{rest}"
    );
    Ok(())
}

/// The kernel clears the signal of a process that changes its ids. The init changes none, and ends its namespace.
fn a_program_that_changes_its_ids_dies_with_its_init() -> Outcome {
    needs::root()?;
    let setpriv = needs::installed("setpriv")?;
    let changes = [setpriv.to_str().expect("a path"), "--reuid", "1234"];
    for options in ["--init --kill-child", "-a --init --kill-child"] {
        let mut command = unshare();
        command.args(options.split(' ')).args(changes).args(WAIT);
        assert!(dies_with(&mut command), "{options}");
    }
    // Without an init, the program goes on.
    outlives_ns_unshare(unshare().args(["-p", "--kill-child"]).args(changes));
    Ok(())
}

fn signal_names_and_numbers_are_taken() -> Outcome {
    needs::user_namespaces()?;
    for signal in ["15", "TERM", "SIGTERM", "term", "RTMIN+3", "RTMAX-1", "9"] {
        let mut command = unshare();
        command.args(["-U", &format!("--kill-child={signal}")]);
        assert!(dies_with(command.args(WAIT)), "{signal}");
    }
    for signal in ["0", "65", "NOSUCH", "-1", ""] {
        let error = unshare()
            .args(["-U", &format!("--kill-child={signal}"), "true"])
            .ran()
            .fails(2);
        assert!(error.contains("--kill-child"), "{error}");
    }
    Ok(())
}
