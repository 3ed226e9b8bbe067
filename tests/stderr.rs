//! The output of all programs on stderr: notes and errors, each in one write, with labels and colours.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Terminal, needs, path_of, program, tool};

cases!["stderr":
    every_program_has_notes_and_silences_them_with_quiet,
    quiet_keeps_the_exit_status,
    quiet_keeps_causes_and_help,
    a_note_is_one_write,
    an_error_with_its_cause_and_help_is_one_write,
    labels_have_colours_where_usage_errors_have_them,
    a_pipe_gets_no_colours,
];

/// A program of each name, with words after which it writes a note.
fn with_notes(directory: &Path) -> Vec<(&'static str, Command)> {
    needs::met(needs::user_namespaces());
    needs::tools("mount");
    let table = directory.join("mountinfo");
    std::fs::write(&table, "no mount\n1 0 0:1 / / rw - tmpfs none rw\n").expect("a file can be written");
    let saved = directory.join("saved");
    let incomplete = r#"{"namespaces": [], "incomplete": {"reason": "1 of 2 processes could not be read"}}"#;
    std::fs::write(&saved, incomplete).expect("a file can be written");
    let mut mounts = program("ns-mounts");
    mounts.arg("-F").arg(table);
    let mut ls = program("ns-ls");
    ls.arg("--input").arg(saved);
    let mut unshare = program("ns-unshare");
    let pin = "mount -t tmpfs run /run && exec \"$@\"";
    unshare.args(["-r", "-m", "sh", "-c", pin, "sh"]);
    unshare.arg(path_of("ns-unshare")).args(["--pin=blue", "--net"]);
    vec![("ns-ls", ls), ("ns-mounts", mounts), ("ns-unshare", unshare)]
}

fn every_program_has_notes_and_silences_them_with_quiet() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for (name, mut command) in with_notes(directory.path()) {
        let loud = command.ran();
        let start = format!("{name}: note: ");
        assert!(loud.status == 0 && loud.stderr.starts_with(&start), "{loud:?}");
        let quiet = command.arg("-q").ran();
        assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""), "{name}");
    }
    // The user namespace has no gid 0 and no uid 0, and notes say so.
    let there = Held::new(tool("unshare").args(["-U", "--map-user=7", "--map-group=7"]), "");
    let pid = there.pid.to_string();
    let enter = |quiet: &[&str]| {
        program("ns-enter")
            .args(["-t", &pid, "-U"])
            .args(quiet)
            .arg("true")
            .ran()
    };
    let loud = enter(&[]);
    let note = "ns-enter: note: gid 0 is not mapped";
    assert!(loud.status == 0 && loud.stderr.starts_with(note), "{loud:?}");
    assert_eq!(enter(&["--quiet"]).ok(), "");
    // ns-hostname has a note only about processes that it may not read.
    if needs::root().is_err() {
        let loud = program("ns-hostname").args(["--list"]).ran();
        let note = "ns-hostname: note: the list is incomplete: ";
        assert!(loud.status == 0 && loud.stderr.starts_with(note), "{loud:?}");
    }
    let quiet = program("ns-hostname").args(["--list", "--quiet"]).ran();
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    Ok(())
}

fn quiet_keeps_the_exit_status() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let (_, mut ls) = with_notes(directory.path()).remove(0);
    let ran = ls.args(["-q", "--strict"]).ran();
    assert_eq!((ran.status, ran.stderr.as_str()), (1, ""));
    Ok(())
}

fn quiet_keeps_causes_and_help() -> Outcome {
    for line in failing() {
        let ran = program(line[0]).args(&line[1..]).ran();
        let quiet = program(line[0]).arg("-q").args(&line[1..]).ran();
        assert!(ran.stderr.contains("\n  help:  "), "{ran:?}");
        assert_eq!(
            (ran.status, &ran.stderr),
            (quiet.status, &quiet.stderr),
            "{line:?}"
        );
    }
    Ok(())
}

