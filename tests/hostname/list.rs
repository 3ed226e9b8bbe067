//! `--list`: every UTS namespace with its names.

use std::collections::HashSet;

use serde_json::Value;

use super::{container, container_of, of};
use crate::support::case::{Skip, cases};
use crate::support::{
    Cgroup, Held, Outcome, Run as _, User, in_flight, inode_of, needs, path_of, program, tool,
};

cases!["hostname::list":
    every_namespace_is_listed_with_its_names,
    a_list_can_be_of_some_targets_only,
    a_namespace_without_processes_is_listed,
    units_containers_and_names_are_told,
    a_full_cgroup_is_the_cause_if_no_child_can_look,
    namespaces_with_the_same_host_name_are_told,
    columns_are_chosen_and_each_says_what_it_is_called,
    a_name_cannot_forge_a_line,
    a_forbidden_value_is_a_question_mark_and_a_note,
    an_ordinary_user_sees_their_containers_and_their_own_namespace,
    five_hundred_are_visited_by_one_child,
    a_namespace_whose_lowest_process_ends_is_still_listed,
    few_descriptors_are_enough,
    a_namespace_that_cannot_be_opened_is_listed_without_its_names,
    what_a_hidden_mount_namespace_pins_is_listed_too,
];

/// The rows of a list in JSON.
fn rows(words: &str) -> Vec<Value> {
    let list = program("ns-hostname")
        .args(["--list", "--json"])
        .with(words)
        .json();
    list["namespaces"].as_array().expect("it is a list").clone()
}

#[track_caller]
fn row(rows: &[Value], inode: u64) -> &Value {
    let found = rows.iter().find(|row| row["ns"] == inode);
    found.unwrap_or_else(|| panic!("{inode} is not among {rows:#?}"))
}

fn every_namespace_is_listed_with_its_names() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = container_of(user, "listed");
    let rows = rows("--output-all");
    let new = row(&rows, there.inode("uts"));
    assert_eq!(new["hostname"], "listed");
    assert_eq!(new["own"], false);
    assert_eq!(new["nprocs"], 1);
    assert_eq!(new["pid"], there.pid);
    assert_eq!(new["user"], *user.name);
    assert_eq!(new["ons"], there.inode("user"));
    assert_eq!(new["initial"], false);
    assert!(new["command"].as_str().expect("it has one").starts_with("sh -c "));
    let own = row(&rows, inode_of("/proc/self/ns/uts"));
    assert_eq!(own["own"], true);
    assert_eq!(own["hostname"], tool("hostname").ran().ok().trim_end());
    let text = program("ns-hostname").with("--list -o NS,HOSTNAME").stdout;
    let line = format!("{} listed", there.inode("uts"));
    assert!(text.lines().any(|text| text == line), "{text}");
    assert!(rows.is_sorted_by_key(|row| row["ns"].as_u64()));
    Ok(())
}

fn a_list_can_be_of_some_targets_only() -> Outcome {
    let (first, second, third) = (container("a", ""), container("b", ""), container("c", ""));
    let rows = rows(&format!("-t {} -t {}", first.pid, third.proc("ns/uts")));
    let mut names: Vec<_> = rows
        .iter()
        .map(|row| row["hostname"].as_str().expect("it is known"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "c"]);
    drop(second);
    Ok(())
}

fn a_namespace_without_processes_is_listed() -> Outcome {
    let there = container("held-by-a-descriptor", "corp");
    let inode = there.inode("uts");
    let file = std::fs::File::open(there.proc("ns/uts")).expect("root may open it");
    drop(there);
    let listed = rows("");
    assert_eq!(row(&listed, inode)["hostname"], "held-by-a-descriptor");
    assert_eq!(row(&listed, inode)["nprocs"], 0);
    assert_eq!(row(&listed, inode)["pid"], Value::Null);
    drop(file);
    Ok(())
}

