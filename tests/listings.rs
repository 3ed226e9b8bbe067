//! The common behaviour of the three listings: the form of JSON, the list of columns, and the report of missing parts.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, User, needs, path_of, program};

cases!["listings":
    missing_parts_have_the_same_keys_in_every_listing,
    nothing_missing_is_null_everywhere,
    values_that_could_not_be_read_are_counted,
    a_file_that_is_refused_late_counts_as_a_value,
    no_name_is_null_and_the_owner_is_called_the_same,
    columns_are_listed_with_their_types,
    each_column_name_is_that_of_one_column,
    values_are_of_the_types_that_the_columns_say,
    a_column_alone_asks_for_all_that_it_shows,
    trees_are_drawn_with_the_characters_of_the_locale,
    json_has_the_same_keys_beside_the_rows,
    a_column_that_uts_namespaces_have_is_in_both_listings,
    relatives_above_the_caller_are_unreadable,
    without_a_proc_file_system_the_cause_is_named,
];

/// The three listings.
const LISTINGS: [(&str, &[&str]); 3] = [
    ("ns-ls", &[]),
    ("ns-hostname", &["--list"]),
    ("ns-mounts", &["-l", "--all-namespaces", "-M", "/"]),
];

fn rows(json: &Value) -> &Vec<Value> {
    let rows = json.get("namespaces").or_else(|| json.get("filesystems"));
    rows.and_then(Value::as_array).expect("there are rows")
}