/// A command line of each program that fails with help; the first has a cause, too.
fn failing() -> [&'static [&'static str]; 5] {
    [
        &["ns-unshare", "/etc/passwd"],
        &["ns-enter", "-t", "no-such-name", "true"],
        &["ns-ls", "no-such-name"],
        &["ns-hostname", "-t", "no-such-name"],
        &["ns-mounts", "-N", "no-such-name"],
    ]
}

/// Runs the command with a datagram socket as stderr, which keeps the writes apart.
fn writes_of(command: &mut Command) -> Vec<String> {
    let (ours, theirs) = UnixDatagram::pair().expect("sockets can be made");
    let status = command.stderr(OwnedFd::from(theirs)).status().expect("it runs");
    // Has no other end to wait for.
    ours.set_nonblocking(true).expect("a socket can be set");
    let mut writes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = ours.recv(&mut buffer) {
        writes.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        if length == 0 {
            break;
        }
    }
    assert!(!writes.is_empty(), "{command:?} wrote nothing: {status}");
    writes
}

fn a_note_is_one_write() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for (name, mut command) in with_notes(directory.path()) {
        let writes = writes_of(&mut command);
        let [write] = &writes[..] else {
            panic!("{name}: {writes:?}")
        };
        assert!(write.ends_with('\n'), "{write:?}");
    }
    Ok(())
}

fn an_error_with_its_cause_and_help_is_one_write() -> Outcome {
    for line in failing() {
        let writes = writes_of(program(line[0]).args(&line[1..]));
        let [write] = &writes[..] else {
            panic!("{line:?}: {writes:?}")
        };
        assert!(
            write.contains("\n  help:  ") && write.ends_with('\n'),
            "{write:?}"
        );
        if line[0] == "ns-unshare" {
            assert!(write.contains("\n  cause: "), "{write:?}");
        }
    }
    // Wrong usage has several lines, too.
    let writes = writes_of(program("ns-ls").arg("--no-such-option"));
    assert_eq!(writes.len(), 1, "{writes:?}");
    Ok(())
}

fn labels_have_colours_where_usage_errors_have_them() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let table = directory.path().join("mountinfo");
    std::fs::write(&table, "no mount\n").expect("a file can be written");
    let table = table.to_str().expect("it is text");
    let lines: [(&[&str], &[&str]); 3] = [
        (&["ns-ls", "--no-such-option"], &["\u{1b}[31mns-ls:"]),
        (
            &["ns-unshare", "/etc/passwd"],
            &["\u{1b}[31mns-unshare:", "\u{1b}[33mcause:", "\u{1b}[32mhelp:"],
        ),
        (&["ns-mounts", "-F", table], &["\u{1b}[1mnote:"]),
    ];
    let surroundings: [(&[(&str, &str)], bool); 5] = [
        (&[("TERM", "xterm")], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false),
        (&[("TERM", "dumb")], false),
    ];
    for (variables, coloured) in surroundings {
        for (line, labels) in lines {
            let mut command = program(line[0]);
            for name in ["NO_COLOR", "CLICOLOR", "CI"] {
                command.env_remove(name);
            }
            command.args(&line[1..]).envs(variables.iter().copied());
            let end = "---";
            let mut shell = tool("sh");
            shell.args(["-c", &format!("\"$@\"; echo {end}"), "sh"]);
            shell.arg(command.get_program()).args(command.get_args());
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => shell.env(name, value),
                    None => shell.env_remove(name),
                };
            }
            let written = Terminal::new(&shell)?.expect(end);
            assert_eq!(written.contains('\u{1b}'), coloured, "{variables:?}: {written:?}");
            for label in labels {
                assert_eq!(written.contains(label), coloured, "{variables:?}: {written:?}");
            }
        }
    }
    Ok(())
}

fn a_pipe_gets_no_colours() -> Outcome {
    for line in failing() {
        let ran = program(line[0]).args(&line[1..]).env("TERM", "xterm").ran();
        assert!(!ran.stderr.contains('\u{1b}'), "{ran:?}");
    }
    Ok(())
}
