//! What only ns-ls shows.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Cgroup, Held, Outcome, Run as _, User, inode_of, needs, program, tool};

cases!["ls::only_here":
    shows_names_and_numbers_of_network_namespaces,
    shows_unit_container_and_cgroup,
    shows_what_a_user_namespace_is,
    shows_host_names_and_pids_from_outside_to_inside,
    finds_a_namespace_by_its_id_and_by_its_name,
    draws_ancestors_that_are_not_listed,
    lists_what_was_saved,
    tells_what_appears_and_what_goes,
    shows_capabilities_in_each_namespace,
    lists_its_columns,
];

fn shows_names_and_numbers_of_network_namespaces() -> Outcome {
    needs::root()?;
    needs::installed("ip")?;
    let script = r#"mount -t tmpfs t /run && ip netns add nsu-a && ip netns add nsu-b && ip netns set nsu-a 7 &&
        touch /run/netns/stale && "$1" -t net -J && "$1" -t net >&2"#;
    let ran = tool("unshare")
        .args(["--mount", "--net", "sh", "-c", script, "sh"])
        .arg(crate::support::path_of("ns-ls"))
        .ran();
    let table = ran.stderr.clone();
    let rows = rows(ran);
    let named = |name: &str| -> Value {
        let row = rows.iter().find(|row| row["name"] == json!([name]));
        row.unwrap_or_else(|| panic!("{name}: {rows:#?}")).clone()
    };
    assert_eq!(named("nsu-a")["netnsid"], 7);
    assert_eq!(named("nsu-a")["nsfs"], json!(["/run/netns/nsu-a"]));
    assert_eq!(named("nsu-b")["netnsid"], "unassigned");
    assert!(
        rows.iter().all(|row| !row["name"].to_string().contains("stale")),
        "{rows:?}"
    );
    let line = table
        .lines()
        .find(|line| line.contains("NETNSID"))
        .expect("a heading");
    assert!(
        line.split_whitespace().eq([
            "NS", "TYPE", "NPROCS", "PID", "USER", "NETNSID", "NSFS", "NAME", "COMMAND"
        ]),
        "{table}"
    );
    Ok(())
}

fn shows_unit_container_and_cgroup() -> Outcome {
    needs::root()?;
    let id = "3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c3f2a0c5d8e9b1a2c";
    let cgroup = Cgroup::new(&format!("nsu{}.slice/docker-{id}.scope", std::process::id()))?;
    let there = Held::new(tool("unshare").arg("--uts"), &cgroup.join());
    let row = row(
        &rows(program("ns-ls").with("-J -t uts -o NS,UNIT,CONTAINER,CGROUP")),
        there.inode("uts"),
    );
    assert_eq!(row["container"], id);
    assert_eq!(row["unit"], format!("docker-{id}.scope"));
    let path = row["cgroup"].as_str().expect("a text");
    assert!(path.ends_with(&format!(".slice/docker-{id}.scope")), "{path}");
    drop(there);
    Ok(())
}

fn shows_what_a_user_namespace_is() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "unshare", "-r", "-u"]), "");
    let rows = rows(
        user.program("ns-ls")
            .with("-J -o NS,TYPE,DEPTH,INITIAL,CREATOR,UIDMAP,ONS,HOLDERS"),
    );
    let own = row(&rows, there.inode("user"));
    assert_eq!((&own["depth"], &own["initial"]), (&json!(2), &json!(false)));
    assert_eq!(own["creator"], user.name);
    assert_eq!(own["uidmap"], json!([format!("0 {} 1", user.id)]));
    // The one between has no process: it lives through its child.
    let between = row(&rows, own["ons"].as_u64().expect("it has a parent"));
    assert_eq!((&between["depth"], &between["holders"]), (&json!(1), &json!(1)));
    assert_eq!(between["uidmap"], own["uidmap"]);
    let uts = row(&rows, there.inode("uts"));
    assert_eq!(
        (&uts["depth"], &uts["creator"]),
        (&Value::Null, &json!(user.name))
    );
    let first = row(&rows, inode_of("/proc/self/ns/user"));
    assert_eq!((&first["depth"], &first["initial"]), (&json!(0), &json!(true)));
    Ok(())
}

