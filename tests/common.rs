//! The common behaviour of all five programs.

use std::path::Path;

use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Run as _, Terminal, needs, path_of, program, tool, unshare};

const PROGRAMS: [&str; 5] = ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"];

cases!["common":
    help_and_version_go_to_stdout,
    an_unknown_option_is_named,
    a_full_disk_is_an_error,
    a_closed_stdout_is_an_error,
    a_reader_that_goes_away_is_not_an_error,
    a_line_is_cut_at_the_width_of_the_terminal,
    the_environment_reaches_the_program_unchanged,
    closed_descriptors_are_closed_for_the_program,
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

fn an_unknown_option_is_named() -> Outcome {
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

fn a_closed_stdout_is_an_error() -> Outcome {
    let own = &std::process::id().to_string();
    let lines: [&[&str]; 13] = [
        &["ns-unshare", "--help"],
        &["ns-unshare", "--dry-run", "-U", "true"],
        &["ns-enter", "--version"],
        &["ns-enter", "--dry-run", "--json", "-t", own, "-n", "true"],
        &["ns-ls"],
        &["ns-ls", "/proc/self/ns/net"],
        &["ns-ls", "--list-columns"],
        &["ns-ls", "--complete=processes", ""],
        &["ns-hostname"],
        &["ns-hostname", "--json"],
        &["ns-hostname", "--list"],
        &["ns-mounts"],
        &["ns-mounts", "-J", "/"],
    ];
    for line in lines {
        let name = line[0];
        let ran = tool("sh")
            .args(["-c", "exec \"$@\" >&-", "sh"])
            .arg(program(name).get_program())
            .args(&line[1..])
            .ran();
        let expected = format!("{name}: cannot write to stdout: Bad file descriptor\n");
        assert_eq!((ran.status, ran.stderr), (1, expected), "{line:?}");
    }
    Ok(())
}

fn a_reader_that_goes_away_is_not_an_error() -> Outcome {
    for name in PROGRAMS {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let ran = program(name).arg("--help").stdout(writer).ran();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{name}");
    }
    Ok(())
}

fn a_line_is_cut_at_the_width_of_the_terminal() -> Outcome {
    // The terminal has 80 columns. The last word of the command line and of the options is far behind.
    let long = format!(": {} the-end", "x".repeat(200));
    let there = Held::new(unshare().arg("--uts"), &long);
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
        // A pipe has room for the whole line.
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

/// Executes its arguments with an environment that no shell would make.
const LOADER: &str = "
import ctypes, sys
def strings(texts):
    return (ctypes.c_char_p * (len(texts) + 1))(*texts, None)
entries = [b'nothing', b'A=1', b'A=2', b'=x', b'', b'B=\\xff']
ctypes.CDLL(None).execve(sys.argv[1].encode(), strings([word.encode() for word in sys.argv[1:]]), strings(entries))
";

/// The start of command lines that run a program, of our programs and the relatives. The options make our programs
/// execute themselves a second time if they ever do.
fn launchers(there: &Held) -> Result<[Vec<String>; 4], Skip> {
    let line = |program: &Path, options: &[&str]| {
        let options = options.iter().map(|option| (*option).to_owned());
        std::iter::once(program.display().to_string())
            .chain(options)
            .collect()
    };
    let make = ["-U", "-r"];
    let enter = ["-t", &there.pid.to_string(), "-U", "--preserve-credentials"];
    Ok([
        line(path_of("ns-unshare"), &make),
        line(&needs::installed("unshare")?, &make),
        line(path_of("ns-enter"), &enter),
        line(&needs::installed("nsenter")?, &enter),
    ])
}

fn the_environment_reaches_the_program_unchanged() -> Outcome {
    needs::user_namespaces()?;
    let python = needs::installed("python3")?;
    let there = Held::new(tool("unshare").arg("-U"), "");
    for line in launchers(&there)? {
        let ran = tool(&python)
            .args(["-c", LOADER])
            .args(&line)
            .args(["/bin/cat", "/proc/self/environ"])
            .ran();
        assert_eq!(ran.bytes, b"nothing\0A=1\0A=2\0=x\0\0B=\xff\0", "{line:?}");
    }
    let ran = tool(&python)
        .args(["-c", LOADER])
        .arg(path_of("ns-unshare"))
        .args([
            "-U",
            "--whitelist-env=A,,nothing",
            "/bin/cat",
            "/proc/self/environ",
        ])
        .ran();
    assert_eq!(ran.ok(), "A=1\0A=2\0");
    Ok(())
}

fn closed_descriptors_are_closed_for_the_program() -> Outcome {
    needs::user_namespaces()?;
    let there = Held::new(tool("unshare").arg("-U"), "");
    for line in launchers(&there)? {
        let ran = tool("sh")
            .args(["-c", "exec \"$@\" <&- >&-", "sh"])
            .args(&line)
            .args([
                "sh",
                "-c",
                "for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && echo $fd >&2; done; :",
            ])
            .ran();
        assert_eq!((ran.status, ran.stderr.as_str()), (0, "2\n"), "{line:?}");
    }
    Ok(())
}
