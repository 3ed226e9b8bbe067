//! `ns-hostname`: showing and setting the names, in one's own UTS namespace and in others.

use std::process::Command;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["hostname":
    shows_what_hostname_shows,
    shows_the_names_of_another_namespace,
    sets_the_names_of_another_namespace_and_leaves_ones_own,
    an_ordinary_user_sets_the_names_of_a_container_of_theirs,
    an_ordinary_user_is_told_what_is_not_permitted,
    lists_every_namespace_with_its_names,
    wrong_usage_is_named_with_its_value,
];

/// The program, asked for the namespace of a process.
fn of(pid: i32, words: &str) -> Command {
    let mut command = program("ns-hostname");
    command
        .args(["-t", &pid.to_string()])
        .args(words.split_whitespace());
    command
}

/// A process in a UTS namespace of its own, with these names.
fn container(host: &str, domain: &str) -> Held {
    Held::new(
        tool("unshare").arg("--uts"),
        &format!("hostname '{host}'; domainname '{domain}'"),
    )
}

/// The same, of an ordinary user, in a user namespace of theirs.
fn container_of(user: &User, host: &str) -> Held {
    Held::new(
        user.tool("unshare").args(["-r", "-u"]),
        &format!("hostname '{host}'"),
    )
}

fn shows_what_hostname_shows() -> Outcome {
    needs::installed("hostname")?;
    assert_eq!(program("ns-hostname").ran().ok(), tool("hostname").ran().ok());
    for option in ["-y", "--yp", "--nis", "--domainname"] {
        assert_eq!(
            program("ns-hostname").arg(option).ran().ok(),
            tool("domainname").ran().ok()
        );
    }
    Ok(())
}

fn shows_the_names_of_another_namespace() -> Outcome {
    needs::root()?;
    let there = container("web-1", "corp.example");
    assert_eq!(of(there.pid, "").ran().ok(), "web-1\n");
    assert_eq!(of(there.pid, "-y").ran().ok(), "corp.example\n");
    let file = there.proc("ns/uts");
    assert_eq!(program("ns-hostname").args(["-t", &file]).ran().ok(), "web-1\n");
    Ok(())
}

fn sets_the_names_of_another_namespace_and_leaves_ones_own() -> Outcome {
    needs::root()?;
    let (host, domain) = (tool("hostname").ran().ok(), tool("domainname").ran().ok());
    let there = container("web-1", "corp");
    assert_eq!(of(there.pid, "web-2").ran().ok(), "");
    assert_eq!(of(there.pid, "").ran().ok(), "web-2\n");
    assert_eq!(of(there.pid, "-y corp.two").ran().ok(), "");
    assert_eq!(of(there.pid, "-y").ran().ok(), "corp.two\n");
    assert_eq!(of(there.pid, "").ran().ok(), "web-2\n");
    // hostname(1) takes the option after the name too.
    assert_eq!(of(there.pid, "corp.three -y").ran().ok(), "");
    assert_eq!(of(there.pid, "-y").ran().ok(), "corp.three\n");
    assert_eq!(of(there.pid, "web-3 --nis corp.four").ran().ok(), "");
    assert_eq!(of(there.pid, "").ran().ok(), "web-3\n");
    assert_eq!(of(there.pid, "-y").ran().ok(), "corp.four\n");
    assert_eq!(tool("hostname").ran().ok(), host);
    assert_eq!(tool("domainname").ran().ok(), domain);
    Ok(())
}

fn an_ordinary_user_sets_the_names_of_a_container_of_theirs() -> Outcome {
    let user = User::ordinary()?;
    let there = container_of(user, "rootless");
    let pid = there.pid.to_string();
    let hostname = |words: &str| {
        let mut command = user.program("ns-hostname");
        command
            .args(["-t", &pid])
            .args(words.split_whitespace())
            .ran()
            .ok()
    };
    let before = tool("hostname").ran().ok();
    assert_eq!(hostname(""), "rootless\n");
    assert_eq!(hostname("renamed --nis corp"), "");
    assert_eq!(hostname(""), "renamed\n");
    assert_eq!(hostname("-y"), "corp\n");
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}

fn an_ordinary_user_is_told_what_is_not_permitted() -> Outcome {
    let user = User::ordinary()?;
    let error = user.program("ns-hostname").arg("not-mine").ran().fails(1);
    assert!(
        error.starts_with("ns-hostname: cannot set the host name in uts:[")
            && error.contains("]: Operation not permitted\n"),
        "{error}"
    );
    needs::root()?;
    let there = container("web-1", "corp");
    for words in ["", "web-2"] {
        let mut command = user.program("ns-hostname");
        let error = command
            .args(["-t", &there.pid.to_string()])
            .args(words.split_whitespace())
            .ran()
            .fails(1);
        let refused = format!(
            "ns-hostname: cannot open the UTS namespace of process {}: Permission denied\n",
            there.pid
        );
        assert!(error.starts_with(&refused), "{error}");
    }
    assert_eq!(of(there.pid, "").ran().ok(), "web-1\n");
    Ok(())
}

fn lists_every_namespace_with_its_names() -> Outcome {
    let user = User::ordinary()?;
    let there = container_of(user, "listed");
    let list = program("ns-hostname").with("--list --json").json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    let row = |inode: u64| rows.iter().find(|row| row["ns"] == inode).expect("it is listed");
    let new = row(there.inode("uts"));
    assert_eq!(new["hostname"], "listed");
    assert_eq!(new["own"], false);
    assert_eq!(new["nprocs"], 1);
    assert_eq!(new["pid"], there.pid);
    let own = row(crate::support::inode_of("/proc/self/ns/uts"));
    assert_eq!(own["own"], true);
    assert_eq!(own["hostname"], tool("hostname").ran().ok().trim_end());
    let text = program("ns-hostname").with("--list -o NS,HOSTNAME").ok();
    let line = format!("{} listed", there.inode("uts"));
    assert!(text.lines().any(|text| text == line), "{text}");
    Ok(())
}

fn wrong_usage_is_named_with_its_value() -> Outcome {
    for (arguments, words) in [
        (&["a_b"][..], "'a_b' for '[NAME]': character '_' at 2"),
        (&[""], "'' for '[NAME]': it is empty"),
        (&["--", "-x"], "'-x' for '[NAME]': hyphen at 1"),
        (&["-t", "", "x"], "'' for '--target <TARGET>'"),
        (
            &["-t", "1", "-t", "2"],
            "--target may be repeated only with --list",
        ),
        (&["--list", "x"], "'--list' cannot be used with '[NAME]'"),
        (&["--list", "-o", "NS,COLOUR"], "\"COLOUR\": it is one of NS, "),
        (&["a", "b"], "unexpected argument 'b'"),
    ] {
        let error = program("ns-hostname").args(arguments).ran().fails(2);
        assert!(
            error.starts_with("ns-hostname: ") && error.contains(words),
            "{error}"
        );
    }
    Ok(())
}