fn shows_host_names_and_pids_from_outside_to_inside() -> Outcome {
    needs::root()?;
    let there = Held::behind(
        tool("unshare").args(["--uts", "--pid", "--fork", "--mount-proc"]),
        "hostname web-7",
    );
    let rows = rows(program("ns-ls").with("-J -o NS,HOSTNAME,INPID,LEADER"));
    let uts = row(&rows, there.inode("uts"));
    assert_eq!(uts["hostname"], "web-7");
    let pid = row(&rows, there.inode("pid"));
    assert_eq!(pid["inpid"], format!("{}/1", there.pid));
    assert_eq!(
        (&pid["leader"], &pid["hostname"]),
        (&json!(there.pid), &Value::Null)
    );
    Ok(())
}

fn finds_a_namespace_by_its_id_and_by_its_name() -> Outcome {
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
    // Without the kind two are meant.
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("net, uts") && ran.stderr.contains("--type"),
        "{ran:?}"
    );
    let error = program("ns-ls").arg("nsu-no-such-name").ran().fails(1);
    assert!(error.contains("nsu-no-such-name"), "{error}");
    Ok(())
}

fn draws_ancestors_that_are_not_listed() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "unshare", "-r", "-u"]), "");
    let filter = format!("NS == {}", there.inode("uts"));
    let ran = user
        .program("ns-ls")
        .args(["-J", "--tree=owner", "-t", "uts", "-o", "NS,TYPE", "-Q", &filter])
        .ran();
    let mut level = rows(ran);
    let mut chain = Vec::new();
    while let [row] = &level[..] {
        chain.push((row["ns"].as_u64(), row["type"].as_str().map(str::to_owned)));
        level = row["children"].as_array().cloned().unwrap_or_default();
    }
    let kinds: Vec<_> = chain
        .iter()
        .map(|(_, kind)| kind.as_deref().expect("a kind"))
        .collect();
    assert_eq!(kinds, ["user", "user", "user", "uts"]);
    assert_eq!(chain[0].0, Some(inode_of("/proc/self/ns/user")));
    assert_eq!(chain[2].0, Some(there.inode("user")));
    Ok(())
}

fn lists_what_was_saved() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let saved = user
        .program("ns-ls")
        .with("-J --output-all --look processes,threads")
        .stdout;
    let (uts, owner) = (there.inode("uts"), there.inode("user"));
    drop(there);
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("saved.json");
    std::fs::write(&file, &saved).expect("it can be written");
    let list = |words: &str| program("ns-ls").arg("--input").arg(&file).with(words);
    // What was saved comes out as it went in.
    let value: Value = serde_json::from_str(&saved).expect("JSON");
    let after = list("-J --output-all").json();
    assert_eq!(after["namespaces"], value["namespaces"]);
    // With what it did not say: as an ordinary user not all could be read.
    assert_eq!(after["incomplete"], value["incomplete"]);
    assert_eq!(
        after["not-looked"],
        json!(["descriptors", "pins", "kin", "kernel"])
    );
    if let Some(reason) = value["incomplete"]["reason"].as_str() {
        let ran = list("-t uts --strict");
        assert_eq!(ran.status, 1);
        assert_eq!(
            ran.stderr,
            format!("ns-ls: incomplete when it was saved: {reason}\n")
        );
    }
    let row_of_uts = row(&rows(list("-J -t uts -o NS,USER,NPROCS")), uts);
    assert_eq!(row_of_uts, json!({"ns": uts, "user": user.name, "nprocs": 1}));
    let filtered = rows(list(&format!("-J -o NS -Q ONS=={owner}")));
    assert_eq!(filtered, [json!({"ns": uts})]);
    let tree = list("-T -o NS,TYPE").stdout;
    let line = tree
        .lines()
        .find(|line| line.contains(&uts.to_string()))
        .expect("a line");
    assert!(line.starts_with("  └─") || line.starts_with("│ └─"), "{tree}");
    std::fs::write(&file, "{}").expect("it can be written");
    let error = list("").fails(1);
    assert!(
        error.contains("saved.json") && error.contains("\"namespaces\""),
        "{error}"
    );
    let error = program("ns-ls").with("--input /no/such/file").fails(1);
    assert!(error.contains("/no/such/file: No such file"), "{error}");
    Ok(())
}