fn a_full_cgroup_is_the_cause_if_no_child_can_look() -> Outcome {
    needs::root()?;
    let name = format!("ns-hostname-full-{}", std::process::id());
    // A machine has the controller in one of the two hierarchies.
    let cgroup = Cgroup::of_pids_in_v1(&name).or_else(|_| Cgroup::new(&name))?;
    let limit = cgroup.directory().join("pids.max");
    if !limit.exists() {
        return Err(Skip::Lacks("no cgroup has the pids controller".into()));
    }
    let text = format!("{}; echo 1 >{}; exec \"$0\" -l", cgroup.join(), limit.display());
    let mut command = tool("sh");
    command
        .args(["-c", &text])
        .arg(program("ns-hostname").get_program());
    let error = command.ran().fails(1);
    let cause = format!("{name}\" has 1 processes or threads, and its limit is 1 (pids.max)\n");
    assert!(
        error.contains("Resource temporarily unavailable\n  cause: the cgroup \"") && error.contains(&cause),
        "{error}"
    );
    Ok(())
}

fn units_containers_and_names_are_told() -> Outcome {
    needs::tools("hostname mount");
    let own = format!("{:08x}", std::process::id());
    let id = format!("{own}c{}", "0".repeat(55));
    let cgroup = Cgroup::new(&format!("listed{own}.slice/docker-{id}.scope"))?;
    let there = Held::new(tool("unshare").arg("--uts"), &cgroup.join());
    let listed = rows("-o NS,UNIT,CONTAINER");
    assert_eq!(row(&listed, there.inode("uts"))["container"], id);
    assert_eq!(
        row(&listed, there.inode("uts"))["unit"],
        format!("docker-{id}.scope")
    );
    // A /run of its own, so that the name goes with it.
    let script = "mount -t tmpfs run /run; mkdir /run/utsns; touch /run/utsns/web; \
        unshare --uts sh -c 'hostname pinned-web; mount --bind /proc/self/ns/uts /run/utsns/web'; exec \"$@\"";
    let mut command = tool("unshare");
    command.args(["--mount", "sh", "-e", "-c", script, "sh"]);
    let list = command
        .arg(program("ns-hostname").get_program())
        .with("--list --json -o HOSTNAME,NAME")
        .json();
    let named = serde_json::json!({"hostname": "pinned-web", "name": ["web"]});
    assert!(
        list["namespaces"]
            .as_array()
            .expect("it is a list")
            .contains(&named),
        "{list}"
    );
    Ok(())
}

fn namespaces_with_the_same_host_name_are_told() -> Outcome {
    let (first, second) = (
        container("twin-of-ns-utils", ""),
        container("twin-of-ns-utils", ""),
    );
    let rows = rows("-o NS,SAME");
    let twin = |inode: u64| serde_json::json!([inode]);
    assert_eq!(row(&rows, first.inode("uts"))["same"], twin(second.inode("uts")));
    assert_eq!(row(&rows, second.inode("uts"))["same"], twin(first.inode("uts")));
    Ok(())
}

fn columns_are_chosen_and_each_says_what_it_is_called() -> Outcome {
    let there = container("web-1", "corp");
    let list = |words: &str| of(there.pid, "--list").with(words).stdout;
    let inode = there.inode("uts");
    assert_eq!(list("-o hostname,domain"), "HOSTNAME DOMAIN\nweb-1    corp\n");
    assert_eq!(list("-n -o hostname,domain"), "web-1 corp\n");
    assert_eq!(list("-r -o ns,hostname"), format!("NS HOSTNAME\n{inode} web-1\n"));
    assert_eq!(list("-P -o ns,own"), format!("NS=\"{inode}\" OWN=\"no\"\n"));
    let more = list("-o +initial");
    let headings: Vec<_> = more
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(headings.last(), Some(&"INITIAL"), "{more}");
    assert_eq!(headings.len(), 9, "{more}");
    let id = list("-n -o id").trim().to_owned();
    assert_ne!(id, "");
    Ok(())
}

