//! The terminal that the cases type at behaves as a terminal.

use nix::unistd::Pid;

use crate::support::case::cases;
use crate::support::running::ended;
use crate::support::{Outcome, Terminal, User, needs, tool};

cases!["terminal":
    keys_go_in_and_the_screen_comes_out, control_c_reaches_the_foreground, a_stopped_job_gives_the_terminal_back,
    an_ordinary_user_has_one_too, the_end_is_seen, programs_at_the_terminal_end_with_it,
];

fn keys_go_in_and_the_screen_comes_out() -> Outcome {
    let mut terminal = Terminal::new(tool("sh").args(["-c", "read line; echo \"[$line]\"; tty; stty size"]))?;
    terminal.type_keys("abc\r");
    let screen = terminal.until(|screen| screen.contains("24 80"));
    assert!(screen.starts_with("abc\n[abc]\n/dev/pts/"), "{screen}");
    assert_eq!(terminal.end(), 0);
    Ok(())
}

fn control_c_reaches_the_foreground() -> Outcome {
    let mut terminal = Terminal::new(tool("sh").args(["-c", "echo ready; read line"]))?;
    terminal.expect("ready");
    terminal.type_keys("\x03");
    assert_eq!(terminal.end(), 130);
    Ok(())
}

fn a_stopped_job_gives_the_terminal_back() -> Outcome {
    needs::installed("bash")?;
    let mut terminal = Terminal::new(tool("bash").args(["--norc", "-i"]).env("PS1", "% "))?;
    terminal.expect("% ");
    terminal.type_keys("sh -c 'echo re''ady; read line; echo \"[$line]\"'\r");
    terminal.expect("ready");
    assert_ne!(terminal.foreground(), terminal.pid());
    terminal.type_keys("\x1a");
    terminal.expect("Stopped");
    terminal.expect("% ");
    assert_eq!(terminal.foreground(), terminal.pid());
    terminal.type_keys("fg\r");
    // Keys that are typed before the shell releases the terminal go to the shell.
    terminal.expect("read line");
    terminal.type_keys("abc\r");
    terminal.expect("[abc]");
    terminal.type_keys("exit 3\r");
    assert_eq!(terminal.end(), 3);
    Ok(())
}

fn an_ordinary_user_has_one_too() -> Outcome {
    let user = User::ordinary()?;
    let mut terminal = Terminal::of_user(user, user.tool("sh").args(["-c", "id -u; echo again >$(tty)"]))?;
    terminal.expect(&user.id.to_string());
    terminal.expect("again");
    assert_eq!(terminal.end(), 0);
    Ok(())
}

fn the_end_is_seen() -> Outcome {
    let terminal = Terminal::new(tool("sh").args(["-c", "kill -TERM $$"]))?;
    assert_eq!(terminal.end(), 143);
    Ok(())
}

/// Also background jobs of a shell that another shell has started.
fn programs_at_the_terminal_end_with_it() -> Outcome {
    let mut shell = tool("sh");
    let mut terminal = Terminal::silent(shell.args(["-i", "-c", "sh -i; true"]), None)?;
    terminal.type_keys("sleep 1000 & echo \"<$!>\"\r");
    terminal.expect("<");
    let sleep = terminal.expect(">").parse().expect("a PID");
    drop(terminal);
    assert!(ended(Pid::from_raw(sleep)), "it runs on");
    Ok(())
}
