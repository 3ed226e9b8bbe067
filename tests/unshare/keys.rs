//! At a terminal: the keys that interrupt and stop, and a terminal that is usable afterwards.

use super::{Who, ordinary};
use crate::support::case::cases;
use crate::support::{Outcome, Terminal, User, needs, program, tool};

cases!["unshare::keys":
    control_c_ends_what_is_deaf_to_it,
    control_c_reaches_a_handler_once,
    control_z_stops_and_fg_goes_on,
    a_script_can_read_its_terminal_afterwards,
    the_modes_of_a_killed_program_are_set_back,
    the_modes_that_a_program_leaves_are_kept,
    the_end_of_the_terminal_ends_the_program,
    the_terminal_is_left_to_who_has_it,
];

/// Scripts that the shell has as variables. What is typed before a program says that it runs may come while the shell still
/// has the terminal in modes of its own.
const SCRIPTS: [(&str, &str); 5] = [
    ("FIFO", "echo re''ady; read -r line <$F"),
    ("CAT", "echo re''ady; exec cat"),
    (
        "COUNT",
        "n=0; trap 'n=$((n+1)); echo got $n' INT; echo re''ady; while ! read -r l; do :; done; echo end $n",
    ),
    (
        "INTERACTIVE",
        "PS1=inner: $U $O bash --norc -i; echo af''ter; read -r line; echo read:$line",
    ),
    (
        "MODES",
        "$U -U -f sh -c 'stty -icanon -echo; kill -9 $$'; stty -a; echo do''ne",
    ),
];

/// An interactive shell at a terminal, in which `$U` is `ns-unshare`.
fn shell(who: Who) -> Result<Terminal, crate::support::case::Skip> {
    let bash = needs::installed("bash")?;
    let mut command = match who {
        Who::Caller => tool(&bash),
        Who::Ordinary => User::ordinary()?.tool(&bash),
    };
    let unshare = match who {
        Who::Caller => program("ns-unshare"),
        Who::Ordinary => ordinary(),
    };
    command.args(["--norc", "--noprofile", "-i"]);
    command
        .env("U", unshare.get_program())
        .env("PS1", "prompt> ")
        .env("HISTFILE", "/dev/null");
    command.envs(SCRIPTS);
    let mut terminal = match who {
        Who::Caller => Terminal::new(&command)?,
        Who::Ordinary => Terminal::of_user(User::ordinary()?, &command)?,
    };
    terminal.expect("prompt> ");
    Ok(terminal)
}

/// Types a command line and waits for its echo.
fn run(terminal: &mut Terminal, line: &str) {
    terminal.type_keys(&format!("{line}\r"));
    terminal.expect("\n");
}

/// Runs cat with these options, and waits until it answers.
fn run_cat(terminal: &mut Terminal, options: &str, before: &str) {
    run(terminal, &format!("{before}$U {options} sh -c \"$CAT\""));
    terminal.expect("ready\r\n");
    answers(terminal, "one");
}

/// Types a word at cat, which is seen as it is typed and as it comes back.
fn answers(terminal: &mut Terminal, word: &str) {
    terminal.type_keys(&format!("{word}\r"));
    terminal.expect(&format!("{word}\r\n{word}\r\n"));
}

/// Asks for the status of the last command.
fn status(terminal: &mut Terminal) -> String {
    run(terminal, "echo status=$?=");
    terminal.expect("status=");
    let status = terminal.expect("=");
    terminal.expect("prompt> ");
    status
}

fn control_c_ends_what_is_deaf_to_it() -> Outcome {
    for who in Who::both()? {
        for options in ["-r -p", "-r -p --mount-proc", "-r --init", "-U -f", "-a"] {
            let mut terminal = shell(who)?;
            run_cat(&mut terminal, options, "");
            terminal.type_keys("\x03");
            terminal.expect("prompt> ");
            assert_eq!(status(&mut terminal), "130", "{who:?} {options}");
        }
    }
    Ok(())
}

