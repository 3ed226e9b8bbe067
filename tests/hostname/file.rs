//! `--file` and `--boot`: a name from a file, as in boot scripts.

use std::io::Write as _;
use std::process::Stdio;

use super::{container, names, of};
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, needs, tool};

cases!["hostname::file":
    one_name_is_found_among_comments_and_blanks,
    a_file_that_hostname_reads_is_read_here,
    an_unsuitable_file_is_an_error_with_its_name,
    pipes_and_stdin_work,
    the_domain_is_set_from_a_file_too,
    boot_takes_a_file_that_is_missing_or_empty,
    boot_sets_localhost_where_there_is_no_name,
    boot_alone_or_with_a_name_is_as_hostname_has_it,
];

/// The result of setting the name from a file with this text.
fn from(pid: i32, text: impl AsRef<[u8]>, options: &str) -> Ran {
    let file = tempfile::NamedTempFile::new().expect("a file can be made");
    std::fs::write(file.path(), text).expect("it is ours");
    let mut command = of(pid, options);
    let mut ran = command.arg("-F").arg(file.path()).ran();
    ran.stderr = ran
        .stderr
        .replace(file.path().to_str().expect("its name is text"), "FILE");
    ran
}

fn one_name_is_found_among_comments_and_blanks() -> Outcome {
    let there = container("plain", "corp");
    for (index, text) in [
        "NAME",
        "NAME\n",
        "NAME\r\n",
        "  NAME\t \n",
        "\n\n   \nNAME\n\n",
        "# a comment\nNAME\n# another",
        "  # indented\nNAME\n",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("web-{index}");
        assert_eq!(
            from(there.pid, text.replace("NAME", &name), "").ok(),
            "",
            "{text:?}"
        );
        assert_eq!(
            names(there.pid),
            (format!("{name}\n"), "corp\n".into()),
            "{text:?}"
        );
    }
    Ok(())
}

fn a_file_that_hostname_reads_is_read_here() -> Outcome {
    needs::root()?;
    needs::installed("hostname")?;
    let there = container("plain", "plain");
    let enter = |arguments: &[&str]| {
        let mut command = tool("nsenter");
        command
            .args(["-t", &there.pid.to_string(), "--uts", "--"])
            .args(arguments)
            .ran()
    };
    // hostname(1) differs for these texts, and is wrong: it accepts a line of blanks as a name, takes the first of two
    // names, and cannot read a pipe.
    for text in [
        "web-1",
        "web-1\n",
        " web-1 \t\n",
        "web-1\r\n",
        "# x\n#y\nweb-1\n",
        "\n\nweb-1\n",
        "a_b\n",
        "web #\n",
        "",
    ] {
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        std::fs::write(file.path(), text).expect("it is ours");
        let path = file.path().to_str().expect("its name is text");
        for boot in [&[][..], &["-b"]] {
            let theirs = enter(&[&["hostname", "-F", path], boot].concat());
            let after_theirs = names(there.pid);
            enter(&["hostname", "plain"]);
            let ours = of(there.pid, "-F").arg(path).args(boot).ran();
            assert_eq!(names(there.pid), after_theirs, "{text:?} {boot:?}");
            assert_eq!(
                ours.status, theirs.status,
                "{text:?} {boot:?}: {ours:?} {theirs:?}"
            );
            enter(&["hostname", "plain"]);
        }
    }
    Ok(())
}