fn a_name_cannot_forge_a_line() -> Outcome {
    needs::root()?;
    let there = container("plain", "");
    // Our program refuses all of these without --force.
    let mut hostname = tool("nsenter");
    let enter = [
        "-t",
        &there.pid.to_string(),
        "--uts",
        "sh",
        "-c",
        "printf 'x\\033[2J\\t0' >/proc/sys/kernel/hostname",
    ];
    assert_eq!(hostname.args(enter).ran().ok(), "");
    let list = |words: &str| of(there.pid, "--list").with(words).stdout;
    assert_eq!(list("-n -o hostname"), "x\\x1b[2J\\x090\n");
    assert_eq!(list("-r -n -o hostname,own"), "x\\x1b[2J\\x090 no\n");
    let rows = rows(&format!("-t {}", there.pid));
    assert_eq!(rows[0]["hostname"], "x\u{1b}[2J\t0");
    // domainname(1) accepts line feeds too.
    let mut domainname = tool("nsenter");
    let enter = [
        "-t",
        &there.pid.to_string(),
        "--uts",
        "domainname",
        "one\n4026531838 two",
    ];
    assert_eq!(domainname.args(enter).ran().ok(), "");
    assert_eq!(list("-n -o domain"), "one\\x0a4026531838 two\n");
    assert_eq!(list("-n -P -o domain"), "DOMAIN=\"one\\x0a4026531838 two\"\n");
    assert_eq!(of(there.pid, "-y").ran().bytes, b"one\n4026531838 two\n");
    assert_eq!(
        of(there.pid, "--json").ran().json()["domain"],
        "one\n4026531838 two"
    );
    Ok(())
}

fn a_forbidden_value_is_a_question_mark_and_a_note() -> Outcome {
    needs::tools("setpriv");
    needs::root()?;
    let user = User::ordinary()?;
    // Root's namespace has a process of the user, who may look at the process and may not enter the namespace.
    let id = user.id.to_string();
    let there = Held::new(
        tool("unshare").args([
            "--uts",
            "setpriv",
            "--reuid",
            &id,
            "--regid",
            &id,
            "--clear-groups",
        ]),
        "",
    );
    let inode = there.inode("uts");
    let pid = there.pid.to_string();
    let list = |words: &str| {
        let mut command = user.program("ns-hostname");
        command.args(["--list", "-t", &pid]).with(words)
    };
    let ran = list("-n -o ns,hostname,domain,pid");
    assert_eq!((ran.status, ran.stdout), (0, format!("{inode} ? ? {pid}\n")));
    let note = "2 values could not be read (HOSTNAME, DOMAIN: Operation not permitted)";
    assert!(
        ran.stderr
            .starts_with("ns-hostname: note: the list is incomplete: ")
            && ran.stderr.contains(note),
        "{}",
        ran.stderr
    );
    let json = list("--json").json();
    assert_eq!(json["namespaces"][0]["hostname"], Value::Null);
    assert_eq!(
        json["incomplete"]["columns"],
        serde_json::json!(["hostname", "domain"])
    );
    assert_eq!(list("--strict").status, 1);
    Ok(())
}

fn an_ordinary_user_sees_their_containers_and_their_own_namespace() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    // There are two user namespaces, because a process cannot leave one for the other.
    let (first, second) = (container_of(user, "first"), container_of(user, "second"));
    let list = user.program("ns-hostname").with("--list --json").json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    assert_eq!(row(rows, first.inode("uts"))["hostname"], "first");
    assert_eq!(row(rows, second.inode("uts"))["hostname"], "second");
    let own = row(rows, inode_of("/proc/self/ns/uts"));
    assert_eq!(own["hostname"], tool("hostname").ran().ok().trim_end());
    assert_eq!(own["own"], true);
    Ok(())
}

fn five_hundred_are_visited_by_one_child() -> Outcome {
    needs::root()?;
    needs::installed("strace")?;
    // All processes wait on the pipe of the first.
    let there = Held::new(
        tool("unshare").arg("--uts"),
        "exec 3<&0 4>&1; echo many-0 >/proc/sys/kernel/hostname; i=1; while [ $i -lt 500 ]; do \
         unshare --uts sh -c 'echo many-'$i' >/proc/sys/kernel/hostname; echo ready >&5; read -r line <&3' 5>&1 4>&- & \
         i=$((i+1)); done | { i=1; while [ $i -lt 500 ]; do read -r line; i=$((i+1)); done; }",
    );
    let mut command = tool("strace");
    let log = tempfile::NamedTempFile::new().expect("a file can be made");
    command
        .args(["-f", "-qq", "-e", "trace=clone,clone3,fork,vfork,setns", "-o"])
        .arg(log.path());
    let ran = command
        .arg(program("ns-hostname").get_program())
        .with("--list --json");
    let list = ran.json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    let many = |row: &&Value| {
        row["hostname"]
            .as_str()
            .is_some_and(|name| name.starts_with("many-"))
    };
    assert_eq!(rows.iter().filter(many).count(), 500);
    let log = std::fs::read_to_string(log.path()).expect("strace has written it");
    let entered: Vec<_> = log
        .lines()
        .filter(|line| line.contains("setns(") && line.contains("CLONE_NEWUTS"))
        .collect();
    // Each line starts with the PID of the caller.
    let callers: HashSet<_> = entered.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(callers.len(), 1, "{log}");
    // Each namespace is entered once, so the work grows in proportion to their number.
    assert!(entered.len() <= rows.len(), "{} of {}", entered.len(), rows.len());
    drop(there);
    Ok(())
}

