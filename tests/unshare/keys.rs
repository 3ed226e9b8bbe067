//! Keys at a terminal that interrupt and stop, and the terminal afterwards.

use super::Who;
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Shell, User, needs};

cases!["unshare::keys":
    control_c_ends_a_program_without_handlers,
    control_c_reaches_a_handler_once,
    control_z_stops_and_fg_goes_on,
    a_program_that_comes_to_the_foreground_reads_again,
    a_program_with_its_own_group_gets_the_terminal_back,
    control_c_does_not_reach_a_program_with_its_own_group,
    a_script_can_read_its_terminal_afterwards,
    the_modes_of_a_killed_program_are_restored,
    the_modes_that_a_program_leaves_are_kept,
    the_end_of_the_terminal_ends_the_program,
    the_foreground_of_others_is_left_alone,
];

/// Scripts in variables of the shell. Typed text is echoed, and must not look like a program's output.
const SCRIPTS: [(&str, &str); 3] = [
    ("FIFO", "echo re''ady; read -r line <$F"),
    (
        "COUNT",
        // If a signal comes just before the read, it is seen when the time is up. If one comes while the handler runs,
        // it is lost. So the text that triggers the next signal is written after the handler has run.
        "n=0 seen=0; trap 'n=$((n+1))' INT; echo re''ady; \
         until read -rt .1 l; do ((n == seen)) || { seen=$n; echo got $n; }; done; echo end $n",
    ),
    (
        "MODES",
        "$U -U -f sh -c 'stty -icanon -echo; kill -9 $$'; stty -a; echo do''ne",
    ),
];

/// Perl scripts in variables of the shell: a program with its own process group.
const PERL: [(&str, &str); 2] = [
    (
        "ASIDE",
        r#"$| = 1; $SIG{USR1} = sub { print "alive\n"; exit }; setpgrp; print "rea"."dy\n"; sleep 1 while 1"#,
    ),
    (
        "AHEAD",
        r#"use POSIX; $| = 1; $SIG{TTOU} = "IGNORE"; setpgrp; tcsetpgrp 0, $$; print "rea"."dy\n"; kill STOP => $$; print "read:".<STDIN>"#,
    ),
];

/// A shell in which `$U` is `ns-unshare`.
fn shell(who: Who) -> Result<Shell, Skip> {
    let unshare = who.unshare();
    let unshare = unshare
        .get_program()
        .to_str()
        .expect("a path of ASCII")
        .to_owned();
    let variables = [&SCRIPTS[..], &PERL, &[("U", unshare.as_str())]].concat();
    let user = match who {
        Who::Caller => None,
        Who::Ordinary => Some(User::ordinary()?),
    };
    Shell::start(user, &variables)
}

fn control_c_ends_a_program_without_handlers() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        for options in ["-r -p", "-r -p --mount-proc", "-r --init", "-U -f", "-a"] {
            let mut shell = shell(who)?;
            shell.run_cat(&format!("$U {options}"));
            shell.0.type_keys("\x03");
            shell.prompt();
            assert_eq!(shell.status(), "130", "{who:?} {options}");
        }
    }
    Ok(())
}

fn control_c_reaches_a_handler_once() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-U -f", "-r -p", "-r --init"] {
        let mut shell = shell(Who::Caller)?;
        shell.run(&format!("$U {options} bash -c \"$COUNT\""));
        shell.0.expect("ready");
        for count in 1..=3 {
            shell.0.type_keys("\x03");
            shell.0.expect(&format!("got {count}"));
        }
        shell.0.type_keys("\r");
        shell.0.expect("end 3");
        shell.prompt();
        assert_eq!(shell.status(), "0", "{options}");
    }
    Ok(())
}

fn control_z_stops_and_fg_goes_on() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in ["-r -p", "-r --init", "-U -f"] {
            let mut shell = shell(who)?;
            shell.run_cat(&format!("$U {options}"));
            shell.stop();
            assert_eq!(shell.go_on_with_cat(), "0", "{who:?} {options}");
        }
    }
    Ok(())
}

/// A program in the background reads the terminal, and is stopped once more. In the foreground it can read.
fn a_program_that_comes_to_the_foreground_reads_again() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-r -p", "-r --init", "-U -f"] {
        let mut shell = shell(Who::Caller)?;
        shell.run_cat(&format!("$U {options}"));
        shell.stop();
        shell.run("bg");
        shell.prompt();
        let group = shell.0.foreground();
        shell.run("until jobs -s | grep Stopped; do :; done");
        shell.0.expect("Stopped");
        shell.prompt();
        assert_eq!(shell.0.foreground(), group, "{options}");
        assert_eq!(shell.go_on_with_cat(), "0", "{options}");
    }
    Ok(())
}

