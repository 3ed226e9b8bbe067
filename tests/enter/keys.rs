//! At a terminal: the keys that interrupt and stop, its end, and a script that reads it afterwards.

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::{Who, both};
use crate::support::case::{Skip, cases};
use crate::support::running::{ended, last_child};
use crate::support::{Held, Outcome, Running, Shell, needs};

cases!["enter::keys":
    control_c_ends_the_program, control_z_stops_and_fg_goes_on, a_script_can_read_its_terminal_afterwards,
    the_end_of_the_terminal_ends_the_program, signals_are_passed_on, an_old_proc_is_hinted_at,
];

/// A process in a user and a PID namespace.
fn target(who: &Who) -> Held {
    Held::new(who.program("ns-unshare").args(["-r", "-p"]), "")
}

/// A shell in which `$E` is `ns-enter` into the target.
fn shell(who: &Who, held: &Held) -> Result<Shell, Skip> {
    let enter = who.enter();
    let words = format!("{} -t {} -U -p", enter.get_program().to_string_lossy(), held.pid);
    Shell::start(who.user, &[("E", &words)])
}

fn control_c_ends_the_program() -> Outcome {
    needs::user_namespaces()?;
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
    needs::user_namespaces()?;
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        shell.run_cat("$E");
        shell.stop();
        assert_eq!(shell.go_on_with_cat(), "0", "{}", who.name);
    }
    Ok(())
}

fn a_script_can_read_its_terminal_afterwards() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        shell.read_after_inner_shell("$E");
    }
    Ok(())
}

fn the_end_of_the_terminal_ends_the_program() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = target(&who);
        let mut shell = shell(&who, &held)?;
        // ns-enter leads the session, as in a new terminal window. A program that reads the terminal would end with
        // it in any case.
        shell.run("exec $E sh -c \"$DEAF\"");
        shell.0.expect("ready");
        let program = last_child(Pid::from_raw(shell.0.pid()));
        assert!(shell.0.hang_up(), "{}", who.name);
        assert!(ended(program), "{}: {program} lives on", who.name);
    }
    Ok(())
}

/// This signal kills nsenter(1), which leaves its program running.
fn signals_are_passed_on() -> Outcome {
    needs::user_namespaces()?;
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
                // A signal just before the shell waits for input is seen when the time is up.
                "trap 'echo got; exit 9' {}; echo ready; until read -rt .1 line || (($? < 128)); do :; done; exit 8",
                &name[3..]
            );
            let mut command = who.enter();
            let mut running = Running::start(command.args(["-t", &pid, "-U", "-p", "bash", "-c", &script]));
            assert_eq!(running.line(), "ready");
            running.signal(signal);
            running.wait_for_end();
            let (status, died_of, rest) = running.end();
            assert_eq!(
                (status, died_of, rest.as_str()),
                (9, None, "got\n"),
                "{} {name}",
                who.name
            );
        }
    }
    Ok(())
}

fn an_old_proc_is_hinted_at() -> Outcome {
    needs::user_namespaces()?;
    let who = &both()?[0];
    let held = target(who);
    let mut shell = shell(who, &held)?;
    shell.run("$E true");
    let text = shell.prompt();
    assert!(
        text.contains("/proc still shows the old PID namespace: use --mount-proc"),
        "{text}"
    );
    shell.run("$E --mount-proc true; echo do''ne");
    let text = shell.0.expect("done");
    assert!(!text.contains("/proc still shows"), "{text}");
    Ok(())
}