fn missing_parts_have_the_same_keys_in_every_listing() -> Outcome {
    let user = User::ordinary()?;
    let mut shapes = BTreeSet::new();
    for (name, words) in LISTINGS {
        let json = user.program(name).args(words).arg("-J").ran().json();
        let incomplete = json["incomplete"].as_object().expect("much is missing");
        let keys: Vec<String> = incomplete.keys().cloned().collect();
        assert!(incomplete["processes"].as_u64() > Some(0), "{name}: {json}");
        shapes.insert(keys);
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
    Ok(())
}

/// The output of a script in a private machine, where the caller may read everything.
fn in_a_private_machine(script: &str) -> Ran {
    let mut machine = program("ns-unshare");
    for name in ["ns-ls", "ns-hostname", "ns-mounts"] {
        let variable = name.replace('-', "_").to_uppercase();
        machine.env(variable, path_of(name));
    }
    machine
        .args(["-p", "-f", "-m", "--mount-proc", "-u", "sh", "-e", "-c", script])
        .ran()
}

fn nothing_missing_is_null_everywhere() -> Outcome {
    needs::root()?;
    for listing in [
        "$NS_LS -J --strict --look processes",
        "$NS_HOSTNAME --list -J --strict",
        "$NS_MOUNTS -J --strict -M /",
    ] {
        let ran = in_a_private_machine(listing);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{listing}");
        let json = ran.json();
        assert_eq!(json.get("incomplete"), Some(&Value::Null), "{listing}: {json}");
    }
    Ok(())
}

fn values_that_could_not_be_read_are_counted() -> Outcome {
    needs::root()?;
    needs::tools("unshare setpriv");
    let listed = |listing: &str| {
        in_a_private_machine(&format!(
            "unshare -u sleep 100 & \
             while [ \"$(readlink /proc/$!/ns/uts)\" = \"$(readlink /proc/self/ns/uts)\" ]; do :; done; \
             exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin {listing}"
        ))
    };
    let ls = "$NS_LS -t uts -J --look processes";
    for (listing, columns) in [
        (format!("{ls} -o NS,HOSTNAME --strict"), json!(["hostname"])),
        (
            format!("{ls} -o NS,DOMAIN -Q 'HOSTNAME == \"x\"' --strict"),
            json!(["hostname"]),
        ),
        (
            "$NS_HOSTNAME --list -J -o NS,HOSTNAME --strict".to_owned(),
            json!(["hostname"]),
        ),
    ] {
        let ran = listed(&listing);
        assert_eq!(ran.status, 1, "{listing}: {ran:?}");
        assert!(
            ran.stderr
                .contains("1 value could not be read (HOSTNAME: Operation not permitted)"),
            "{listing}: {}",
            ran.stderr
        );
        let json: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
        let incomplete = &json["incomplete"];
        assert_eq!(
            (&incomplete["values"], &incomplete["columns"]),
            (&json!(1), &columns)
        );
    }
    // Facts that nobody asks for do not count as missing.
    let ran = listed(&format!("{ls} -o NS --strict"));
    assert_eq!((ran.status, &ran.json()["incomplete"]), (0, &Value::Null));
    Ok(())
}

/// These facts are read after the search, each for its own column, and are refused here.
fn a_file_that_is_refused_late_counts_as_a_value() -> Outcome {
    needs::root()?;
    needs::tools("strace");
    // PID 1 of the private machine represents every namespace in it. There is one of each kind.
    let refused = |fault: &str, kind: &str, column: &str| {
        in_a_private_machine(&format!(
            "strace -qq -o /dev/null {fault}:error=EPERM \
             $NS_LS -J --look processes -t {kind} -o NS,{column} --strict"
        ))
    };
    for (fault, kind, column) in [
        ("-P 1/cmdline -e inject=openat", "uts", "COMMAND"),
        ("-P 1/stat -e inject=openat", "uts", "PPID"),
        ("-P 1/stat -e inject=openat", "uts", "LEADER"),
        ("-P 1/stat -e inject=openat", "uts", "UNIT"),
        ("-P 1/uid_map -e inject=openat", "user", "UIDMAP"),
        ("-P 1/status -e inject=openat", "pid", "INPID"),
        ("-P 1/cgroup -e inject=openat", "uts", "CGROUP"),
        ("-e inject=sendto", "net", "NETNSID"),
    ] {
        let ran = refused(fault, kind, column);
        assert_eq!(ran.status, 1, "{column}: {ran:?}");
        let json: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
        let incomplete = &json["incomplete"];
        assert_eq!(
            (&incomplete["values"], &incomplete["columns"]),
            (&json!(1), &json!([column.to_lowercase()])),
            "{column}: {json}"
        );
        assert_eq!(rows(&json)[0][column.to_lowercase()], Value::Null, "{json}");
    }
    let ran = in_a_private_machine(
        "strace -f -qq -o /dev/null -P 1/stat -e inject=openat:error=EPERM \
         $NS_MOUNTS --all-namespaces -M / -J -o NS,LEADERS --strict",
    );
    assert!(ran.status == 1 && ran.stderr.contains("LEADERS"), "{ran:?}");
    Ok(())
}

fn no_name_is_null_and_the_owner_is_called_the_same() -> Outcome {
    let own = crate::support::inode_of("/proc/self/ns/uts");
    let listed = |mut command: Command| {
        let json = command.with("-J -o NS,NAME,OWNER").json();
        let row = rows(&json).iter().find(|row| row["ns"] == own);
        row.expect("one's own is listed").clone()
    };
    let (mut ls, mut hostname) = (program("ns-ls"), program("ns-hostname"));
    ls.args(["-t", "uts"]);
    hostname.arg("--list");
    let (ls, hostname) = (listed(ls), listed(hostname));
    assert_eq!(ls["name"], Value::Null);
    assert_eq!(ls, hostname);
    assert!(ls.get("ons").is_some() && ls.get("owner").is_none(), "{ls}");
    Ok(())
}

fn each_column_name_is_that_of_one_column() -> Outcome {
    for name in ["ns-ls", "ns-hostname", "ns-mounts"] {
        let lines = program(name).with("-H -r").ok();
        let mut seen = BTreeSet::new();
        for column in lines.lines().filter_map(|line| line.split(' ').next()) {
            assert!(seen.insert(column), "{name}: two columns are called {column}");
        }
        assert!(seen.len() > 10, "{name}: {lines}");
    }
    Ok(())
}

/// The columns of a listing, with their types.
fn columns(name: &str) -> Vec<Value> {
    let json = program(name).with("-H -J").json();
    let object = json.as_object().expect("it is an object");
    assert_eq!(object.len(), 1, "{json}");
    let (key, columns) = object.iter().next().expect("it has one field");
    // hostname(1) has no list of columns.
    let relative = match name {
        "ns-ls" => "lsns",
        "ns-mounts" => "findmnt",
        name => name,
    };
    assert_eq!(*key, format!("{relative}-columns"));
    columns.as_array().expect("it is an array").clone()
}

fn columns_are_listed_with_their_types() -> Outcome {
    for (name, _) in LISTINGS {
        let columns = columns(name);
        let raw = program(name).with("-H -r").ok();
        assert_eq!(raw.lines().count(), columns.len(), "{name} has no headings");
        for (line, column) in raw.lines().zip(&columns) {
            let keys: Vec<_> = column.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["description", "holder", "type"]);
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(words.len(), 3, "{line}");
            assert_eq!(
                (&column["holder"], &column["type"]),
                (&words[0].into(), &words[1].into())
            );
        }
        let table = program(name).arg("-H").ran().ok();
        assert!(table.starts_with("HOLDER "), "{table}");
    }
    Ok(())
}