fn an_unsuitable_file_is_an_error_with_its_name() -> Outcome {
    let there = container("plain", "corp");
    let long = "x".repeat(65);
    for (text, why) in [
        ("", "FILE has no name in it"),
        ("# only\n\n", "FILE has no name in it"),
        (
            "a\nb\n",
            "FILE: line 2 has a second name, 'b'; the first is in line 1",
        ),
        (
            "web # the first\n",
            "FILE: invalid host name 'web # the first' in line 1: character ' ' at position 4",
        ),
        (
            "\na_b\n",
            "FILE: invalid host name 'a_b' in line 2: character '_' at position 2",
        ),
        ("a\0b\n", "FILE: it is not a text file"),
        (&long, "in line 1: it is 65 bytes long; the kernel's limit is 64"),
    ] {
        let error = from(there.pid, text, "").fails(1);
        assert!(error.contains(why), "{error}");
    }
    for (path, why) in [
        ("/no/such", "cannot read /no/such: No such file or directory"),
        ("/", "cannot read /: Is a directory"),
        ("/dev/zero", "/dev/zero: it is too long for a file with a name"),
    ] {
        let error = of(there.pid, "-F").arg(path).ran().fails(1);
        assert_eq!(error, format!("ns-hostname: {why}\n"));
    }
    assert_eq!(names(there.pid), ("plain\n".into(), "corp\n".into()));
    assert_eq!(from(there.pid, "a_b\n", "--force").ok(), "");
    assert_eq!(names(there.pid).0, "a_b\n");
    assert_eq!(from(there.pid, "my_host. # x\n", "--clean").ok(), "myhost.x\n");
    Ok(())
}

fn pipes_and_stdin_work() -> Outcome {
    let there = container("plain", "corp");
    for (path, name) in [("-", "by-stdin"), ("/dev/stdin", "by-path")] {
        let mut command = of(there.pid, "-F");
        let mut child = command
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let mut stdin = child.stdin.take().expect("it is a pipe");
        // The line comes in two writes, because a pipe can deliver a line in parts.
        stdin.write_all(b"# x\nby-").expect("it is read");
        stdin.write_all(&name.as_bytes()[3..]).expect("it is read");
        drop(stdin);
        assert!(child.wait().expect("it ends").success());
        assert_eq!(names(there.pid).0, format!("{name}\n"));
    }
    Ok(())
}

fn the_domain_is_set_from_a_file_too() -> Outcome {
    let there = container("plain", "corp");
    assert_eq!(from(there.pid, "  corp_two \n", "-y").ok(), "");
    assert_eq!(names(there.pid), ("plain\n".into(), "corp_two\n".into()));
    assert_eq!(from(there.pid, "web\n", "--nis=corp.three").ok(), "");
    assert_eq!(names(there.pid), ("web\n".into(), "corp.three\n".into()));
    Ok(())
}

fn boot_takes_a_file_that_is_missing_or_empty() -> Outcome {
    let there = container("plain", "corp");
    assert_eq!(of(there.pid, "-b -F /no/such").ran().ok(), "");
    assert_eq!(from(there.pid, "", "-b").ok(), "");
    assert_eq!(from(there.pid, "# nothing\n", "-b").ok(), "");
    assert_eq!(names(there.pid), ("plain\n".into(), "corp\n".into()));
    assert_eq!(from(there.pid, "web-1\n", "-b").ok(), "");
    assert_eq!(names(there.pid).0, "web-1\n");
    // An invalid name is an error at boot too.
    assert!(
        from(there.pid, "a_b\n", "-b")
            .fails(1)
            .contains("character '_' at position 2")
    );
    assert!(of(there.pid, "-b -F /").ran().fails(1).contains("Is a directory"));
    Ok(())
}

fn boot_sets_localhost_where_there_is_no_name() -> Outcome {
    let there = container("plain", "corp");
    for none in ["", "(none)"] {
        for words in ["-b -F /no/such", "-b"] {
            of(there.pid, "--force").arg(none).ran().ok();
            assert_eq!(of(there.pid, words).ran().ok(), "");
            assert_eq!(names(there.pid), ("localhost\n".into(), "corp\n".into()));
        }
    }
    Ok(())
}

fn boot_alone_or_with_a_name_is_as_hostname_has_it() -> Outcome {
    let there = container("plain", "corp");
    assert_eq!(of(there.pid, "-b").ran().ok(), "plain\n");
    assert_eq!(of(there.pid, "-b web-1").ran().ok(), "");
    assert_eq!(names(there.pid).0, "web-1\n");
    Ok(())
}
