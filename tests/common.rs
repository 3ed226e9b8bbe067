//! What all five programs do alike.

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Terminal, needs, program, tool};

const PROGRAMS: [&str; 5] = ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"];

cases!["common":
    help_and_version_go_to_stdout,
    a_wrong_option_is_named,
    a_full_disk_is_an_error,
    a_reader_that_goes_away_is_none,
    a_terminal_cuts_what_it_has_no_room_for,
];

fn help_and_version_go_to_stdout() -> Outcome {
    for name in PROGRAMS {
        let help = program(name).arg("--help").ran().ok();
        assert!(help.contains("Usage:") && help.contains(name), "{help}");
        assert_eq!(
            program(name).arg("--version").ran().ok(),
            format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
    Ok(())
}

fn a_wrong_option_is_named() -> Outcome {
    for name in PROGRAMS {
        let error = program(name).arg("--no-such-option").ran().fails(2);
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
        assert!(error.contains("--no-such-option"), "{error}");
    }
    Ok(())
}

fn a_full_disk_is_an_error() -> Outcome {
    for name in PROGRAMS {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full is there");
        let ran = program(name).arg("--help").stdout(full).ran();
        assert_eq!(ran.status, 1, "{ran:?}");
        let expected = format!("{name}: cannot write to stdout: No space left on device\n");
        assert_eq!(ran.stderr, expected);
    }
    Ok(())
}

fn a_reader_that_goes_away_is_none() -> Outcome {
    for name in PROGRAMS {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let ran = program(name).arg("--help").stdout(writer).ran();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{name}");
    }
    Ok(())
}

fn a_terminal_cuts_what_it_has_no_room_for() -> Outcome {
    // Of 80 columns. The last word of the command line, and of the options, is far behind.
    let mut unshare = tool("unshare");
    if needs::root().is_err() {
        unshare.arg("--map-root-user");
    }
    let long = format!(": {} the-end", "x".repeat(200));
    let there = Held::new(unshare.arg("--uts"), &long);
    let pid = there.pid.to_string();
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(
        table.path(),
        format!("1 0 0:1 / / rw - tmpfs none {},the-end\n", "x".repeat(200)),
    )
    .expect("it can be written");
    let file = table.path().to_str().expect("it is text").to_owned();
    let lists: [(&str, &[&str]); 3] = [
        ("ns-ls", &["-n", "-o", "COMMAND", "-t", "uts", "-p", &pid]),
        ("ns-hostname", &["--list", "-n", "-o", "COMMAND", "-t", &pid]),
        ("ns-mounts", &["-n", "-o", "OPTIONS", "-F", &file]),
    ];
    for (name, words) in lists {
        let mut command = program(name);
        command.args(words);
        // In a pipe there is room for all of it.
        assert!(command.ran().stdout.contains("the-end\n"), "{name}");
        let cut = Terminal::new(&command)?.expect("…");
        assert_eq!(cut.chars().count(), 79, "{name}: {cut}");
        assert_eq!(
            Terminal::new(command.env("COLUMNS", "40"))?
                .expect("…")
                .chars()
                .count(),
            39
        );
        Terminal::new(command.arg("-u"))?.expect("the-end");
    }
    Ok(())
}