fn control_c_reaches_a_handler_once() -> Outcome {
    for options in ["-U -f", "-r -p", "-r --init"] {
        let mut terminal = shell(Who::Caller)?;
        run(&mut terminal, &format!("$U {options} bash -c \"$COUNT\""));
        terminal.expect("ready");
        for count in 1..=3 {
            terminal.type_keys("\x03");
            terminal.expect(&format!("got {count}"));
        }
        terminal.type_keys("\r");
        terminal.expect("end 3");
        terminal.expect("prompt> ");
        assert_eq!(status(&mut terminal), "0", "{options}");
    }
    Ok(())
}

fn control_z_stops_and_fg_goes_on() -> Outcome {
    for who in Who::both()? {
        for options in ["-r -p", "-r --init", "-U -f"] {
            let mut terminal = shell(who)?;
            run_cat(&mut terminal, options, "");
            terminal.type_keys("\x1a");
            terminal.expect("Stopped");
            terminal.expect("prompt> ");
            run(&mut terminal, "fg");
            // The shell says what goes on, and then lets it.
            terminal.expect("CAT\"\r\n");
            answers(&mut terminal, "two");
            terminal.type_keys("\x04");
            terminal.expect("prompt> ");
            assert_eq!(status(&mut terminal), "0", "{who:?} {options}");
        }
    }
    Ok(())
}

fn a_script_can_read_its_terminal_afterwards() -> Outcome {
    for who in Who::both()? {
        for options in ["-r -p --mount-proc", "-r -p", "-r --init", "-U -f", "-a"] {
            let mut terminal = shell(who)?;
            // Not interactive: this shell shares its process group with ns-unshare, and the one inside takes another.
            run(&mut terminal, &format!("O='{options}' sh -c \"$INTERACTIVE\""));
            terminal.expect("inner:");
            terminal.type_keys("exit\r");
            terminal.expect("after");
            terminal.type_keys("hello\r");
            terminal.expect("read:hello");
            terminal.expect("prompt> ");
        }
    }
    Ok(())
}

fn the_modes_of_a_killed_program_are_set_back() -> Outcome {
    let mut terminal = shell(Who::Caller)?;
    run(&mut terminal, "sh -c \"$MODES\"");
    let text = terminal.expect("done");
    assert!(text.contains(" icanon") && text.contains(" echo "), "{text}");
    Ok(())
}

fn the_modes_that_a_program_leaves_are_kept() -> Outcome {
    let mut terminal = shell(Who::Caller)?;
    run(
        &mut terminal,
        "sh -c '$U -U -f stty -echo; stty -a; stty echo; echo d\"\"one'",
    );
    let text = terminal.expect("done");
    assert!(text.contains(" -echo "), "{text}");
    Ok(())
}

fn the_end_of_the_terminal_ends_the_program() -> Outcome {
    for options in ["-r -p", "-r --init", "-U -f"] {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let pid_file = directory.path().join("pid");
        let mut terminal = shell(Who::Caller)?;
        run_cat(
            &mut terminal,
            &format!("{options} --pid-file {}", pid_file.display()),
            "exec ",
        );
        let pid = std::fs::read_to_string(&pid_file)
            .expect("it is written")
            .trim()
            .parse()
            .expect("a PID");
        drop(terminal);
        assert!(
            crate::support::running::ended(nix::unistd::Pid::from_raw(pid)),
            "{options}"
        );
    }
    Ok(())
}

fn the_terminal_is_left_to_who_has_it() -> Outcome {
    for options in ["-r -p", "-r --init", "-U -f"] {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let fifo = directory.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("there is room in /tmp");
        let mut terminal = shell(Who::Caller)?;
        let shell = terminal.foreground();
        run(
            &mut terminal,
            &format!("export F={}; $U {options} sh -c \"$FIFO\"", fifo.display()),
        );
        terminal.expect("ready\r\n");
        assert_ne!(terminal.foreground(), shell);
        terminal.type_keys("\x1a");
        terminal.expect("prompt> ");
        run(&mut terminal, "bg");
        terminal.expect("prompt> ");
        // It ends in the background, killed, which is when modes are set back.
        run(
            &mut terminal,
            "kill -9 $(cat /proc/$!/task/$!/children); wait; echo en''ded",
        );
        terminal.expect("ended\r\n");
        terminal.expect("prompt> ");
        assert_eq!(terminal.foreground(), shell, "{options}");
        assert_eq!(status(&mut terminal), "0", "{options}");
    }
    Ok(())
}
