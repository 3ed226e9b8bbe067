//! Every place that can keep a namespace alive, each with a namespace that only this place holds.

use std::fs::File;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::mpsc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::OpenTreeFlags;
use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::{Skip, cases};
use crate::support::{
    Held, Outcome, Run as _, User, in_flight, inode_of, needs, program, tool, without_a_root,
};

cases!["ls::places":
    a_namespace_that_only_a_thread_is_in_is_found,
    a_namespace_that_only_a_descriptor_holds_is_found,
    a_network_namespace_that_only_a_socket_holds_is_found,
    a_pid_namespace_without_a_first_process_is_found,
    a_time_namespace_for_future_children_is_found,
    namespaces_for_the_future_children_of_a_thread_are_found,
    a_namespace_pinned_in_another_mount_namespace_is_found,
    a_pin_that_no_process_can_see_is_found,
    a_namespace_pinned_in_a_mount_namespace_without_a_process_is_found,
    finds_a_namespace_pinned_where_the_only_process_has_no_root_directory,
    a_namespace_pinned_in_a_mount_namespace_that_is_itself_only_pinned_is_found,
    a_user_namespace_with_nothing_but_a_child_is_found,
    a_namespace_that_only_a_path_descriptor_holds_is_found,
    a_namespace_that_only_a_detached_mount_holds_is_found,
    a_mount_namespace_that_nothing_readable_holds_is_found,
    only_the_chosen_places_are_searched,
    every_holder_of_a_namespace_is_listed,
    many_descriptors_of_one_process_are_counted,
    a_pin_path_that_is_not_text_is_escaped,
];

/// The facts about holders.
const COLUMNS: &str = "-J -o NS,TYPE,NPROCS,PID,THREADS,HOLDERS,HELD-BY,ONS,PNS,USER,ID,NSFS";

/// A thread of this process that does something in its own namespaces, and stays there until this is dropped.
struct Elsewhere<T> {
    /// The thread.
    tid: i32,
    /// The result of its work.
    made: T,
    /// The channel that it waits on until this is dropped.
    end: mpsc::Sender<()>,
}

fn elsewhere<T: Send + 'static>(
    kinds: CloneFlags,
    work: impl FnOnce() -> T + Send + 'static,
) -> Elsewhere<T> {
    let (tell, told) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        unshare(kinds).expect("root can unshare");
        tell.send((nix::unistd::gettid().as_raw(), work()))
            .expect("it is waited for");
        // This waits until the other end is dropped.
        let _ = ended.recv();
    });
    let (tid, made) = told.recv().expect("the thread lives");
    Elsewhere { tid, made, end }
}

/// The row of a namespace, and its holders.
fn found(inode: u64, words: &str) -> (Value, Vec<String>) {
    let row = row(&rows(program("ns-ls").with(words)), inode);
    let held = row["held-by"].as_array().into_iter().flatten();
    let held = held.map(|text| text.as_str().expect("a text").to_owned());
    (row.clone(), held.collect())
}

/// The row, once it has these holders and no others. Other programs open namespaces for a moment, as this one does.
#[track_caller]
fn held_by(inode: u64, expected: &[String]) -> Value {
    for _ in 0..40 {
        let (row, held) = found(inode, COLUMNS);
        if held == expected {
            check_named(&row);
            return row;
        }
    }
    let (row, _) = found(inode, COLUMNS);
    panic!("{inode} is not held by {expected:?}: {row}");
}

/// A listed namespace can be named as a target.
#[track_caller]
fn check_named(row: &Value) {
    let kind = row["type"].as_str().expect("a text");
    let name = format!("{kind}:[{}]", row["ns"]);
    let ran = if kind == "mnt" {
        program("ns-mounts")
            .args(["-N", &name, "-n", "-l", "-o", "TARGET", "/"])
            .ran()
    } else {
        needs::tools("readlink");
        let link = format!("/proc/self/ns/{kind}");
        program("ns-enter").args(["-t", &name, "readlink", &link]).ran()
    };
    let expected = if kind == "mnt" { "/" } else { &name };
    assert_eq!((ran.stdout.trim(), ran.status), (expected, 0), "{row} {ran:?}");
}

fn own_pid() -> u32 {
    std::process::id()
}

