//! The options that change single variables of the program's environment, of `ns-unshare` and `ns-enter`.

use std::io::Write as _;
use std::process::Command;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs, program, tool};

cases!["environment":
    variables_change_in_the_order_of_the_options,
    a_changed_path_or_shell_counts,
    the_environment_of_the_target_is_changed_too,
    a_line_that_sets_nothing_is_wrong_usage,
];

/// Both programs with these variables. ns-enter stays where it is.
fn both() -> [Command; 2] {
    let own = format!("-t{}", std::process::id());
    [("ns-unshare", "-U"), ("ns-enter", &own)].map(|(name, option)| {
        let mut command = program(name);
        command.env_clear().env("A", "1").env("B", "2").arg(option);
        command
    })
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("there is room in /tmp");
    file.write_all(text.as_bytes()).expect("it is ours");
    file
}

fn variables_change_in_the_order_of_the_options() -> Outcome {
    needs::user_namespaces()?;
    let file = file("# A=comment\n\nA=of a file # to the end\nC=\"3\"\n");
    let file = format!("--env-file={}", file.path().display());
    for (options, wanted) in [
        (&["--setenv", "A=x=y", "--setenv=D="][..], "A=x=y\nB=2\nD=\n"),
        (&["--unsetenv=A", "--unsetenv", "MISSING"], "B=2\n"),
        (
            &["--setenv=A=0", &file],
            "A=of a file # to the end\nB=2\nC=\"3\"\n",
        ),
        (&[&file, "--setenv=A=0", "--unsetenv=C"], "A=0\nB=2\n"),
        (&["--unsetenv=A", "--setenv=A=0"], "B=2\nA=0\n"),
        (&["--setenv=A=0", "--unsetenv=A"], "B=2\n"),
    ] {
        for mut command in both() {
            let ran = command.args(options).arg("/usr/bin/env").ran();
            assert_eq!(ran.stdout, wanted, "{command:?}: {ran:?}");
        }
    }
    // The changes come after what the other options leave.
    let ran = program("ns-unshare").with("-U --setenv A=1 --clear-env /usr/bin/env");
    assert_eq!(ran.ok(), "A=1\n");
    Ok(())
}

fn a_changed_path_or_shell_counts() -> Outcome {
    needs::user_namespaces()?;
    for mut command in both() {
        let error = command.args(["--setenv=PATH=/nowhere", "env"]).ran().fails(127);
        assert!(error.contains("no directory of PATH has it: /nowhere"), "{error}");
    }
    let plan = program("ns-unshare")
        .with("-U --dry-run --setenv SHELL=/of/the/option")
        .ok();
    assert!(plan.contains("run \"/of/the/option\""), "{plan}");
    Ok(())
}

fn the_environment_of_the_target_is_changed_too() -> Outcome {
    needs::user_namespaces()?;
    let held = Held::new(
        tool("env").args(["-i", "PATH=/usr/bin:/bin", "X=1", "Y=2", "unshare", "-r", "-u"]),
        "",
    );
    let pid = held.pid.to_string();
    let ran = program("ns-enter")
        .args([
            "-t",
            &pid,
            "-u",
            "-e",
            "--unsetenv=X",
            "--setenv=Z=3",
            "/usr/bin/env",
        ])
        .ran();
    let text = ran.ok();
    let has = |line: &str| text.lines().any(|other| other == line);
    assert!(has("Y=2") && has("Z=3") && !has("X=1"), "{text}");
    Ok(())
}

fn a_line_that_sets_nothing_is_wrong_usage() -> Outcome {
    let file = file("A=1\n\nA\n");
    let path = file.path().display();
    for mut command in both() {
        let error = command
            .arg(format!("--env-file={path}"))
            .arg("true")
            .ran()
            .fails(2);
        assert!(
            error.contains(&format!("{path}:3: expected NAME=VALUE\n")),
            "{error}"
        );
    }
    for (words, wanted) in [
        ("--setenv A", "expected NAME=VALUE"),
        ("--setenv =1", "expected NAME=VALUE"),
        ("--unsetenv A=1", "expected the name of a variable"),
    ] {
        for mut command in both() {
            let error = command.with(words).fails(2);
            assert!(error.contains(wanted), "{words}: {error}");
        }
    }
    for mut command in both() {
        let error = command.args(["--env-file=/no/such/file", "true"]).ran().fails(1);
        assert!(
            error.contains("cannot read \"/no/such/file\": No such file or directory"),
            "{error}"
        );
    }
    Ok(())
}
