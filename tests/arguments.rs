//! The spellings of arguments, in all five programs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, program, tool};

cases!["arguments":
    an_abbreviation_of_unshare_means_the_same_here,
    an_abbreviation_of_nsenter_means_the_same_here,
    an_abbreviation_of_lsns_means_the_same_here,
    an_abbreviation_of_findmnt_means_the_same_here,
    an_abbreviation_of_hostname_means_the_same_here,
    the_start_of_an_option_means_the_same_as_all_of_it,
    an_ambiguous_abbreviation_is_an_error_with_the_choices,
    arguments_after_the_program_belong_to_it,
    options_may_follow_operands,
    an_argument_that_is_not_text_is_named_with_its_option,
    a_lacking_option_is_named_with_the_option_that_needs_it,
    a_value_after_a_blank_gets_advice,
    the_name_in_the_usage_is_that_of_the_program,
];

/// Every abbreviation of every option of the installed relative: our program takes it as the same option.
fn an_abbreviation_means_the_same_here(relative: &str, ours: &str) -> Outcome {
    let theirs = tool(needs::installed(relative)?).arg("--help").ran();
    let help = theirs.stdout + &theirs.stderr;
    let words = help.split(|c: char| !c.is_ascii_lowercase() && c != '-');
    let mut options: Vec<&str> = words.filter_map(|word| word.strip_prefix("--")).collect();
    options.retain(|option| option.starts_with(|c: char| c.is_ascii_lowercase()));
    options.sort_unstable();
    options.dedup();
    assert!(options.len() > 10, "{options:?}");
    for option in &options {
        let starts = (1..option.len()).map(|end| &option[..end]);
        for start in
            starts.filter(|start| options.iter().filter(|other| other.starts_with(start)).count() == 1)
        {
            // After an option without a value, --help is read. An option with a value is named in the error.
            let ran = program(ours).args([&format!("--{start}"), "--help"]).ran();
            let named = ran.stderr.contains(&format!("'--{option}"));
            let left_out = ran.stderr.contains("/etc/fstab");
            assert!(
                ran.status == 0 || ran.status == 2 && (named || left_out),
                "--{start} for --{option}: {ran:?}"
            );
        }
    }
    Ok(())
}

fn an_abbreviation_of_unshare_means_the_same_here() -> Outcome {
    an_abbreviation_means_the_same_here("unshare", "ns-unshare")
}

fn an_abbreviation_of_nsenter_means_the_same_here() -> Outcome {
    an_abbreviation_means_the_same_here("nsenter", "ns-enter")
}

fn an_abbreviation_of_lsns_means_the_same_here() -> Outcome {
    an_abbreviation_means_the_same_here("lsns", "ns-ls")
}

fn an_abbreviation_of_findmnt_means_the_same_here() -> Outcome {
    an_abbreviation_means_the_same_here("findmnt", "ns-mounts")
}

fn an_abbreviation_of_hostname_means_the_same_here() -> Outcome {
    an_abbreviation_means_the_same_here("hostname", "ns-hostname")
}

/// Abbreviations that more of our options start with, with the value in the next or in the same word.
fn the_start_of_an_option_means_the_same_as_all_of_it() -> Outcome {
    for (name, short, whole) in [
        (
            "ns-unshare",
            "--dry --us --pi --n --i true",
            "--dry-run --user --pid --net --ipc true",
        ),
        (
            "ns-unshare",
            "--dry --us --w / --f true",
            "--dry-run --user --wd / --fork true",
        ),
        (
            "ns-unshare",
            "--dry --us --bo 5 --ti true",
            "--dry-run --user --boottime 5 --time true",
        ),
        (
            "ns-unshare",
            "--dry --us --net=x --mon=-1 --ti true",
            "--dry-run --user --net=x --monotonic=-1 --time true",
        ),
        (
            "ns-enter",
            "--dry --ta 1 --ne --no-f true",
            "--dry-run --target 1 --net --no-fork true",
        ),
        (
            "ns-enter",
            "--dry --ne=/proc/self/ns/net --wdn / true",
            "--dry-run --net=/proc/self/ns/net --wdns / true",
        ),
        (
            "ns-ls",
            "--li --noh --look processes --ta OWN --output NS",
            "--list --noheadings --look processes --task OWN --output NS",
        ),
        ("ns-hostname", "--l", "--long"),
        (
            "ns-mounts",
            "--she --so proc --output SOURCE",
            "--shell --source proc --output SOURCE",
        ),
    ] {
        let own = std::process::id().to_string();
        let run = |words: &str| program(name).args(words.replace("OWN", &own).split(' ')).ran();
        let (short, whole) = (run(short), run(whole));
        // The number of unreadable processes may differ the second time.
        assert!(!short.stderr.contains("may be"), "{short:?}");
        assert_eq!(
            (short.status, short.stdout),
            (whole.status, whole.stdout),
            "{name}"
        );
    }
    Ok(())
}

fn an_ambiguous_abbreviation_is_an_error_with_the_choices() -> Outcome {
    for (name, start, expected) in [
        (
            "ns-unshare",
            "--set",
            "--set may be --setenv, --setgid, --setgroups or --setuid",
        ),
        (
            "ns-hostname",
            "--all",
            "--all may be --all-fqdns or --all-ip-addresses",
        ),
        (
            "ns-mounts",
            "--no",
            "--no may be --no-ascii, --nocanonicalize, --nofsroot, --noheadings or --notruncate",
        ),
    ] {
        let error = program(name).arg(start).ran().fails(2);
        assert!(
            error.starts_with(&format!(
                "{name}: {expected}
"
            )),
            "{error}"
        );
    }
    Ok(())
}

