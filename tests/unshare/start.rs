//! The start of the program: descriptors, signals, environment, and the shell that runs by default.

use std::path::Path;

use super::{Who, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Terminal, User, needs, tool};

cases!["unshare::start":
    the_program_has_three_descriptors_and_the_passed_ones,
    the_program_at_a_terminal_has_no_other_descriptors,
    the_signal_mask_and_dispositions_pass_through,
    sockets_of_an_activation_are_for_the_program,
    the_environment_can_be_emptied,
    the_login_shell_is_the_callers,
    a_plan_can_have_only_the_program,
    it_works_with_few_descriptors,
];

fn the_program_has_three_descriptors_and_the_passed_ones() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        for options in [
            "-U",
            "-U -f",
            "-r -p",
            "-a",
            "-r --init",
            "-r --pid-file /dev/null",
        ] {
            let mut shell = match who {
                Who::Caller => tool("sh"),
                Who::Ordinary => User::ordinary()?.tool("sh"),
            };
            shell.env("U", who.unshare().get_program());
            // The result is the same with and without ns-unshare. 5 belongs to the caller, and so do the descriptors
            // that the tests were started with.
            let text = format!("ls /proc/self/fd 5</dev/null; $U {options} ls /proc/self/fd 5</dev/null");
            let text = shell.args(["-c", &text]).ran().ok();
            let lines: Vec<_> = text.lines().collect();
            let (without, with) = lines.split_at(lines.len() / 2);
            assert!(
                without.contains(&"5") && without == with,
                "{who:?} {options}: {text}"
            );
        }
    }
    Ok(())
}

fn the_program_at_a_terminal_has_no_other_descriptors() -> Outcome {
    needs::user_namespaces()?;
    let mut shell = tool("sh");
    shell.env("U", unshare().get_program());
    let text = "ls /proc/self/fd; echo ==; $U -U -f ls /proc/self/fd; echo ==; echo end";
    let mut terminal = Terminal::new(shell.args(["-c", text]))?;
    let screen = terminal.until(|screen| screen.contains("end"));
    let lists: Vec<_> = screen.split("==\n").collect();
    assert!(lists[0].contains('0') && lists[0] == lists[1], "{screen}");
    assert_eq!(terminal.end(), 0);
    Ok(())
}

fn the_signal_mask_and_dispositions_pass_through() -> Outcome {
    needs::user_namespaces()?;
    let env = needs::installed("env")?;
    // A shell in between would have its own mask.
    let fields = ["grep", "^Sig[BI]", "/proc/self/status"];
    for settings in [
        "",
        "--ignore-signal=PIPE",
        "--block-signal=TERM",
        "--ignore-signal=USR1 --default-signal=PIPE",
    ] {
        for options in ["-U", "-U -f", "-r -p", "-r --init"] {
            let mut with = tool(&env);
            with.args(settings.split_whitespace())
                .arg(unshare().get_program())
                .args(options.split(' '));
            let mut without = tool(&env);
            without.args(settings.split_whitespace());
            let inside = with.args(fields).ran().ok();
            assert_eq!(inside, without.args(fields).ran().ok(), "{settings} {options}");
        }
    }
    // An ignored SIGCHLD would keep ns-unshare from waiting. The program gets the default disposition.
    let ran = tool(&env)
        .args(["--ignore-signal=CHLD"])
        .arg(unshare().get_program())
        .args(["-U", "-f"])
        .args(["sh", "-c", "exit 7"])
        .ran();
    assert_eq!(ran.status, 7);
    Ok(())
}

fn sockets_of_an_activation_are_for_the_program() -> Outcome {
    needs::user_namespaces()?;
    let run = |pid: &str, options: &str| {
        let mut command = tool("sh");
        let enter = Path::new(env!("CARGO_BIN_EXE_ns-enter"));
        command.env("U", unshare().get_program()).env("E", enter);
        let look = "test -e /dev/fd/3 && test $LISTEN_FDS = 1 && echo $(($$ == $LISTEN_PID)) $WATCHDOG_PID $LISTEN_PIDFDID";
        let text = format!(
            "export LISTEN_FDS=1 LISTEN_PID={pid} LISTEN_PIDFDID=7 WATCHDOG_PID=4; exec {options} sh -c '{look}' 3</dev/null"
        );
        command.args(["-c", &text]).ran().ok()
    };
    for options in [
        "$U -U",
        "$U -U -f",
        "$U -r -p",
        "$U -r -p --init",
        "$E -n -t $$ -F",
    ] {
        let text = run("$$", options);
        let words: Vec<_> = text.split_whitespace().collect();
        // They are set where they were right before. The watchdog was another process's.
        assert_eq!(words[..2], ["1", "4"], "{options}: {text}");
        let has_inode = words
            .get(2)
            .is_some_and(|inode| *inode != "7" && inode.parse::<u64>().is_ok());
        assert!(has_inode, "{options}: {text}");
        assert_eq!(run("4194304", options), "0 4 7\n", "{options}");
    }
    // PID 1 of the new PID namespace is not the PID 1 that was meant.
    let mut command = tool("sh");
    command
        .env("U", unshare().get_program())
        .env("LISTEN_PID", "1")
        .env("WATCHDOG_PID", "1");
    let look = "exec $U -r -p sh -c 'echo $$ ${LISTEN_PID-none} ${WATCHDOG_PID-none}'";
    assert_eq!(command.args(["-c", look]).ran().ok(), "1 none none\n");
    // An environment that is not the caller's is left as it is.
    let text = run(
        "$$",
        "$U -U -f --whitelist-env=PATH,WATCHDOG_PID,LISTEN_FDS env LISTEN_PID=5",
    );
    assert_eq!(text, "0 4\n");
    Ok(())
}