fn a_namespace_that_only_a_thread_is_in_is_found() -> Outcome {
    needs::root()?;
    let there = elsewhere(CloneFlags::CLONE_NEWUTS, || ());
    let inode = inode_of(&format!("/proc/self/task/{}/ns/uts", there.tid));
    let row = held_by(inode, &[format!("thread {} of process {}", there.tid, own_pid())]);
    assert_eq!((&row["nprocs"], &row["threads"]), (&json!(0), &json!(1)));
    assert_eq!((&row["pid"], &row["holders"]), (&Value::Null, &json!(1)));
    assert_eq!(row["user"], "root");
    Ok(())
}

fn a_namespace_that_only_a_descriptor_holds_is_found() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").args(["-i", "-C"]), "");
    let (ipc, cgroup) = (there.inode("ipc"), there.inode("cgroup"));
    let files =
        ["ipc", "cgroup"].map(|kind| File::open(there.proc(&format!("ns/{kind}"))).expect("it lives"));
    drop(there);
    for (inode, file) in [ipc, cgroup].into_iter().zip(&files) {
        let fd = file.as_raw_fd();
        let row = held_by(inode, &[format!("descriptor {fd} of process {}", own_pid())]);
        assert_eq!(row["nprocs"], 0);
        assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
        assert!(row["id"].is_u64(), "{row}");
    }
    Ok(())
}

fn a_network_namespace_that_only_a_socket_holds_is_found() -> Outcome {
    needs::root()?;
    let there = elsewhere(CloneFlags::CLONE_NEWNET, || {
        let inode = inode_of(&format!("/proc/self/task/{}/ns/net", nix::unistd::gettid()));
        let socket = UdpSocket::bind(("0.0.0.0", 0)).expect("a socket can be made");
        (inode, socket)
    });
    let (inode, socket) = &there.made;
    let fd = socket.as_raw_fd();
    let words = format!("socket {fd} of process {}", own_pid());
    let (_, held) = found(*inode, COLUMNS);
    assert!(held.contains(&words), "{held:?}");
    let inode = *inode;
    // Now the thread ends, and the socket stays.
    let Elsewhere { tid, made, end } = there;
    drop(end);
    while std::path::Path::new(&format!("/proc/self/task/{tid}")).exists() {
        thread::yield_now();
    }
    let row = held_by(inode, &[words]);
    assert_eq!((&row["nprocs"], &row["threads"]), (&json!(0), &json!(0)));
    drop(made);
    Ok(())
}

fn a_pid_namespace_without_a_first_process_is_found() -> Outcome {
    needs::root()?;
    // Without --fork, the shell itself stays outside, and creates no child.
    let there = Held::new(tool("unshare").arg("--pid"), "");
    assert!(std::fs::read_link(there.proc("ns/pid_for_children")).is_err());
    let listed = rows(program("ns-ls").with(&format!("{COLUMNS} -t pid")));
    let words = format!("next children of process {}", there.pid);
    let row = listed
        .iter()
        .find(|row| row["held-by"].to_string().contains(&words))
        .unwrap_or_else(|| panic!("{words}: {listed:#?}"));
    assert_eq!(row["nprocs"], 0);
    assert_eq!(row["pns"], inode_of("/proc/self/ns/pid"));
    Ok(())
}

fn a_time_namespace_for_future_children_is_found() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").args(["--time", "--fork"]), "");
    let (row, held) = found(there.inode("time"), COLUMNS);
    assert_eq!((&row["nprocs"], &row["pid"]), (&json!(1), &json!(there.pid)));
    let unshare = std::fs::read_to_string(there.proc("stat")).expect("it lives");
    let parent = unshare.split(' ').nth(3).expect("the fourth field");
    assert!(
        held.contains(&format!("next children of process {parent}")),
        "{held:?}"
    );
    Ok(())
}

fn namespaces_for_the_future_children_of_a_thread_are_found() -> Outcome {
    needs::root()?;
    let kinds = CloneFlags::CLONE_NEWPID | CloneFlags::from_bits_retain(nix::libc::CLONE_NEWTIME);
    let there = elsewhere(kinds, || ());
    let words = format!("next children of thread {} of process {}", there.tid, own_pid());
    for kind in ["pid", "time"] {
        let listed = rows(program("ns-ls").with(&format!("{COLUMNS} -t {kind}")));
        let row = listed
            .iter()
            .find(|row| row["held-by"].to_string().contains(&words))
            .unwrap_or_else(|| panic!("{words}: {listed:#?}"));
        assert_eq!((&row["nprocs"], &row["threads"]), (&json!(0), &json!(0)));
        assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
        let inside = program("ns-ls").args(["-J", &row["ns"].to_string()]).ran().json();
        let holder = json!({"type": "next-children", "pid": own_pid(), "tid": there.tid});
        let holders = inside["holders"].as_array().expect("an array");
        assert!(holders.contains(&holder), "{inside}");
    }
    Ok(())
}

