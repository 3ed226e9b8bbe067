//! Choosing namespaces by process, kind, id or name, and the errors if there is none or the question is wrong.

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, program, tool};

cases!["ls::selection":
    the_namespaces_of_a_process_are_listed,
    only_the_chosen_kinds_are_listed,
    only_the_namespaces_of_the_chosen_process_are_listed,
    an_ordinary_user_sees_their_own_and_is_told_what_is_missing,
    a_missing_process_is_named,
    a_usage_error_names_the_option_and_its_value,
    a_namespace_is_found_by_its_id_and_by_its_name,
    only_namespaces_without_a_process_are_listed_by_persistent,
    strict_makes_an_incomplete_list_an_error,
    a_note_says_why_the_first_process_is_not_read,
    an_empty_list_is_a_success,
];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// A process in namespaces of its own of three kinds.
fn container() -> Held {
    Held::new(tool("unshare").args(["-n", "-u", "-i"]), "")
}

fn the_namespaces_of_a_process_are_listed() -> Outcome {
    needs::root()?;
    let there = container();
    let rows = rows(program("ns-ls").with("-J -o +ONS,PPID,PATH,UID,CREATOR"));
    for kind in ["net", "uts", "ipc"] {
        let row = row(&rows, there.inode(kind));
        let expected = json!({
            "ns": there.inode(kind), "type": kind, "nprocs": 1, "pid": there.pid, "user": "root",
            "ons": inode_of("/proc/self/ns/user"), "ppid": std::process::id(), "uid": 0, "creator": "root",
            "path": there.proc(&format!("ns/{kind}")), "command": row["command"],
            "name": null, "held-by": [format!("process {}", there.pid)],
        });
        assert_eq!(row, expected);
        let command = row["command"].as_str().expect("a text");
        assert!(command.starts_with("sh -c read -r pid"), "{command}");
    }
    let text = program("ns-ls").ran().stdout;
    let line = text
        .lines()
        .find(|line| line.contains(&there.inode("net").to_string()));
    let words: Vec<_> = line.expect("a line").split_whitespace().take(5).collect();
    let (inode, pid) = (there.inode("net").to_string(), there.pid.to_string());
    assert_eq!(words, [&*inode, "net", "1", &*pid, "root"]);
    Ok(())
}

fn only_the_chosen_kinds_are_listed() -> Outcome {
    let own = inode_of("/proc/self/ns/net");
    for words in ["-J -t net", "-J --type=net"] {
        let rows = rows(program("ns-ls").with(words));
        assert!(rows.iter().all(|row| row["type"] == "net"), "{rows:?}");
        row(&rows, own);
    }
    for words in ["-J -t net -t uts", "-J -t net,uts"] {
        let rows = rows(program("ns-ls").with(words));
        row(&rows, own);
        row(&rows, inode_of("/proc/self/ns/uts"));
        assert!(rows.iter().all(|row| row["type"] != "ipc"), "{rows:?}");
    }
    Ok(())
}

fn only_the_namespaces_of_the_chosen_process_are_listed() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-n"]), "");
    let pid = there.pid.to_string();
    let rows = rows(user.program("ns-ls").args(["-J", "-p", &pid]).ran());
    assert_eq!(rows.len(), 8, "{rows:#?}");
    for kind in KINDS {
        assert_eq!(row(&rows, there.inode(kind))["type"], kind);
    }
    assert_eq!(row(&rows, there.inode("net"))["pid"], there.pid);
    Ok(())
}

fn an_ordinary_user_sees_their_own_and_is_told_what_is_missing() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let ran = user.program("ns-ls").with("-J -o +ONS,PNS");
    assert!(
        ran.stderr.starts_with("ns-ls: note: the list is incomplete: "),
        "{ran:?}"
    );
    assert!(ran.stderr.contains(" processes could not be read"), "{ran:?}");
    assert!(ran.stderr.contains("root"), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1);
    let json = ran.json();
    assert!(json["incomplete"]["processes"].as_u64().expect("a number") > 0);
    let rows = json["namespaces"].as_array().expect("an array");
    let uts = row(rows, there.inode("uts"));
    assert_eq!((&uts["nprocs"], &uts["pid"]), (&json!(1), &json!(there.pid)));
    assert_eq!(uts["ons"], there.inode("user"));
    assert_eq!(uts["user"], user.name);
    let owner = row(rows, there.inode("user"));
    assert_eq!(owner["pns"], inode_of("/proc/self/ns/user"));
    // The first user namespace has no parent, and 0 is not a namespace.
    assert_eq!(row(rows, inode_of("/proc/self/ns/user"))["pns"], Value::Null);
    Ok(())
}

