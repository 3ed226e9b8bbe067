//! `--wait`: until a namespace exists, or no longer does.

use nix::sys::signal::Signal;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, needs, path_of, program, tool, unshare};

cases!["ls::wait":
    a_wait_ends_with_the_name,
    a_wait_ends_with_the_namespace,
    a_wait_counts_the_places_that_were_not_searched,
    a_wait_that_is_not_over_is_a_failure,
    an_interrupt_ends_the_wait_for_a_namespace,
    wrong_waits_are_refused,
];

/// This script of a shell with a `/run` of its own, where `$L` is ns-ls and `$U` is ns-unshare.
fn script(text: &str) -> std::process::Command {
    let mut command = tool("unshare");
    command
        .args(["-m", "--kill-child", "-f", "sh", "-c"])
        .arg(format!("mount -t tmpfs room /run; {text}"))
        .env("L", path_of("ns-ls"))
        .env("U", path_of("ns-unshare"));
    command
}

fn a_wait_ends_with_the_name() -> Outcome {
    needs::root()?;
    needs::tools("mount mkfifo");
    // The other side of the FIFO starts when the wait has begun, or before: both must end it.
    let text =
        "mkfifo /run/go; (: </run/go; $U -q -u --pin web true) & : >/run/go; $L --wait=600 web && echo there
        (: </run/go; $U --unpin web) & : >/run/go; $L --wait=600 --gone web && echo gone
        $L --wait=0 --gone web && echo still";
    let ran = script(text).ran();
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("there\ngone\nstill\n", "")
    );
    // A name of another kind, and a file that no namespace is mounted on yet, lead to none.
    let text =
        "$U -q -u --pin web true; : >/run/file; $L --wait=0 -t net web; $L --wait=0.05 /run/file; exit 0";
    assert_eq!(
        script(text).ran().stderr,
        "ns-ls: web leads to no namespace after 0 s\nns-ls: \"/run/file\" leads to no namespace after 0.05 s\n"
    );
    Ok(())
}

fn a_wait_ends_with_the_namespace() -> Outcome {
    needs::user_namespaces()?;
    let held = Held::new(unshare().args(["-r", "-u"]), "");
    let uts = format!("uts:[{}]", held.inode("uts"));
    for words in [format!("--wait {uts}"), format!("--wait=0 -t uts {}", held.pid)] {
        assert_eq!(program("ns-ls").with(&words).ok(), "", "{words}");
    }
    let mut command = program("ns-ls");
    let wait = Running::start(command.args(["-q", "--wait=600", "--gone", &uts]));
    drop(held);
    wait.wait_for_end();
    assert_eq!(wait.end(), (0, None, String::new()));
    Ok(())
}

/// If something could not be searched, the end of a namespace is not certain.
fn a_wait_counts_the_places_that_were_not_searched() -> Outcome {
    needs::user_namespaces()?;
    let user = crate::support::User::ordinary()?;
    for (option, status) in [("", 0), ("--strict", 1)] {
        let ran = user
            .program("ns-ls")
            .with(&format!("--wait --gone uts:[1] {option}"));
        assert_eq!(ran.status, status, "{option}");
        assert!(ran.stderr.starts_with("ns-ls: note: "), "{}", ran.stderr);
    }
    Ok(())
}

fn a_wait_that_is_not_over_is_a_failure() -> Outcome {
    needs::user_namespaces()?;
    let held = Held::new(unshare().args(["-r", "-u"]), "");
    let uts = format!("uts:[{}]", held.inode("uts"));
    let error = program("ns-ls")
        .with(&format!("--wait=0.02 --gone {uts}"))
        .fails(1);
    assert_eq!(
        error,
        format!("ns-ls: {uts} still leads to the namespace after 0.02 s\n")
    );
    let error = program("ns-ls").with("--wait=0 uts:[1]").fails(1);
    assert_eq!(error, "ns-ls: uts:[1] leads to no namespace after 0 s\n");
    let error = program("ns-ls").with(&format!("--wait {}", held.pid)).fails(1);
    assert!(error.contains("choose one with --type"), "{error}");
    Ok(())
}

fn an_interrupt_ends_the_wait_for_a_namespace() -> Outcome {
    let mut command = program("ns-ls");
    let wait = Running::start(command.args(["--wait", "uts:[1]"]));
    wait.signal(Signal::SIGINT);
    wait.wait_for_end();
    assert_eq!(wait.end(), (130, Some(2), String::new()));
    Ok(())
}

fn wrong_waits_are_refused() -> Outcome {
    for (words, wanted) in [
        ("--wait", "NAMESPACE"),
        ("--gone web", "--wait"),
        ("--wait=soon web", "expected a number of seconds"),
        ("--wait -J web", "--json"),
        ("--wait --watch web", "--watch"),
    ] {
        let error = program("ns-ls").with(words).fails(2);
        assert!(error.contains(wanted), "{words}: {error}");
    }
    Ok(())
}
