//! The values of each column.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde_json::{Value, json};

use super::holders::own_pid;
use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Cgroup, Held, Outcome, Run as _, User, inode_of, needs, program, tool};

cases!["ls::columns":
    network_namespaces_have_their_names_and_numbers,
    a_table_says_what_holds_a_namespace_without_processes,
    json_and_raw_lines_have_the_same_columns_every_time,
    a_namespace_has_the_unit_container_and_cgroup_of_its_leader,
    a_user_namespace_has_its_depth_creator_and_uid_map,
    host_names_and_the_pids_at_each_level_are_shown,
    capabilities_are_those_of_the_process_in_each_namespace,
    columns_are_listed_as_text_and_as_json,
    a_depth_that_was_not_looked_for_is_a_dash,
    the_chosen_columns_are_shown_in_their_order,
    the_leader_is_the_oldest_process_and_not_the_one_with_the_lowest_pid,
];

fn network_namespaces_have_their_names_and_numbers() -> Outcome {
    needs::tools("mount");
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
    assert_eq!(named("nsu-a")["netnsid"], "7");
    assert_eq!(named("nsu-a")["nsfs"], json!(["/run/netns/nsu-a"]));
    assert_eq!(named("nsu-b")["netnsid"], "unassigned");
    assert!(
        rows.iter().all(|row| !row["name"].to_string().contains("stale")),
        "{rows:?}"
    );
    let line = table
        .lines()
        .find(|line| line.trim_start().starts_with("NS "))
        .expect("a heading");
    assert!(
        line.split_whitespace().eq([
            "NS", "TYPE", "NPROCS", "PID", "USER", "NETNSID", "NSFS", "NAME", "HELD-BY", "COMMAND"
        ]),
        "{table}"
    );
    Ok(())
}

/// A UTS namespace that only a descriptor of this process holds, and its inode.
fn deserted() -> (File, u64) {
    let there = Held::new(tool("unshare").arg("-u"), "");
    let file = File::open(there.proc("ns/uts")).expect("it lives");
    (file, there.inode("uts"))
}

fn a_table_says_what_holds_a_namespace_without_processes() -> Outcome {
    needs::root()?;
    let (file, inode) = deserted();
    let table = |words: &str| program("ns-ls").with(&format!("-q -t uts {words}")).stdout;
    let heading = |text: &str| {
        let line = text.lines().next().unwrap_or_default().split_whitespace();
        line.filter(|name| *name != "NAME").collect::<Vec<_>>().join(" ")
    };
    let with_holders = "NS TYPE NPROCS PID USER HELD-BY COMMAND";
    let words = format!("descriptor {} of process {}", file.as_raw_fd(), own_pid());
    for shape in ["", "-l", "-T", "-P"] {
        let text = table(shape);
        assert_eq!(heading(&text), with_holders, "{shape}");
        let mut lines = text.lines();
        let line = lines.find(|line| line.contains(&inode.to_string()));
        assert!(line.is_some_and(|line| line.contains(&words)), "{shape}: {text}");
    }
    assert_eq!(heading(&table("-P -o +UNIT")), format!("{with_holders} UNIT"));
    // Columns that are chosen stay alone, and a namespace with processes needs no more.
    assert_eq!(heading(&table("-P -o NS,TYPE")), "NS TYPE");
    let own = format!("-p {}", own_pid());
    assert_eq!(heading(&table(&own)), "NS TYPE NPROCS PID USER COMMAND");
    let lsns = program("ns-ls").arg0("lsns").with("-t uts -P").stdout;
    assert_eq!(heading(&lsns), "NS TYPE NPROCS PID USER COMMAND");
    Ok(())
}

fn json_and_raw_lines_have_the_same_columns_every_time() -> Outcome {
    needs::root()?;
    let own = format!("-p {}", own_pid());
    let (_file, inode) = deserted();
    for words in [own, format!("-P -Q NS=={inode}")] {
        let raw = program("ns-ls").with(&format!("-q -r -t uts {words}")).stdout;
        assert_eq!(
            raw.lines().next(),
            Some("NS TYPE NPROCS PID USER NAME HELD-BY COMMAND"),
            "{words}"
        );
        let json = rows(program("ns-ls").with(&format!("-q -J -t uts {words}")));
        let keys: Vec<_> = json[0].as_object().expect("an object").keys().collect();
        assert_eq!(json.len(), 1, "{words}");
        for key in ["name", "held-by"] {
            assert!(keys.iter().any(|name| *name == key), "{words}: {keys:?}");
        }
        assert_eq!(keys.len(), 8, "{keys:?}");
    }
    Ok(())
}