/// The program had taken the foreground before it was stopped, and has it again after it is continued.
fn a_program_with_its_own_group_gets_the_terminal_back() -> Outcome {
    needs::user_namespaces()?;
    needs::installed("perl")?;
    // PID 1 cannot stop itself.
    for options in ["-U -f", "-r --init"] {
        let mut shell = shell(Who::Caller)?;
        shell.run(&format!("$U {options} perl -e \"$AHEAD\""));
        shell.0.expect("ready");
        shell.prompt();
        shell.run("fg");
        // The shell prints the command, and then continues it.
        shell.0.expect("AHEAD\"\r\n");
        shell.0.type_keys("hello\r");
        shell.0.expect("read:hello");
        shell.prompt();
        assert_eq!(shell.status(), "0", "{options}");
    }
    Ok(())
}

/// Keys go to the foreground only.
fn control_c_does_not_reach_a_program_with_its_own_group() -> Outcome {
    needs::user_namespaces()?;
    needs::installed("perl")?;
    for options in ["-U -f", "-r -p", "-r --init"] {
        let mut shell = shell(Who::Caller)?;
        shell.run(&format!("$U {options} perl -e \"$ASIDE\""));
        shell.0.expect("ready");
        shell.0.type_keys("\x03");
        shell.0.expect("^C");
        // This signal is passed on, after the other one was seen.
        let group = nix::unistd::Pid::from_raw(shell.0.foreground());
        nix::sys::signal::kill(group, nix::sys::signal::Signal::SIGUSR1).expect("it leads its group");
        shell.0.expect("alive");
        shell.prompt();
        assert_eq!(shell.status(), "0", "{options}");
    }
    Ok(())
}

fn a_script_can_read_its_terminal_afterwards() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        for options in ["-r -p --mount-proc", "-r -p", "-r --init", "-U -f", "-a"] {
            let mut shell = shell(who)?;
            shell.read_after_inner_shell(&format!("$U {options}"));
        }
    }
    Ok(())
}

fn the_modes_of_a_killed_program_are_restored() -> Outcome {
    let mut shell = shell(Who::Caller)?;
    shell.run("sh -c \"$MODES\"");
    let text = shell.0.expect("done");
    assert!(text.contains(" icanon") && text.contains(" echo "), "{text}");
    Ok(())
}

fn the_modes_that_a_program_leaves_are_kept() -> Outcome {
    needs::user_namespaces()?;
    let mut shell = shell(Who::Caller)?;
    shell.run("sh -c '$U -U -f stty -echo; stty -a; stty echo; echo d\"\"one'");
    let text = shell.0.expect("done");
    assert!(text.contains(" -echo "), "{text}");
    Ok(())
}

fn the_end_of_the_terminal_ends_the_program() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-r -p", "-r --init", "-U -f"] {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let pid_file = directory.path().join("pid");
        let mut shell = shell(Who::Caller)?;
        // As in a separate terminal window, ns-unshare is the leader of the session. A reader of the terminal would end
        // with the terminal anyway.
        let pid_option = format!("--pid-file {}", pid_file.display());
        shell.run(&format!("exec $U {options} {pid_option} sh -c \"$DEAF\""));
        shell.0.expect("ready");
        let pid = std::fs::read_to_string(&pid_file)
            .expect("it is written")
            .trim()
            .parse()
            .expect("a PID");
        assert!(shell.0.hang_up(), "{options}");
        assert!(
            crate::support::running::ended(nix::unistd::Pid::from_raw(pid)),
            "{options}"
        );
    }
    Ok(())
}

fn the_foreground_of_others_is_left_alone() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-r -p", "-r --init", "-U -f"] {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let fifo = directory.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("there is room in /tmp");
        let mut shell = shell(Who::Caller)?;
        let own = shell.0.foreground();
        shell.run(&format!(
            "export F={}; $U {options} sh -c \"$FIFO\"",
            fifo.display()
        ));
        shell.0.expect("ready\r\n");
        assert_ne!(shell.0.foreground(), own);
        shell.0.type_keys("\x1a");
        shell.prompt();
        shell.run("bg");
        shell.prompt();
        // It is killed in the background: in that case, the modes are restored.
        shell.run("kill -9 $(cat /proc/$!/task/$!/children); wait; echo en''ded");
        shell.0.expect("ended\r\n");
        shell.prompt();
        assert_eq!(shell.0.foreground(), own, "{options}");
        assert_eq!(shell.status(), "0", "{options}");
    }
    Ok(())
}