fn arguments_after_the_program_belong_to_it() -> Outcome {
    for words in ["echo --pi --n", "-- echo --pi --n"] {
        let said = program("ns-unshare").args(words.split(' ')).ran().ok();
        assert_eq!(said, "--pi --n\n");
    }
    Ok(())
}

fn options_may_follow_operands() -> Outcome {
    let tree = |spelled: &str| program("ns-ls").args([":1", "-l", spelled]).ran().fails(2);
    assert_eq!(tree("-Tparent"), tree("--tree=parent"));
    let after = program("ns-mounts")
        .args(["/proc", "--noh", "--output", "FSTYPE"])
        .ran();
    assert_eq!(after.ok().lines().next(), Some("proc"));
    Ok(())
}

/// Also after another argument that can have any bytes.
fn an_argument_that_is_not_text_is_named_with_its_option() -> Outcome {
    let bytes = |text: &str| {
        OsString::from(OsStr::from_bytes(
            &text
                .bytes()
                .map(|b| if b == b'?' { 0xff } else { b })
                .collect::<Vec<_>>(),
        ))
    };
    for (name, words, argument, option) in [
        ("ns-ls", "-o PID,?", "PID,\\xff", "--output <COLUMNS>"),
        ("ns-ls", "--look=?", "--look=\\xff", "--look <PLACES>"),
        ("ns-ls", "-nQ? -l", "-nQ\\xff", "--filter <EXPRESSION>"),
        ("ns-mounts", "-F a? --id ?b", "\\xffb", "--id <ID>"),
        ("ns-mounts", "-F a? -t ?b -w ?c", "\\xffb", "--types <TYPES>"),
        ("ns-unshare", "--map-user ? true", "\\xff", "--map-user <USER>"),
        ("ns-enter", "-t ?a -S?b true ?", "-S\\xffb", "--setuid <USER>"),
        ("ns-hostname", "--list -o ?", "\\xff", "--output <COLUMNS>"),
    ] {
        let error = program(name).args(words.split(' ').map(bytes)).ran().fails(2);
        let expected =
            format!("{name}: invalid argument '{argument}' for '{option}': it is not UTF-8 text\n");
        assert!(error.starts_with(&expected), "{error}");
    }
    Ok(())
}

fn a_lacking_option_is_named_with_the_option_that_needs_it() -> Outcome {
    for (name, words, error) in [
        ("ns-unshare", "--json true", "--json needs --dry-run"),
        ("ns-unshare", "-n --from 1", "--from needs --pin"),
        ("ns-enter", "--json true", "--json needs --dry-run"),
        ("ns-hostname", "-P", "--pairs needs --list or --list-columns"),
        ("ns-hostname", "-o HOSTNAME", "--output needs --list"),
        ("ns-mounts", "--timeout 3", "--timeout needs --watch"),
    ] {
        let text = program(name).with(words).fails(2);
        assert!(
            text.starts_with(&format!("{name}: {error}\n\nUsage: {name} ")),
            "{text}"
        );
    }
    Ok(())
}

/// An option with a value of its own choice takes it after `=`: after a blank it is the program, or an operand.
fn a_value_after_a_blank_gets_advice() -> Outcome {
    needs::user_namespaces()?;
    for (name, words, status, advice) in [
        (
            "ns-enter",
            "-t self -w /tmp pwd",
            126,
            "give /tmp to --wd, write --wd=/tmp",
        ),
        (
            "ns-enter",
            "-u 4711 hostname",
            2,
            "give 4711 to --uts, write --uts=4711",
        ),
        (
            "ns-ls",
            "-T parent",
            1,
            "give parent to --tree, write --tree=parent",
        ),
        (
            "ns-unshare",
            "-r -u /etc/passwd",
            126,
            "give /etc/passwd to --uts, write --uts=/etc/passwd",
        ),
    ] {
        let words = words.replace("self", &std::process::id().to_string());
        let error = program(name).with(&words).fails(status);
        assert!(error.contains(&format!("  help:  to {advice}\n")), "{error}");
    }
    // A word that may be a program counts as one.
    for (words, help) in [
        ("-w /etc/passwd", "chmod +x /etc/passwd\n"),
        ("-w no-such-program", ""),
    ] {
        let mut command = program("ns-enter");
        command.args(["-t", &std::process::id().to_string()]);
        let error = command.with(words).stderr;
        assert!(error.contains("cannot run") && error.contains(help), "{error}");
        assert!(!error.contains("write --"), "{error}");
    }
    Ok(())
}

/// The caller of the program chooses `argv[0]`.
fn the_name_in_the_usage_is_that_of_the_program() -> Outcome {
    for name in ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"] {
        let error = program(name)
            .arg0("x\r\u{202e}y")
            .with("--no-such-option")
            .fails(2);
        assert!(error.contains(&format!("Usage: {name} ")), "{error}");
        assert!(!error.contains(['\r', '\u{202e}']), "{error:?}");
    }
    Ok(())
}
