//! Every place that can keep a namespace alive, each with a namespace that only this place holds.

use std::fs::File;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc;
use std::thread;

use nix::sched::{CloneFlags, unshare};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::OpenTreeFlags;
use serde_json::{Value, json};

use super::holders::{COLUMNS, check_named, found, held_by, own_pid};
use super::{row, rows};
use crate::support::case::{Skip, cases};
use crate::support::{
    Held, Outcome, Run as _, Running, User, in_flight, inode_of, needs, program, refusing, tool,
};

cases!["ls::places":
    a_namespace_that_only_a_thread_is_in_is_found,
    a_namespace_that_only_a_descriptor_holds_is_found,
    a_network_namespace_that_only_a_socket_holds_is_found,
    a_network_namespace_that_only_a_tun_device_holds_is_found,
    a_namespace_that_only_a_table_of_a_thread_holds_is_found,
    a_table_that_threads_share_is_listed_once,
    a_pid_namespace_without_a_first_process_is_found,
    a_time_namespace_for_future_children_is_found,
    namespaces_for_the_future_children_of_a_thread_are_found,
    a_user_namespace_with_nothing_but_a_child_is_found,
    a_namespace_that_only_a_path_descriptor_holds_is_found,
    a_namespace_that_only_a_detached_mount_holds_is_found,
    a_mount_namespace_that_nothing_readable_holds_is_found,
    only_the_chosen_places_are_searched,
    every_holder_of_a_namespace_is_listed,
    many_descriptors_of_one_process_are_counted,
];

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
        assert_eq!(row["id"].is_u64(), needs::ids_of_every_kind().is_ok(), "{row}");
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
    wait_until_gone(tid);
    let row = held_by(inode, &[words]);
    assert_eq!((&row["nprocs"], &row["threads"]), (&json!(0), &json!(0)));
    drop(made);
    Ok(())
}

fn a_network_namespace_that_only_a_tun_device_holds_is_found() -> Outcome {
    needs::root()?;
    if !std::path::Path::new("/dev/net/tun").exists() {
        return Err(Skip::Lacks("there is no /dev/net/tun".into()));
    }
    let there = elsewhere(CloneFlags::CLONE_NEWNET, || {
        let inode = inode_of(&format!("/proc/self/task/{}/ns/net", nix::unistd::gettid()));
        let mut options = File::options();
        (inode, options.read(true).write(true).open("/dev/net/tun"))
    });
    let (inode, ref device) = there.made;
    let Ok(device) = device.as_ref().map(AsRawFd::as_raw_fd) else {
        return Err(Skip::Lacks("this kernel has no TUN devices".into()));
    };
    let Elsewhere { tid, made, end } = there;
    drop(end);
    wait_until_gone(tid);
    let row = held_by(
        inode,
        &[format!("TUN descriptor {device} of process {}", own_pid())],
    );
    assert_eq!((&row["nprocs"], &row["threads"]), (&json!(0), &json!(0)));
    let inside = program("ns-ls").args(["-J", &inode.to_string()]).ran().json();
    assert_eq!(
        inside["holders"],
        json!([{"type": "tun", "pid": own_pid(), "fd": device}])
    );
    drop(made);
    Ok(())
}

/// Waits for the end of a thread of this process.
fn wait_until_gone(tid: i32) {
    while std::path::Path::new(&format!("/proc/self/task/{tid}")).exists() {
        thread::yield_now();
    }
}

/// A thread with a table of descriptors of its own opens the file that is the argument.
const OWN_TABLE: &str = "\
import ctypes, os, sys, threading
def own():
    assert ctypes.CDLL(None).unshare(0x400) == 0
    print(os.open(sys.argv[1], os.O_RDONLY), threading.get_native_id(), flush=True)
    sys.stdin.readline()
threading.Thread(target=own).start()";

fn a_namespace_that_only_a_table_of_a_thread_holds_is_found() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("-u"), "");
    let inode = there.inode("uts");
    let mut python = tool(needs::installed("python3")?);
    let mut running = Running::start(python.args(["-c", OWN_TABLE, &there.proc("ns/uts")]));
    let line = running.line();
    let (fd, tid) = line.trim().split_once(' ').expect("two numbers");
    let [fd, tid]: [i32; 2] = [fd, tid].map(|number| number.parse().expect("a number"));
    let pid = running.pid().as_raw();
    drop(there);
    let words = format!("descriptor {fd} of thread {tid} of process {pid}");
    held_by(inode, std::slice::from_ref(&words));
    let inside = program("ns-ls").args(["-J", &inode.to_string()]).ran().json();
    let holder = json!({"type": "descriptor", "pid": pid, "tid": tid, "fd": fd});
    assert_eq!(inside["holders"], json!([holder]));
    check_without_kcmp(inode, &words)
}

/// A kernel may lack kcmp(2), or refuse it: then each table is read.
#[track_caller]
fn check_without_kcmp(inode: u64, words: &str) -> Outcome {
    let list = ["-J", "-o", "NS,TYPE,HELD-BY"];
    let mut without = refusing(nix::libc::SYS_kcmp, program("ns-ls").args(list))?;
    assert_eq!(row(&rows(without.ran()), inode)["held-by"], json!([words]));
    Ok(())
}

fn a_table_that_threads_share_is_listed_once() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("-u"), "");
    let (inode, file) = (
        there.inode("uts"),
        File::open(there.proc("ns/uts")).expect("it lives"),
    );
    drop(there);
    let _others = [(); 2].map(|()| elsewhere(CloneFlags::empty(), || ()));
    let words = format!("descriptor {} of process {}", file.as_raw_fd(), own_pid());
    held_by(inode, std::slice::from_ref(&words));
    check_without_kcmp(inode, &words)
}

fn a_pid_namespace_without_a_first_process_is_found() -> Outcome {
    needs::root()?;
    needs::linux(6, 11)?;
    // Without --fork, the shell itself stays outside, and creates no child.
    let there = Held::new(tool("unshare").arg("--pid"), "");
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
    // Before its first process, older kernels do not show the PID namespace.
    let kinds = if needs::linux(6, 11).is_ok() {
        &["pid", "time"][..]
    } else {
        &["time"]
    };
    for kind in kinds {
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
    // The kernel's list has it too.
    assert_eq!(shows("descriptors,pins,kin,kernel"), (lists_all, not_told, true));
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
    assert!(error.contains("the inode 4026539999"), "{error}");
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
