//! What lsns does too: the namespaces of processes, the columns, the shapes.

use serde_json::{Value, json};

use super::{row, rows, rows_of_lsns};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, program, tool};

cases!["ls::basics":
    shows_the_namespaces_that_a_process_is_in,
    shows_only_the_kinds_that_are_asked_for,
    shows_only_the_namespaces_of_one_process,
    shows_the_columns_that_are_asked_for,
    counts_processes_as_lsns_does,
    shows_an_ordinary_user_what_they_may_see_and_says_what_is_missing,
    draws_trees,
    names_what_does_not_exist,
    wrong_usage_is_named_with_its_value,
];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// A process in namespaces of its own of three kinds.
fn container() -> Held {
    Held::new(tool("unshare").args(["-n", "-u", "-i"]), "")
}

fn shows_the_namespaces_that_a_process_is_in() -> Outcome {
    needs::root()?;
    let there = container();
    let rows = rows(program("ns-ls").with("-J -o +ONS,PPID,PATH,UID,CREATOR"));
    for kind in ["net", "uts", "ipc"] {
        let row = row(&rows, there.inode(kind));
        let expected = json!({
            "ns": there.inode(kind), "type": kind, "nprocs": 1, "pid": there.pid, "user": "root",
            "ons": inode_of("/proc/self/ns/user"), "ppid": std::process::id(), "uid": 0, "creator": "root",
            "path": there.proc(&format!("ns/{kind}")), "command": row["command"],
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

fn shows_only_the_kinds_that_are_asked_for() -> Outcome {
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

fn shows_only_the_namespaces_of_one_process() -> Outcome {
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

fn shows_the_columns_that_are_asked_for() -> Outcome {
    let pid = std::process::id().to_string();
    let table = |words: &str| program("ns-ls").args(["-p", &pid]).with(words).stdout;
    assert!(table("-o NS,TYPE,PID,COMMAND").starts_with("        NS TYPE"));
    let headings = |words: &str| -> Vec<String> {
        let table = table(words);
        let line = table.lines().next().expect("a line");
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(headings("-o pid,Ns"), ["PID", "NS"]);
    assert_eq!(
        headings("-o +pns"),
        ["NS", "TYPE", "NPROCS", "PID", "USER", "COMMAND", "PNS"]
    );
    assert!(headings("--output-all").contains(&"CREATOR".to_owned()));
    assert_eq!(table("-n -o type").lines().collect::<Vec<_>>().len(), 8);
    let raw = table("-r -n -t uts -o ns,type");
    assert_eq!(raw, format!("{} uts\n", inode_of("/proc/self/ns/uts")));
    Ok(())
}

fn counts_processes_as_lsns_does() -> Outcome {
    needs::root()?;
    needs::installed("lsns")?;
    let there = Held::new(tool("unshare").args(["-n", "-p", "-f"]), "sleep 1000 &");
    // unshare itself waits outside of the PID namespace.
    for (kind, processes) in [("net", 3), ("pid", 2)] {
        let inode = there.inode(kind);
        let words = "-J -o NS,TYPE,NPROCS,PID,PPID,USER,UID,COMMAND,PNS";
        let ours = row(&rows(program("ns-ls").with(words)), inode);
        assert_eq!(ours["nprocs"], processes, "{ours}");
        let mut theirs = row(&rows_of_lsns(words), inode);
        for (name, value) in theirs.as_object_mut().expect("an object") {
            // What has no parent has the parent 0 in lsns.
            if name == "pns" && *value == 0 {
                *value = Value::Null;
            }
        }
        theirs.as_object_mut().expect("an object").remove("children");
        assert_eq!(ours, theirs);
    }
    Ok(())
}

fn shows_an_ordinary_user_what_they_may_see_and_says_what_is_missing() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let ran = user.program("ns-ls").with("-J -o +ONS,PNS");
    assert!(ran.stderr.starts_with("ns-ls: incomplete: "), "{ran:?}");
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
    // The user namespace above all others has no parent; 0 is no namespace.
    assert_eq!(row(rows, inode_of("/proc/self/ns/user"))["pns"], Value::Null);
    Ok(())
}

fn draws_trees() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let json = |words: &str| rows(user.program("ns-ls").with(words));
    // The rows below the row of this inode.
    let children = |rows: &[Value], inode: u64| row(rows, inode)["children"].clone();
    let by_owner = json("-J -T -o NS,COMMAND");
    let below = children(&by_owner, inode_of("/proc/self/ns/user"));
    let own = row(below.as_array().expect("an array"), there.inode("user"));
    row(own["children"].as_array().expect("an array"), there.inode("uts"));
    for words in ["-J -T=parent -o NS", "-JTparent -o NS"] {
        let below = children(&json(words), inode_of("/proc/self/ns/user"));
        row(below.as_array().expect("an array"), there.inode("user"));
    }
    // A list has no children, and a table draws them.
    row(&json("-J -l"), there.inode("uts"));
    row(&json("-J"), there.inode("uts"));
    let table = user.program("ns-ls").with("-T -o NS,TYPE").stdout;
    let line = table
        .lines()
        .find(|line| line.contains(&there.inode("uts").to_string()));
    let line = line.expect("a line");
    assert!(line.starts_with("  └─") || line.starts_with("│ └─"), "{table}");
    // By processes where nobody says otherwise: one that has a parent there stands below it.
    let child = Held::new(
        user.tool("unshare")
            .args(["-r", "-u", "sh", "-c", "unshare --net \"$@\"; :", "sh"]),
        "",
    );
    let net = child.pid;
    for (words, drawn) in [("", true), ("-l", false), ("-r", false)] {
        let ran = user
            .program("ns-ls")
            .with(&format!("-o PID,PPID,COMMAND {words}"));
        let line = ran
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{net} ")));
        let line = line.unwrap_or_else(|| panic!("{net}: {}", ran.stdout));
        assert_eq!(
            line.contains("└─") || line.contains("├─"),
            drawn,
            "{words}: {line}"
        );
    }
    Ok(())
}

fn names_what_does_not_exist() -> Outcome {
    let error = program("ns-ls").with("-p 2147483647").fails(1);
    assert_eq!(error, "ns-ls: process 2147483647 does not exist\n");
    let error = program("ns-ls").with("-p /proc/self/ns/net").fails(1);
    assert!(error.contains("is a namespace, not a process"), "{error}");
    Ok(())
}

fn wrong_usage_is_named_with_its_value() -> Outcome {
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