fn values_are_of_the_types_that_the_columns_say() -> Outcome {
    for (name, words) in LISTINGS {
        let json = program(name)
            .args(words)
            .args(["-J", "--output-all"])
            .ran()
            .json();
        for column in columns(name) {
            let holder = column["holder"].as_str().expect("a name");
            for row in rows(&json) {
                let Some(value) = row.get(holder.to_lowercase()) else {
                    // The columns of events.
                    assert!(name == "ns-mounts" && column["description"].to_string().contains("--watch"));
                    continue;
                };
                let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(is));
                let fits = match column["type"].as_str().expect("a type") {
                    _ if value.is_null() => true,
                    "number" => value.is_u64(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "strings" => all(Value::is_string),
                    "numbers" => all(Value::is_u64),
                    other => panic!("{other} is no type"),
                };
                assert!(fits, "{name}: {holder} is {}: {value}", column["type"]);
            }
        }
    }
    Ok(())
}

/// `-` means that a value was not asked for. It appears if a column does not declare one of its facts.
fn a_column_alone_asks_for_all_that_it_shows() -> Outcome {
    let own = std::process::id().to_string();
    for column in columns("ns-ls") {
        let name = column["holder"].as_str().expect("a name");
        if name == "ID" {
            // An older kernel does not tell the value, which is shown in the same way.
            continue;
        }
        let words = ["-n", "-r", "--caps", &own, "-o", name];
        let ran = program("ns-ls").args(words).ran();
        assert!(
            ran.status == 0 && !ran.stdout.is_empty(),
            "{name}: {}",
            ran.stderr
        );
        assert!(
            ran.stdout.lines().all(|line| line != "-"),
            "{name}: {}",
            ran.stdout
        );
    }
    Ok(())
}

fn trees_are_drawn_with_the_characters_of_the_locale() -> Outcome {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        format!("{} ", path.display())
    };
    let namespaces = file(
        "namespaces",
        r#"{"namespaces": [{"ns": 1, "type": "user"}, {"ns": 2, "type": "uts", "ons": 1}]}"#,
    );
    let mounts = file(
        "mounts",
        "1 0 0:1 / / rw - tmpfs a rw\n2 1 0:2 / /b rw - tmpfs b rw\n",
    );
    let trees = [
        ("ns-ls", format!("-T -n -o NS --input {namespaces}"), "2"),
        ("ns-mounts", format!("-n -o TARGET --tab-file {mounts}"), "/b"),
    ];
    for (name, words, child) in trees {
        for (locale, option, line) in [
            ([("LC_ALL", "C.UTF-8"), ("LANG", "C")], "", "└─"),
            ([("LC_ALL", "C"), ("LANG", "C.UTF-8")], "", "`-"),
            ([("LC_ALL", ""), ("LANG", "C.utf8")], "", "└─"),
            // As setlocale(3), a locale that is not installed is the locale C.
            ([("LC_ALL", "no_NAME.UTF-8"), ("LANG", "C.UTF-8")], "", "`-"),
            ([("LC_ALL", ""), ("LANG", "no_NAME.UTF-8")], "", "`-"),
            ([("LC_ALL", ""), ("LANG", "")], "", "`-"),
            ([("LC_ALL", ""), ("LANG", "")], "--no-ascii", "└─"),
            ([("LC_ALL", "C.UTF-8"), ("LANG", "")], "--ascii", "`-"),
            ([("LC_ALL", "C"), ("LANG", "")], "--ascii --no-ascii", "└─"),
        ] {
            let mut command = program(name);
            command.env_remove("LC_CTYPE").envs(locale);
            let text = command.with(&format!("{words} {option}")).ok();
            let last = text.lines().last().unwrap_or_default();
            assert_eq!(
                last,
                format!("{line}{child}"),
                "{name} {locale:?} {option}: {text}"
            );
        }
    }
    Ok(())
}

fn json_has_the_same_keys_beside_the_rows() -> Outcome {
    let user = User::ordinary()?;
    for (name, words) in LISTINGS.into_iter().chain([("ns-mounts", &["-l"][..])]) {
        let json = user.program(name).args(words).arg("-J").ran().json();
        let keys: BTreeSet<&str> = json
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let rows = if name == "ns-mounts" {
            "filesystems"
        } else {
            "namespaces"
        };
        assert_eq!(keys, BTreeSet::from([rows, "incomplete", "not-looked"]), "{name}");
        // The kernel shows its own list to root alone.
        let searched = words != ["-l"];
        let left_out = if searched { json!(["kernel"]) } else { json!([]) };
        assert_eq!(json["not-looked"], left_out, "{name} {words:?}");
    }
    Ok(())
}