fn a_namespace_pinned_in_another_mount_namespace_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        r#"mount -t tmpfs t /mnt; touch "/mnt/a b"; unshare --uts="/mnt/a b" true
           stat -L -c %i "/mnt/a b" >/mnt/inode"#,
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let inode = inode.trim().parse().expect("a number");
    let row = held_by(inode, &[format!("pin /mnt/a b in mnt:[{}]", there.inode("mnt"))]);
    // It is not mounted in the caller's mount namespace.
    assert_eq!((&row["nprocs"], &row["nsfs"]), (&json!(0), &Value::Null));
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
    assert!(row["id"].is_u64(), "{row}");
    Ok(())
}

fn a_pin_that_no_process_can_see_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    needs::installed("chroot")?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("inode");
    // Everything except the pin, which is created later in another namespace.
    let script = r#"mount -t tmpfs t /mnt; mkdir /mnt/root; mount --rbind / /mnt/root; mount --make-rprivate /mnt/root
        touch /mnt/pin; unshare --uts=/mnt/pin true; stat -L -c %i /mnt/pin >"$0"; exec chroot /mnt/root "$@""#;
    let mut unshare = tool("unshare");
    let there = Held::new(unshare.args(["--mount", "sh", "-c", script]).arg(&file), "");
    let table = std::fs::read_to_string(there.proc("mountinfo")).expect("it lives");
    let inode = std::fs::read_to_string(&file).expect("it was written");
    assert!(!table.contains(&format!("uts:[{}]", inode.trim())), "{table}");
    let inode = inode.trim().parse().expect("a number");
    held_by(inode, &[format!("pin /mnt/pin in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_namespace_pinned_in_a_mount_namespace_without_a_process_is_found() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        "mount -t tmpfs t /mnt; touch /mnt/uts; unshare --uts=/mnt/uts true; stat -L -c %i /mnt/uts >/mnt/inode",
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let inode = inode.trim().parse().expect("a number");
    let mnt = there.inode("mnt");
    let file = File::open(there.proc("ns/mnt")).expect("it lives");
    drop(there);
    let row = held_by(inode, &[format!("pin /mnt/uts in mnt:[{mnt}]")]);
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
    drop(file);
    Ok(())
}

fn finds_a_namespace_pinned_where_the_only_process_has_no_root_directory() -> Outcome {
    needs::whole_root()?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let there = without_a_root(
        directory.path(),
        "mount -t tmpfs t /mnt; touch /mnt/uts; unshare --uts=/mnt/uts true; stat -L -c %i /mnt/uts >/mnt/inode",
    );
    let pid = there.pid.to_string();
    let inode = tool("nsenter")
        .args(["-t", &pid, "-m", "cat", "/mnt/inode"])
        .ran();
    let inode = inode.stdout.trim().parse().expect("a number");
    held_by(inode, &[format!("pin /mnt/uts in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_namespace_pinned_in_a_mount_namespace_that_is_itself_only_pinned_is_found() -> Outcome {
    needs::tools("mount unshare");
    needs::whole_root()?;
    needs::installed("taskset")?;
    // Linux 6.18 binds a mount namespace only in one with a lower id. Namespaces that are created on one processor have
    // ascending ids.
    let allowed = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).expect("it is known");
    let processor = (0..nix::sched::CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
    let processor = processor.expect("there is one").to_string();
    let there = Held::new(
        tool("taskset").args(["-c", &processor, "unshare", "--mount"]),
        r"mount -t tmpfs t /mnt; touch /mnt/m; for try in 1 2 3 4 5 6 7 8 9; do
             unshare --mount=/mnt/m sh -c 'mount -t tmpfs t /media; touch /media/u;
               unshare --uts=/media/u true; stat -L -c %i /media/u >/mnt/inode' 2>/dev/null && break
           done",
    );
    let read = |path: &str| std::fs::read_to_string(there.proc(path)).unwrap_or_default();
    let Ok(inode) = read("root/mnt/inode").trim().parse() else {
        return Err(Skip::Lacks("the kernel binds no mount namespace here".into()));
    };
    let pin = std::fs::metadata(there.proc("root/mnt/m")).expect("it is there");
    let mnt = std::os::unix::fs::MetadataExt::ino(&pin);
    held_by(inode, &[format!("pin /media/u in mnt:[{mnt}]")]);
    held_by(mnt, &[format!("pin /mnt/m in mnt:[{}]", there.inode("mnt"))]);
    Ok(())
}

fn a_user_namespace_with_nothing_but_a_child_is_found() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "unshare", "-r"]), "");
    let inode = there.inode("user");
    let listed = rows(user.program("ns-ls").with(COLUMNS));
    let own = row(&listed, inode);
    let parent = row(&listed, own["pns"].as_u64().expect("it has a parent"));
    assert_ne!(parent["ns"], inode_of("/proc/self/ns/user"));
    assert_eq!((&parent["nprocs"], &parent["pid"]), (&json!(0), &Value::Null));
    let held = parent["held-by"].as_array().expect("an array");
    assert!(held.contains(&json!(format!("child user:[{inode}]"))), "{held:?}");
    assert_eq!(parent["pns"], inode_of("/proc/self/ns/user"));
    assert_eq!(parent["user"], user.name);
    if nix::unistd::geteuid().is_root() {
        check_named(&parent);
    }
    Ok(())
}

fn a_namespace_that_only_a_path_descriptor_holds_is_found() -> Outcome {
    needs::root()?;
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    check_only_a_descriptor_holds(|file| rustix::fs::open(file, flags, Mode::empty()));
    Ok(())
}

fn a_namespace_that_only_a_detached_mount_holds_is_found() -> Outcome {
    needs::whole_root()?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    check_only_a_descriptor_holds(|file| rustix::mount::open_tree(CWD, file, flags));
    Ok(())
}

/// Opens a namespace file in a way that gives no ordinary descriptor, and ends the only process in the namespace.
#[track_caller]
fn check_only_a_descriptor_holds(open: impl FnOnce(&str) -> rustix::io::Result<OwnedFd>) {
    let there = Held::new(tool("unshare").arg("-u"), "");
    let inode = there.inode("uts");
    let file = open(&there.proc("ns/uts")).expect("it lives");
    drop(there);
    let holder = format!("descriptor {} of process {}", file.as_raw_fd(), own_pid());
    let row = held_by(inode, &[holder]);
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
}

fn a_mount_namespace_that_nothing_readable_holds_is_found() -> Outcome {
    needs::list_of_kernel()?;
    let there = Held::new(tool("unshare").arg("--mount"), "");
    let inode = there.inode("mnt");
    let file = File::open(there.proc("ns/mnt")).expect("it lives");
    let on_its_way = in_flight(file);
    drop(there);
    let row = held_by(inode, &[]);
    assert_eq!((&row["nprocs"], &row["holders"]), (&json!(0), &json!(0)));
    assert_eq!(row["ons"], inode_of("/proc/self/ns/user"));
    drop(on_its_way);
    Ok(())
}

fn only_the_chosen_places_are_searched() -> Outcome {
    needs::root()?;
    let there = elsewhere(CloneFlags::CLONE_NEWUTS, || ());
    let inode = inode_of(&format!("/proc/self/task/{}/ns/uts", there.tid));
    let shows = |places: &str| {
        let json = program("ns-ls")
            .args(["-J", "-o", "NS,THREADS", "--look", places])
            .ran()
            .json();
        let listed = json["namespaces"].as_array().expect("an array").clone();
        let found = listed.iter().any(|row| row["ns"] == inode);
        (found, json["not-looked"].clone(), listed[0]["threads"].is_null())
    };
    // The kernel lists the namespaces of all kinds since Linux 6.19.
    let lists_all = needs::linux(6, 19).is_ok();
    let not_told = if lists_all { json!([]) } else { json!(["kernel"]) };
    assert_eq!(shows("all"), (true, not_told, false));
    assert_eq!(
        shows("threads"),
        (true, json!(["descriptors", "pins", "kin", "kernel"]), false)
    );
    let not_told = if lists_all {
        json!(["threads"])
    } else {
        json!(["threads", "kernel"])
    };
    assert_eq!(shows("descriptors,pins,kin,kernel"), (false, not_told, true));
    let error = program("ns-ls").with("--look disks").fails(2);
    assert!(
        error.contains("--look") && error.contains("descriptors"),
        "{error}"
    );
    Ok(())
}

fn every_holder_of_a_namespace_is_listed() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").args(["--uts", "--fork"]), "");
    let file = File::open(there.proc("ns/uts")).expect("it lives");
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    let inode = there.inode("uts").to_string();
    for operand in [inode.clone(), format!("uts:[{inode}]"), there.proc("ns/uts")] {
        let list = || program("ns-ls").arg(&operand).ran().stdout;
        // Other programs may have it open for a moment.
        let text = (0..40).map(|_| list()).find(|text| text.lines().count() == 4);
        let text = text.unwrap_or_else(|| panic!("{}", list()));
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].split_whitespace().eq(["PID", "PPID", "USER", "COMMAND"]));
        // The child of the other namespace.
        assert!(lines[2].contains("└─sh -c"), "{text}");
        // A holder that is not a process has only a text.
        assert_eq!(
            lines[3].trim_start(),
            format!("descriptor {fd} of process {}", own_pid())
        );
        assert_eq!(lines[3].find("descriptor"), lines[1].find("unshare"), "{text}");
    }
    // Without a column for the text, only processes are listed, so that other programs can read them.
    for columns in ["PID", "PID,USER"] {
        for shape in ["", "-l", "-r"] {
            let ran = program("ns-ls").args([&inode, "-n", "-o", columns]).with(shape);
            assert_eq!(ran.stdout.lines().count(), 2, "{columns} {shape}");
        }
    }
    let held_by = program("ns-ls")
        .args([&inode, "-n", "-o", "HELD-BY"])
        .ran()
        .stdout;
    assert!(
        held_by
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("descriptor ")),
        "{held_by}"
    );
    let filtered = program("ns-ls")
        .args([&inode, "-n", "-Q", "PID == 0"])
        .ran()
        .stdout;
    assert_eq!(filtered, "");
    let json = program("ns-ls").args(["-J", &inode]).ran().json();
    let pids = json["namespaces"].as_array().expect("an array");
    assert_eq!(pids.len(), 2);
    assert_eq!(pids[1]["pid"], there.pid);
    let holders = json["holders"].as_array().expect("an array");
    assert!(
        holders.contains(&json!({"type": "descriptor", "pid": own_pid(), "fd": fd})),
        "{json}"
    );
    let error = program("ns-ls").with("4026539999").fails(1);
    assert!(
        error.starts_with("ns-ls: no namespace has the inode 4026539999"),
        "{error}"
    );
    Ok(())
}

