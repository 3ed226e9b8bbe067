//! The fields of JSON that ns-utils(7) lists: rows have exactly these fields, with these types.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{Item, lists};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, User, needs, path_of, program, tool};

cases!["pages::fields":
    rows_have_the_fields_that_are_listed,
    missing_parts_have_the_listed_fields,
    changes_of_names_have_the_fields_that_are_listed,
    differences_have_the_fields_that_are_listed,
    peer_groups_have_the_fields_that_are_listed,
    holders_have_the_fields_that_are_listed,
    statistics_have_the_fields_that_are_listed,
    graphs_have_the_fields_that_are_listed,
    graphs_of_peer_groups_have_the_fields_that_are_listed,
    maps_have_the_fields_that_are_listed,
    the_info_has_the_fields_that_are_listed,
];

/// The types that each field may have, by name.
type Types = BTreeMap<String, BTreeSet<String>>;

/// The types in a list. "As above" means the types of the list before.
fn types(items: Vec<Item>, above: &mut HashMap<String, BTreeSet<String>>) -> Types {
    let mut types = Types::new();
    for item in items {
        let words = item.text.split([':', ';']).next().unwrap_or_default().trim();
        for name in item.names {
            let some: BTreeSet<String> = if words == "as above" {
                above[&name].clone()
            } else {
                words
                    .replace(" or ", ", ")
                    .split(", ")
                    .map(str::to_owned)
                    .collect()
            };
            // The second half of the sentence is about sizes.
            let also = (item.text.contains("a number with") || ["used", "avail"].contains(&name.as_str()))
                .then(|| "number".to_owned());
            above.insert(name.clone(), some.clone());
            types.insert(name, some.into_iter().chain(also).collect());
        }
    }
    for (name, some) in &types {
        for word in some {
            let known = [
                "number", "string", "boolean", "numbers", "strings", "objects", "null",
            ];
            assert!(known.contains(&word.as_str()), "{name}: {word:?} is no type");
        }
    }
    types
}

/// The lists below the comments that start with `mark`, each with the rest of its comment.
fn listed(mark: &str) -> Vec<(String, Types)> {
    let mut above = HashMap::new();
    lists(mark)
        .into_iter()
        .map(|(command, items)| (command, types(items, &mut above)))
        .collect()
}

fn only(mark: &str) -> Types {
    listed(mark).remove(0).1
}

/// Compares an object with a list.
#[track_caller]
fn compare(object: &Map<String, Value>, types: &Types) {
    let came: BTreeSet<&str> = object
        .keys()
        .map(String::as_str)
        .filter(|key| *key != "children")
        .collect();
    let listed: BTreeSet<&str> = types.keys().map(String::as_str).collect();
    assert_eq!(came, listed, "what comes is not what is listed");
    for (key, value) in object.iter().filter(|(key, _)| *key != "children") {
        let name = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            // An empty array may be of any type.
            Value::Array(items) if items.is_empty() && !types[key].contains("strings") => continue,
            Value::Array(items) if items.iter().all(Value::is_string) => "strings",
            Value::Array(items) if items.iter().all(Value::is_number) => "numbers",
            Value::Array(items) if items.iter().all(Value::is_object) => "objects",
            Value::Array(_) | Value::Object(_) => "something else",
        };
        assert!(types[key].contains(name), "{key} is {name}: {value}");
    }
    if let Some(children) = object.get("children").and_then(Value::as_array) {
        for child in children {
            compare(child.as_object().expect("a row is an object"), types);
        }
    }
}