fn few_descriptors_are_enough() -> Outcome {
    let others: Vec<_> = (0..20)
        .map(|number| container(&format!("few-{number}"), ""))
        .collect();
    let mut command = tool("sh");
    command.args(["-c", "ulimit -n 16; exec \"$@\"", "sh"]);
    let list = command
        .arg(program("ns-hostname").get_program())
        .with("--list --json")
        .json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    for (number, other) in others.iter().enumerate() {
        assert_eq!(row(rows, other.inode("uts"))["hostname"], format!("few-{number}"));
    }
    let mut set = tool("sh");
    set.args(["-c", "ulimit -n 16; exec \"$@\"", "sh"]);
    let ours = of(others[0].pid, "renamed");
    assert_eq!(set.arg(ours.get_program()).args(ours.get_args()).ran().ok(), "");
    assert_eq!(of(others[0].pid, "").ran().ok(), "renamed\n");
    Ok(())
}

fn a_namespace_that_cannot_be_opened_is_listed_without_its_names() -> Outcome {
    needs::root()?;
    let other = container("closed", "");
    let path = format!("{}/ns/uts", other.pid);
    let mut command = tool("strace");
    command.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        &path,
        "-e",
        "inject=openat:error=EACCES",
    ]);
    command.arg(program("ns-hostname").get_program());
    let json = command.with("--list -J -o NS,HOSTNAME").json();
    let rows = json["namespaces"].as_array().expect("it is a list");
    assert_eq!(row(rows, other.inode("uts"))["hostname"], Value::Null);
    assert_eq!(json["incomplete"]["columns"], serde_json::json!(["hostname"]));
    Ok(())
}

/// Only the kernel's own list leads to the mount namespace, and only through that the UTS namespace is found.
fn what_a_hidden_mount_namespace_pins_is_listed_too() -> Outcome {
    needs::list_of_kernel()?;
    needs::whole_root()?;
    needs::tools("mount unshare hostname");
    let there = Held::new(
        tool("unshare").arg("--mount"),
        "mount -t tmpfs t /mnt; : >/mnt/uts; unshare --uts=/mnt/uts hostname pinned; stat -L -c %i /mnt/uts >/mnt/inode",
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let inode: u64 = inode.trim().parse().expect("a number");
    let on_its_way = in_flight(std::fs::File::open(there.proc("ns/mnt")).expect("it lives"));
    drop(there);
    let json = program("ns-hostname").with("--list -J -o NS,HOSTNAME").json();
    let found = json["namespaces"].as_array().expect("it is a list");
    assert_eq!(row(found, inode)["hostname"], "pinned");
    let named = program("ns-hostname")
        .args(["-t", &format!("uts:[{inode}]")])
        .ran();
    assert_eq!(named.ok(), "pinned\n");
    drop(on_its_way);
    Ok(())
}

fn a_namespace_whose_lowest_process_ends_is_still_listed() -> Outcome {
    needs::root()?;
    let set = "hostname two-processes";
    needs::tools("hostname");
    let there = Held::new(tool("unshare").arg("--uts"), set);
    let other = Held::new(tool("nsenter").args(["-t", &there.pid.to_string(), "-u"]), "");
    // This is what the program sees of a process that ended after the search.
    let link = format!("{}/ns/uts", there.pid.min(other.pid));
    let mut command = tool("strace");
    command.args([
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-P",
        &link,
        "-e",
        "inject=openat:error=ENOENT",
    ]);
    let list = command
        .arg(path_of("ns-hostname"))
        .args(["--list", "--json"])
        .ran()
        .json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    assert_eq!(row(rows, there.inode("uts"))["hostname"], "two-processes");
    Ok(())
}