fn a_missing_process_is_named() -> Outcome {
    let error = program("ns-ls").with("-p 2147483647").fails(1);
    assert_eq!(error, "ns-ls: process 2147483647 does not exist\n");
    let error = program("ns-ls").with("-p /proc/self/ns/net").fails(1);
    assert!(error.contains("is a namespace, not a process"), "{error}");
    Ok(())
}

fn a_usage_error_names_the_option_and_its_value() -> Outcome {
    for (words, names) in [
        ("-t nett", ["--type", "nett", "uts"]),
        ("-o NS,PIDD", ["--output", "PIDD", "NPROCS"]),
        ("-p :x", ["--task", "':x'", "PID"]),
        ("-T=up", ["--tree", "up", "parent"]),
        ("-l -T", ["--list", "--tree", "cannot"]),
        ("-J -r", ["--json", "--raw", "cannot"]),
    ] {
        let error = program("ns-ls").with(words).fails(2);
        assert!(error.starts_with("ns-ls: "), "{error}");
        assert!(names.iter().all(|name| error.contains(name)), "{words}: {error}");
    }
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes(b"COMMAND == '\xff'");
    let no_text: &std::ffi::OsStr = bytes;
    let error = program("ns-ls").arg("-Q").arg(no_text).ran().fails(2);
    let expected =
        "ns-ls: invalid argument 'COMMAND == '\\xff'' for '--filter <EXPRESSION>': it is not UTF-8 text\n";
    assert!(error.starts_with(expected), "{error}");
    Ok(())
}

fn a_namespace_is_found_by_its_id_and_by_its_name() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let there = Held::new(tool("unshare").arg("--uts"), "");
    let id = row(&rows(program("ns-ls").with("-J -o NS,ID")), there.inode("uts"))["id"].clone();
    let json = program("ns-ls").args(["-J", &format!(":{id}")]).ran().json();
    assert_eq!(json["namespaces"][0]["pid"], there.pid);
    let script = r#"mount -t tmpfs t /run && mkdir /run/utsns /run/netns && touch /run/utsns/web /run/netns/web &&
        unshare --uts=/run/utsns/web --net=/run/netns/web true && "$1" -J -t net web; "$1" web"#;
    let ran = tool("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(crate::support::path_of("ns-ls"))
        .ran();
    assert!(ran.stdout.contains(r#""path":"/run/netns/web""#), "{ran:?}");
    assert!(!ran.stdout.contains("/run/utsns/web"), "{ran:?}");
    // Without the kind, the target is ambiguous.
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("net, uts") && ran.stderr.contains("--type"),
        "{ran:?}"
    );
    let error = program("ns-ls").arg("nsu-no-such-name").ran().fails(1);
    assert!(error.contains("nsu-no-such-name"), "{error}");
    Ok(())
}

fn only_namespaces_without_a_process_are_listed_by_persistent() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("-u"), "");
    let file = std::fs::File::open(there.proc("ns/uts")).expect("it lives");
    let inode = there.inode("uts");
    let listed = || rows(program("ns-ls").with("-J -P -o NS,NPROCS"));
    assert!(
        listed()
            .iter()
            .all(|row| row["nprocs"] == 0 && row["ns"] != inode)
    );
    drop(there);
    row(&listed(), inode);
    drop(file);
    Ok(())
}

fn strict_makes_an_incomplete_list_an_error() -> Outcome {
    let user = User::ordinary()?;
    let ran = user.program("ns-ls").ran();
    assert_eq!(ran.status, 0);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let strict = user.program("ns-ls").with("--strict");
    assert_eq!(strict.status, 1);
    assert!(
        strict.stderr.starts_with("ns-ls: note: the list is incomplete: "),
        "{}",
        strict.stderr
    );
    // The readable part is still shown.
    assert!(strict.stdout.contains("COMMAND"));
    Ok(())
}

fn a_note_says_why_the_first_process_is_not_read() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut command = user.program("ns-unshare");
    let ran = command.arg("-r").arg(user.programs().join("ns-ls")).ran();
    let reason = "; process 1 is outside the caller's user namespace\n";
    assert!(ran.stderr.ends_with(reason), "{}", ran.stderr);
    Ok(())
}

fn an_empty_list_is_a_success() -> Outcome {
    let ran = program("ns-ls").args(["-J", "-Q", "NS == 1"]).ran();
    assert_eq!(ran.json()["namespaces"], json!([]));
    let ran = program("ns-ls").args(["-Q", "NS == 1"]).ran();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    Ok(())
}