fn tells_what_appears_and_what_goes() -> Outcome {
    let user = User::ordinary()?;
    let mut watch = user
        .program("ns-ls")
        .args(["--watch=0.05", "-J", "-t", "uts", "-o", "NS,PID"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        // Until the case asks for no more.
        while let Some(Ok(line)) = lines.next() {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    let comes = |expected: &Value, patience| {
        let until = std::time::Instant::now() + patience;
        while let Ok(line) = told.recv_timeout(until.saturating_duration_since(std::time::Instant::now())) {
            if serde_json::from_str::<Value>(&line).expect("a line is JSON") == *expected {
                return true;
            }
        }
        false
    };
    let moment = std::time::Duration::from_secs(1);
    // It looks from some moment on: what is there before does not appear.
    let mut some = std::iter::repeat_with(|| Held::new(user.tool("unshare").args(["-r", "-u"]), "")).take(60);
    let first = some.find(|there| {
        let event = json!({"event": "appeared", "ns": there.inode("uts"), "pid": there.pid});
        comes(&event, moment)
    });
    let first = first.expect("it tells what appears");
    let event = json!({"event": "gone", "ns": first.inode("uts"), "pid": first.pid});
    drop(first);
    assert!(comes(&event, 20 * moment));
    // Nobody reads any more: it ends, and says nothing of it.
    drop(told);
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    reader.join().expect("it ends");
    drop(there);
    let ended = watch.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    // What it does not see it says, once.
    let said = String::from_utf8_lossy(&ended.stderr);
    let incomplete = !user.program("ns-ls").with("-t uts").stderr.is_empty();
    assert_eq!(said.lines().count(), usize::from(incomplete), "{said}");
    assert!(
        said.is_empty() || said.starts_with("ns-ls: incomplete: "),
        "{said}"
    );
    let error = program("ns-ls").with("--watch=soon").fails(2);
    assert!(error.contains("--watch") && error.contains("soon"), "{error}");
    Ok(())
}

fn shows_capabilities_in_each_namespace() -> Outcome {
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let bystander = Held::new(&mut user.tool("env"), "");
    let caps = |pid: i32, inode: u64| {
        let ran = user
            .program("ns-ls")
            .args(["-J", "--caps", &pid.to_string(), "-o", "NS,CAPS"])
            .ran();
        row(&rows(ran), inode)["caps"].clone()
    };
    let (uts, own) = (there.inode("uts"), there.inode("user"));
    // Root in its own user namespace, and in what that owns; nobody in the one above.
    assert_eq!(caps(there.pid, uts), json!(["all"]));
    assert_eq!(caps(there.pid, own), json!(["all"]));
    assert_eq!(caps(there.pid, inode_of("/proc/self/ns/user")), json!(["none"]));
    // Whoever made it, from the namespace above.
    assert_eq!(caps(bystander.pid, uts), json!(["all"]));
    assert_eq!(
        caps(bystander.pid, inode_of("/proc/self/ns/uts")),
        json!(["none"])
    );
    Ok(())
}

fn lists_its_columns() -> Outcome {
    let text = program("ns-ls").arg("-H").ran().ok();
    for name in ["NS", "HELD-BY", "INPID"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }
    let json = program("ns-ls").with("-H -J").json();
    assert_eq!(json["lsns-columns"][0]["holder"], "NS");
    Ok(())
}