fn many_descriptors_of_one_process_are_counted() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("--ipc"), "");
    let inode = there.inode("ipc");
    let open = || File::open(there.proc("ns/ipc")).expect("it lives");
    let few = [open(), open(), open()];
    let one_more = open();
    drop(there);
    held_by(inode, &["4 descriptors".into()]);
    drop(one_more);
    let mut fds = few.each_ref().map(std::os::fd::AsRawFd::as_raw_fd);
    fds.sort_unstable();
    held_by(
        inode,
        &fds.map(|fd| format!("descriptor {fd} of process {}", own_pid())),
    );
    Ok(())
}

fn a_pin_path_that_is_not_text_is_escaped() -> Outcome {
    needs::tools("mount");
    needs::whole_root()?;
    let there = Held::new(
        tool("unshare").arg("--mount"),
        r#"mount -t tmpfs t /mnt; pin=$(printf '/mnt/a\377'); touch "$pin"; unshare --uts="$pin" true
           stat -L -c %i "$pin" >/mnt/inode"#,
    );
    let inode = std::fs::read_to_string(there.proc("root/mnt/inode")).expect("it was written");
    let json = program("ns-ls").args(["-J", inode.trim()]).ran().json();
    let pin = json!({
        "type": "pin", "mnt": there.inode("mnt"), "path": "/mnt/a\u{fffd}", "path-bytes": "2f6d6e742f61ff",
    });
    assert_eq!(json["holders"], json!([pin]));
    Ok(())
}