/// Compares all rows of an answer. It has at least one.
#[track_caller]
fn compare_rows(answer: &Value, types: &Types) {
    let answer = answer.as_object().expect("it is an object");
    let rows = [
        "namespaces",
        "filesystems",
        "differences",
        "propagation",
        "holders",
        "statistics",
        "steps",
    ]
    .iter()
    .find_map(|name| answer.get(*name));
    match rows.and_then(Value::as_array) {
        Some(rows) => {
            assert!(!rows.is_empty(), "there are no rows to compare");
            for row in rows {
                let mut row = row.as_object().expect("a row is an object").clone();
                // A text of another case, such as the path of a name, may not be UTF-8.
                row.retain(|field, _| !field.ends_with("-bytes"));
                compare(&row, types);
            }
        }
        // The answer is a single row.
        None => compare(answer, types),
    }
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The list for the rows of a command.
fn of(command: &str) -> Types {
    let lists = listed("fields:");
    let found = lists.into_iter().find(|(words, _)| words == command);
    found.unwrap_or_else(|| panic!("{command} is not listed")).1
}

/// The commands that can run without preparation. The others need something to show.
fn rows_have_the_fields_that_are_listed() -> Outcome {
    let user = User::ordinary()?;
    let mut count = 0;
    for (command, types) in listed("fields:") {
        if ["--diff", "--propagation", "--stats", "--busy"]
            .iter()
            .any(|option| command.contains(option))
        {
            continue;
        }
        let (name, words) = command.split_once(' ').expect("a program and its arguments");
        // Values that a user may not see are null. The other program shows them.
        for mut program in [program(name), user.program(name)] {
            let ran = program.args(words.split(' ')).ran();
            assert_eq!(ran.status, 0, "{command}: {}", ran.stderr);
            compare_rows(&value(&ran.stdout), &types);
        }
        count += 1;
    }
    assert_eq!(count, 5, "the page lists others");
    let bytes = program("ns-mounts").with("-J -l -b --output-all -M /");
    compare_rows(&value(&bytes.stdout), &of("ns-mounts -J -l --output-all"));
    Ok(())
}

fn missing_parts_have_the_listed_fields() -> Outcome {
    let user = User::ordinary()?;
    let answer = value(&user.program("ns-ls").arg("-J").ran().stdout);
    compare(
        answer["incomplete"].as_object().expect("much is missing"),
        &only("incomplete:"),
    );
    assert!(answer["not-looked"].is_array(), "{answer}");
    let answer = value(&user.program("ns-mounts").with("-J --all-namespaces -M /").stdout);
    compare(
        answer["incomplete"].as_object().expect("much is missing"),
        &only("incomplete:"),
    );
    Ok(())
}

fn changes_of_names_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    let ours = path_of("ns-hostname").display();
    let script = format!("exec {ours} --watch -v -J 2>&1");
    let mut watch = Running::start(program("ns-unshare").args(["-r", "-u", "sh", "-c", &script]));
    let line = watch.line();
    assert!(line.contains("watching"), "{line}");
    let pid = watch.pid().to_string();
    program("ns-hostname").args(["-t", &pid, "changed"]).ran().ok();
    let types = only("events:");
    compare(
        value(&watch.line()).as_object().expect("an event is an object"),
        &types,
    );
    Ok(())
}

/// The output of this script in its own mount namespace, with a new mount on `/mnt`.
fn with_a_mount(script: &str) -> String {
    let ours = path_of("ns-mounts").display().to_string();
    let script = format!(
        "mount -t tmpfs scratch /mnt && {}",
        script.replace("ns-mounts", &ours)
    );
    let ran = program("ns-unshare")
        .args(["-r", "-m", "sh", "-c", &script])
        .ran();
    assert!(ran.status <= 1, "{ran:?}");
    ran.stdout
}

fn differences_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    // One side has one mount more, and one mount with other options.
    let answer = with_a_mount(
        "cat /proc/self/mountinfo >/mnt/a; mount -t tmpfs more /srv; mount -o remount,noexec /mnt; \
         ns-mounts -J --diff /mnt/a $$",
    );
    compare_rows(&value(&answer), &of("ns-mounts --diff -J"));
    Ok(())
}

fn peer_groups_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let answer = with_a_mount("mount --make-shared /mnt; ns-mounts --propagation -J -M /mnt");
    compare_rows(&value(&answer), &of("ns-mounts --propagation -J"));
    Ok(())
}

fn holders_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let answer = with_a_mount("cd /mnt; ns-mounts -q --busy -J /mnt; :");
    compare_rows(&value(&answer), &of("ns-mounts --busy -J"));
    Ok(())
}