fn a_column_that_uts_namespaces_have_is_in_both_listings() -> Outcome {
    let names = |name: &str| -> Vec<String> {
        let columns = columns(name);
        let names = columns.iter().map(|column| column["holder"].to_string());
        names.collect()
    };
    // Columns of other kinds, and a column of an option of ns-ls.
    let others = ["NETNSID", "PNS", "UIDMAP", "DEPTH", "CAPS"].map(|name| format!("\"{name}\""));
    let mut of_ls = names("ns-ls");
    of_ls.retain(|name| !others.contains(name));
    assert_eq!(names("ns-hostname"), of_ls);
    Ok(())
}

/// An untold value is not absent: every namespace except the first ones has a parent, and an owner.
fn relatives_above_the_caller_are_unreadable() -> Outcome {
    needs::user_namespaces()?;
    let inside = |script: &str| {
        let mut machine = program("ns-unshare");
        for name in ["ns-ls", "ns-hostname"] {
            machine.env(name.replace('-', "_").to_uppercase(), path_of(name));
        }
        machine
            .args(["-U", "-r", "-p", "-f", "-m", "-u", "--mount-proc"])
            .args(["sh", "-e", "-c", script])
            .ran()
    };
    for (script, unreadable) in [
        (
            "$NS_LS -t user -J -o NS,PNS,DEPTH,INITIAL --strict",
            json!(["pns", "depth"]),
        ),
        ("$NS_LS -t user -J -o NS,ONS --strict", json!(["ons"])),
        (
            "$NS_LS -J -t user -o NS -Q 'DEPTH == 0' --strict",
            json!(["depth"]),
        ),
    ] {
        let ran = inside(script);
        assert_eq!(ran.status, 1, "{script}: {ran:?}");
        let json: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
        assert_eq!(json["incomplete"]["columns"], unreadable, "{script}: {json}");
        for row in rows(&json) {
            let fields = row.as_object().expect("an object");
            let told = fields
                .iter()
                .filter(|(key, value)| *key != "ns" && *key != "initial" && !value.is_null());
            assert_eq!(told.count(), 0, "{script}: {row}");
            assert!(
                row.get("initial").is_none_or(|initial| *initial == false),
                "{row}"
            );
        }
        assert_eq!(rows(&json).is_empty(), script.contains("-Q"), "{json}");
    }
    let table = inside("$NS_LS -t user -n -o PNS,DEPTH").stdout;
    assert_eq!(table.trim(), "? ?", "{table}");
    // The PID namespace's own parent is above, and its owner is the caller's user namespace.
    let json = inside("$NS_LS -t pid -J -o PNS,DEPTH,ONS").json();
    assert_eq!(json["incomplete"]["columns"], json!(["pns", "depth"]), "{json}");
    assert!(rows(&json)[0]["ons"].is_u64(), "{json}");
    // A UTS namespace of the outside has an owner there.
    let outside = |script: &str| {
        let mut machine = program("ns-unshare");
        for name in ["ns-ls", "ns-hostname"] {
            machine.env(name.replace('-', "_").to_uppercase(), path_of(name));
        }
        let words = [
            "-U",
            "-r",
            "-p",
            "-f",
            "-m",
            "--mount-proc",
            "sh",
            "-e",
            "-c",
            script,
        ];
        machine.args(words).ran()
    };
    for listing in ["$NS_LS -t uts", "$NS_HOSTNAME --list"] {
        let ran = outside(&format!("{listing} -J -o ONS,CREATOR --strict"));
        assert_eq!(ran.status, 1, "{listing}");
        let json: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
        assert_eq!(
            json["incomplete"]["columns"],
            json!(["ons", "creator"]),
            "{listing}"
        );
    }
    Ok(())
}

fn without_a_proc_file_system_the_cause_is_named() -> Outcome {
    needs::root()?;
    needs::tools("umount");
    for listing in [
        "$NS_LS",
        "$NS_HOSTNAME --list",
        "$NS_MOUNTS",
        "$NS_MOUNTS -A",
        "$NS_MOUNTS -N 1",
    ] {
        let ran = in_a_private_machine(&format!(
            "while umount -l /proc 2>/dev/null; do :; done; {listing}"
        ));
        assert_eq!(ran.status, 1, "{listing}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains("\n  cause: no proc file system is mounted on /proc here\n")
                && ran.stderr.contains("\n  help:  mount -t proc proc /proc"),
            "{listing}: {}",
            ran.stderr
        );
    }
    Ok(())
}