fn the_environment_can_be_emptied() -> Outcome {
    needs::user_namespaces()?;
    let variables = |options: &str| {
        let mut command = unshare();
        command
            .env_clear()
            .env("A", "1")
            .env("B", "2=3")
            .env("C", "")
            .env("PATH", "/usr/bin:/bin");
        command.with(&format!("{options} /usr/bin/env")).ok()
    };
    assert_eq!(variables("-U --clear-env"), "");
    assert_eq!(variables("-U --whitelist-env B,C,MISSING"), "B=2=3\nC=\n");
    assert_eq!(
        variables("-U --whitelist-env=A --clear-env --whitelist-env C"),
        "A=1\nC=\n"
    );
    assert_eq!(variables("-U"), "A=1\nB=2=3\nC=\nPATH=/usr/bin:/bin\n");
    // The program is still found, in the default directories of execvp(3).
    assert_eq!(unshare().with("-U --clear-env env").ok(), "");
    Ok(())
}

fn the_login_shell_is_the_callers() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        // $SHELL comes first.
        let mut command = who.unshare();
        let error = command.env("SHELL", "/no/such-shell").with("-U").fails(127);
        assert!(error.contains("\"/no/such-shell\""), "{error}");
        // The shell in /etc/passwd comes next. It is the caller's, and not the shell of nobody, whose uid a bare -U
        // shows.
        let plan = who.unshare().env_remove("SHELL").with("--dry-run -U").ok();
        let uid = who.unshare().with("id -u").ok();
        let passwd = std::fs::read_to_string("/etc/passwd").expect("it is text");
        let entry = passwd
            .lines()
            .find(|line| line.split(':').nth(2) == Some(uid.trim()))
            .expect("there is one");
        let shell = entry.rsplit(':').next().expect("the last field");
        assert!(plan.ends_with(&format!("run \"{shell}\"\n")), "{plan}");
        let plan = who
            .unshare()
            .env("SHELL", "/bin/dash")
            .with("--dry-run -U --clear-env")
            .ok();
        assert!(plan.ends_with(&format!("run \"{shell}\"\n")), "{plan}");
    }
    // As a login shell it has a hyphen before its name.
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let shell = directory.path().join("shell");
    std::fs::copy(needs::installed("cat")?, &shell).expect("there is room");
    let mut command = unshare();
    command
        .env("SHELL", &shell)
        .arg("-U")
        .stdin(std::process::Stdio::piped());
    let mut running = crate::support::Running::start(&mut command);
    running.say("hello\n");
    assert_eq!(running.line(), "hello");
    let name = std::fs::read(format!("/proc/{}/cmdline", running.pid())).expect("it runs");
    assert_eq!(name, b"-shell\0");
    Ok(())
}

fn a_plan_can_have_only_the_program() -> Outcome {
    assert_eq!(unshare().with("echo hello").ok(), "hello\n");
    assert_eq!(script(&mut unshare(), "-f", "exit 3").status, 3);
    let plan = unshare().with("--dry-run true").ok();
    assert_eq!(plan, "self    run \"true\"\n");
    Ok(())
}

fn it_works_with_few_descriptors() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        let mut shell = match who {
            Who::Caller => tool("sh"),
            Who::Ordinary => User::ordinary()?.tool("sh"),
        };
        shell.env("U", who.unshare().get_program());
        let ran = shell
            .args(["-c", "ulimit -n 16; $U -a --init sh -c 'exit 6'"])
            .ran();
        assert_eq!((ran.status, ran.stderr.as_str()), (6, ""), "{who:?}");
    }
    Ok(())
}