fn a_namespace_has_the_unit_container_and_cgroup_of_its_leader() -> Outcome {
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

fn a_user_namespace_has_its_depth_creator_and_uid_map() -> Outcome {
    needs::user_namespaces()?;
    needs::first_user_namespace()?;
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
    // The namespace between has no process. Its child keeps it alive.
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

fn host_names_and_the_pids_at_each_level_are_shown() -> Outcome {
    needs::tools("hostname");
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

fn capabilities_are_those_of_the_process_in_each_namespace() -> Outcome {
    needs::user_namespaces()?;
    needs::first_user_namespace()?;
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
    // The process is root in its own user namespace and in namespaces that it owns, and has no rights above.
    assert_eq!(caps(there.pid, uts), json!(["all"]));
    assert_eq!(caps(there.pid, own), json!(["all"]));
    assert_eq!(caps(there.pid, inode_of("/proc/self/ns/user")), json!(["none"]));
    // The creator of the user namespace, in the namespace above.
    assert_eq!(caps(bystander.pid, uts), json!(["all"]));
    assert_eq!(
        caps(bystander.pid, inode_of("/proc/self/ns/uts")),
        json!(["none"])
    );
    Ok(())
}

fn a_depth_that_was_not_looked_for_is_a_dash() -> Outcome {
    needs::user_namespaces()?;
    needs::first_user_namespace()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "unshare", "-r"]), "");
    let list = |words: &str| {
        user.program("ns-ls")
            .with(&format!("-t user -o NS,PNS,DEPTH {words}"))
    };
    // The namespace between has no process.
    let json = row(&rows(list("--look processes -J")), there.inode("user"));
    assert!(json["pns"].is_u64() && json["depth"].is_null(), "{json}");
    let own = format!("{} ", there.inode("user"));
    let line_of = |text: &str| text.lines().find(|line| line.contains(&own)).map(str::to_owned);
    let text = list("--look processes -r -n").stdout;
    let line = line_of(&text).expect("it is listed");
    assert!(line.ends_with(" -"), "{line}");
    let text = list("-r -n").stdout;
    let line = line_of(&text).expect("it is listed");
    assert!(line.ends_with(" 2"), "{line}");
    Ok(())
}

fn columns_are_listed_as_text_and_as_json() -> Outcome {
    let text = program("ns-ls").arg("-H").ran().ok();
    for name in ["NS", "HELD-BY", "INPID"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }
    let json = program("ns-ls").with("-H -J").json();
    assert_eq!(json["lsns-columns"][0]["holder"], "NS");
    Ok(())
}

/// A script in a PID namespace, which has `ns-ls` as `$1`.
fn with_pids_of_its_own(script: &str) -> Command {
    let mut command = tool("unshare");
    command
        .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["sh", "-c", script, "sh"])
        .arg(crate::support::path_of("ns-ls"));
    command
}

fn the_chosen_columns_are_shown_in_their_order() -> Outcome {
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

fn the_leader_is_the_oldest_process_and_not_the_one_with_the_lowest_pid() -> Outcome {
    needs::root()?;
    // A child gets a lower PID than its parent if the PIDs start over.
    let script = r#"echo 99 >/proc/sys/kernel/ns_last_pid
        unshare --uts sh -c 'echo 49 >/proc/sys/kernel/ns_last_pid
            sleep 1000 & "$1" -J -t uts -o PID,LEADER,NPROCS,INPID' sh "$1""#;
    let ran = with_pids_of_its_own(script).ran();
    let rows = rows(ran);
    // The processes are the shell, sleep, and the program itself.
    let expected = json!({"pid": 50, "leader": 100, "nprocs": 3, "inpid": "50"});
    assert!(rows.contains(&expected), "{rows:?}");
    // Of two processes whose parents are elsewhere, the leader is the one that started first, by a clock with a hundred
    // ticks a second.
    let script = r#"mkfifo "$2"; echo 99 >/proc/sys/kernel/ns_last_pid
        unshare --uts sh -c 'echo >"$0"; exec sleep 1000' "$2" & first=$!
        read -r ready <"$2"; read -r then rest </proc/uptime; now=$then
        while [ "${now%?}" = "${then%?}" ]; do read -r now rest </proc/uptime; done
        echo 49 >/proc/sys/kernel/ns_last_pid
        nsenter --target $first --uts sh -c 'echo >"$0"; exec sleep 1000' "$2" & read -r ready <"$2"
        "$1" -J -t uts -p $first -o PID,LEADER,NPROCS"#;
    let directory = tempfile::tempdir().expect("a directory can be made");
    needs::installed("nsenter")?;
    let ran = with_pids_of_its_own(script)
        .arg(directory.path().join("fifo"))
        .ran();
    let expected = json!({"pid": 50, "leader": 100, "nprocs": 2});
    assert_eq!(super::rows(ran), [expected]);
    Ok(())
}