fn graphs_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    // The caller's own namespaces are below those of the machine.
    let list = path_of("ns-ls").display();
    let script = format!("{list} --graph=json -p $$");
    let answer = value(
        &program("ns-unshare")
            .args(["-r", "-u", "sh", "-c", &script])
            .ran()
            .stdout,
    );
    compare_all(&answer["nodes"], &only("nodes:"));
    compare_all(&answer["edges"], &only("edges:"));
    Ok(())
}

fn graphs_of_peer_groups_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let answer = with_a_mount(
        "mount --make-shared /mnt; mkdir /mnt/a; mount --bind /mnt /srv; mount --make-slave /srv
         ns-mounts --propagation --graph=json -M /mnt",
    );
    let answer = value(&answer);
    let mut of_row = of("ns-mounts --propagation -J");
    let added = only("added:");
    of_row.insert("node".into(), added["node"].clone());
    let mut of_peer = of_row.clone();
    of_peer.insert("within".into(), added["within"].clone());
    let nodes = answer["nodes"].as_array().expect("an array");
    for node in nodes {
        let types = if node["role"] == "peer" { &of_peer } else { &of_row };
        compare(node.as_object().expect("an object"), types);
    }
    assert_eq!(nodes.len(), 3, "{answer}");
    compare_all(&answer["edges"], &only("receivers:"));
    Ok(())
}

fn maps_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("ip");
    let list = path_of("ns-ls").display();
    let script = format!(
        "ip link add here type veth peer name there; ip link add br0 type bridge; ip link set here master br0; \
         {list} -q --map=json"
    );
    let ran = program("ns-unshare")
        .args(["-r", "-n", "sh", "-e", "-c", &script])
        .ran();
    let answer = value(&ran.stdout);
    let nodes = answer["nodes"].as_array().expect("an array");
    let is_inside = |node: &&Value| node["within"].is_string();
    let (interfaces, places): (Vec<_>, Vec<_>) = nodes.iter().partition(is_inside);
    compare_all(&serde_json::json!(places), &only("places:"));
    compare_all(&serde_json::json!(interfaces), &only("interfaces:"));
    let edges = answer["edges"].as_array().expect("an array");
    let ties = only("ties:");
    let mut pair = ties.clone();
    pair.remove("label");
    for edge in edges {
        let types = if edge["relation"] == "peer" { &pair } else { &ties };
        compare(edge.as_object().expect("an object"), types);
    }
    assert!(edges.len() >= 2, "{answer}");
    Ok(())
}

/// Compares all objects of an array. It has at least one.
#[track_caller]
fn compare_all(array: &Value, types: &Types) {
    let objects = array.as_array().expect("an array");
    assert!(!objects.is_empty(), "there is nothing to compare");
    for object in objects {
        compare(object.as_object().expect("an object"), types);
    }
}

/// No machine is sure to have an NFS mount. So a file with counters of one is mounted over the counters of the process.
fn statistics_have_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let counters = include_str!("mountstats");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("mountstats");
    std::fs::write(&file, counters).expect("it can be written");
    for option in ["", "-b"] {
        let script = format!(
            "mount --bind {} /proc/$$/mountstats && ns-mounts -N $$ --stats -J {option}",
            file.display()
        );
        compare_rows(&value(&with_a_mount(&script)), &of("ns-mounts --stats -J"));
    }
    Ok(())
}

fn the_info_has_the_fields_that_are_listed() -> Outcome {
    needs::user_namespaces()?;
    let ours = path_of("ns-unshare").display();
    let shell = needs::installed("sh")?;
    let script = format!("{ours} -r -n {ours} --veth eth0 --info-fd 3 true 3>&1");
    let answer = value(&tool(shell).args(["-c", &script]).ran().ok());
    compare(answer.as_object().expect("it is an object"), &only("info:"));
    for namespace in answer["namespaces"].as_array().expect("a list") {
        let keys: Vec<&String> = namespace.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["id", "ns", "type"]);
    }
    let pair = serde_json::json!([{"name": "eth0", "peer": "veth0"}]);
    assert_eq!(answer["interfaces"], pair);
    Ok(())
}
