//! A process whose first thread has exited. It is alive: another thread is in its namespaces.

use nix::errno::Errno;

use crate::support::case::cases;
use crate::support::{
    Outcome, Run as _, Running, inode_of, last_descendant, needs, path_of, program, refusing_with, tool,
};

cases!["target::threads":
    a_process_without_its_first_thread_is_entered,
    a_process_without_its_first_thread_is_listed_with_all_its_namespaces,
    the_host_name_and_the_mounts_of_a_process_without_its_first_thread_are_read,
    what_only_a_process_without_its_first_thread_holds_is_found_and_opened,
    the_file_of_a_thread_that_has_exited_is_explained,
    the_id_of_the_living_thread_is_a_target,
];

/// The kinds of namespaces, and the words for each in links.
const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Opens its user namespace, and starts a second thread, which holds a socket of another network namespace, prints that namespace when the first
/// thread has exited, and waits for the end of stdin.
const WITHOUT_FIRST: &str = "\
import ctypes, os, socket, sys, threading
libc = ctypes.CDLL(None)
os.dup2(os.open('/proc/self/ns/user', os.O_RDONLY), 8)
own = os.open('/proc/self/ns/net', os.O_RDONLY)
assert libc.unshare(0x40000000) == 0
there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
os.dup2(there.fileno(), 9)
there.close()
link = os.readlink('/proc/thread-self/ns/net')
libc.setns(own, 0)
os.close(own)
def second():
    first = '/proc/%d/stat' % os.getpid()
    while ') Z ' not in open(first).read(): pass
    print(link, flush=True)
    sys.stdin.readline()
    os._exit(0)
threading.Thread(target=second).start()
libc.syscall(SYS_EXIT, 0)";

/// The process, in its own namespaces of all kinds, with the host name `two`, a file system on `/mnt`, where it works,
/// and the variable `ONLY`.
struct WithoutFirst {
    _running: Running,
    pid: String,
    tid: String,
    /// The network namespace of its descriptor 9.
    of_socket: u64,
}

impl WithoutFirst {
    fn start() -> Result<Self, crate::support::case::Skip> {
        needs::user_namespaces()?;
        needs::tools("hostname mount env");
        let python = needs::installed("python3")?;
        let text = WITHOUT_FIRST.replace("SYS_EXIT", &nix::libc::SYS_exit.to_string());
        let set_up = "hostname two; mount -t tmpfs of-two /mnt; cd /mnt; exec env ONLY=here \"$0\" -c \"$1\"";
        let mut command = program("ns-unshare");
        command
            .args(["-a", "--map-root-user", "--time", "sh", "-c", set_up])
            .arg(python)
            .arg(text);
        let mut running = Running::start(&mut command);
        let line = running.line();
        let of_socket = line.trim().trim_start_matches("net:[").trim_end_matches(']');
        let pid = last_descendant(running.pid().as_raw()).to_string();
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it is alive");
        let mut threads = threads.map(|entry| entry.expect("it is alive").file_name());
        let tid = threads.find(|name| *name != *pid).expect("it has two threads");
        Ok(Self {
            _running: running,
            pid,
            tid: tid.into_string().expect("a number"),
            of_socket: of_socket.parse().expect("a number"),
        })
    }

    /// The inode of its namespace, which the directory of the living thread shows.
    fn inode(&self, kind: &str) -> u64 {
        inode_of(&format!("/proc/{}/task/{}/ns/{kind}", self.pid, self.tid))
    }
}

fn a_process_without_its_first_thread_is_entered() -> Outcome {
    let two = WithoutFirst::start()?;
    needs::tools("readlink");
    for kind in KINDS {
        let link = format!("/proc/self/ns/{kind}");
        let ran = program("ns-enter")
            .args(["-t", &two.pid, "-a", "readlink", &link])
            .ran();
        // The /proc of the caller's PID namespace has no `self` for a process in another one.
        assert_eq!(ran.ok(), format!("{kind}:[{}]\n", two.inode(kind)));
    }
    let script = "pwd; echo $ONLY";
    let mut enter = program("ns-enter");
    enter.args(["-t", &two.pid, "-a", "-r", "-w", "-e", "sh", "-c", script]);
    assert_eq!(enter.ran().ok(), "/mnt\nhere\n");
    // Without a pidfd, and with few descriptors, other ways are used.
    let hostname = ["-t", &two.pid, "-a", "hostname"];
    let mut without = refusing_with(
        Errno::ENOSYS,
        nix::libc::SYS_pidfd_open,
        program("ns-enter").args(hostname),
    )?;
    assert_eq!(without.ran().ok(), "two\n");
    let enter = path_of("ns-enter").display();
    let text = format!("ulimit -n 32; exec {enter} -t {} -a hostname", two.pid);
    assert_eq!(tool("sh").args(["-c", &text]).ran().ok(), "two\n");
    let target = format!("{}:{}", two.pid, u64::MAX);
    let error = program("ns-enter")
        .args(["-t", &target, "-u", "true"])
        .ran()
        .fails(1);
    let refusal = if needs::inodes_of_pidfds().is_ok() {
        "does not have the pidfd inode"
    } else {
        "cannot be checked: all pidfds have the same inode"
    };
    assert!(error.contains(refusal), "{error}");
    Ok(())
}

fn a_process_without_its_first_thread_is_listed_with_all_its_namespaces() -> Outcome {
    let two = WithoutFirst::start()?;
    let mut list = program("ns-ls");
    list.args([
        "-J",
        "-p",
        &two.pid,
        "-o",
        "NS,TYPE,PATH,PID,NPROCS,THREADS,COMMAND",
    ]);
    let listed: serde_json::Value = serde_json::from_str(&list.ran().stdout).expect("JSON");
    let rows = listed["namespaces"].as_array().expect("an array");
    let mut kinds: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, KINDS, "{listed}");
    for row in rows {
        let kind = row["type"].as_str().expect("a text");
        assert_eq!(row["ns"], two.inode(kind));
        assert_eq!(
            row["path"],
            format!("/proc/{}/task/{}/ns/{kind}", two.pid, two.tid)
        );
        let command = row["command"].as_str().expect("a text");
        assert!(
            command.contains("python3") && command.contains("threading"),
            "{row}"
        );
        // The thread that has exited is left in these two.
        let threads = if matches!(kind, "user" | "pid") { 2 } else { 1 };
        // ns-unshare waits outside the PID namespace, and in none of these.
        assert_eq!(row["threads"], threads, "{row}");
    }
    // The namespace's own list has the process.
    let uts = format!("uts:[{}]", two.inode("uts"));
    let inside = program("ns-ls").args([&uts, "-n", "-o", "PID"]).ran().stdout;
    assert_eq!(inside.trim(), two.pid);
    Ok(())
}

fn the_host_name_and_the_mounts_of_a_process_without_its_first_thread_are_read() -> Outcome {
    let two = WithoutFirst::start()?;
    assert_eq!(program("ns-hostname").args(["-t", &two.pid]).ran().ok(), "two\n");
    let listed = program("ns-hostname")
        .args(["--list", "-n", "-o", "HOSTNAME,PID"])
        .ran()
        .stdout;
    let line = format!("two {}", two.pid);
    let mut lines = listed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(lines.any(|listed| listed == line), "{listed}");
    let mounts = |words: &[&str]| program("ns-mounts").args(words).ran().stdout;
    assert_eq!(
        mounts(&["-N", &two.pid, "-n", "-o", "SOURCE", "-S", "of-two"]),
        "of-two\n"
    );
    let all = mounts(&["--all-namespaces", "-n", "-S", "of-two"]);
    assert!(all.contains(&format!(" {}(python3)\n", two.pid)), "{all}");
    let stats = program("ns-mounts").args(["--stats", "-N", &two.pid]).ran();
    assert!(!stats.stderr.contains("cannot"), "{stats:?}");
    Ok(())
}

fn what_only_a_process_without_its_first_thread_holds_is_found_and_opened() -> Outcome {
    let two = WithoutFirst::start()?;
    if needs::linux(6, 9).is_err() {
        let target = ["-t", &two.pid, "-U", "-N", "9", "true"];
        let error = program("ns-enter").args(target).ran().fails(1);
        assert!(
            error.contains("get descriptor 9") && error.contains("Linux 6.9"),
            "{error}"
        );
        needs::linux(6, 9)?;
    }
    needs::tools("readlink");
    let link = format!("net:[{}]\n", two.of_socket);
    let mut enter = program("ns-enter");
    enter.args(["-t", &two.pid, "-U", "-N", "9", "readlink", "/proc/self/ns/net"]);
    assert_eq!(enter.ran().ok(), link);
    let target = format!("net:[{}]", two.of_socket);
    let row = program("ns-ls")
        .args([
            "-n",
            "-o",
            "HELD-BY",
            "-t",
            "net",
            "-Q",
            &format!("NS == {}", two.of_socket),
        ])
        .ran();
    assert_eq!(
        row.stdout,
        format!("socket 9 of thread {} of process {}\n", two.tid, two.pid),
        "{row:?}"
    );
    // The first thread still shows its own user namespace.
    let words = format!("descriptor 8 of thread {} of process {}", two.tid, two.pid);
    let ran = program("ns-ls").with("-q -n -l -t user --look descriptors -o HELD-BY");
    assert!(ran.stdout.contains(&words), "{words}: {ran:?}");
    if needs::root().is_ok() {
        let mut enter = program("ns-enter");
        enter.args([&format!("--net={target}"), "readlink", "/proc/self/ns/net"]);
        assert_eq!(enter.ran().ok(), link);
    }
    Ok(())
}

fn the_file_of_a_thread_that_has_exited_is_explained() -> Outcome {
    let two = WithoutFirst::start()?;
    let file = format!("/proc/{}/ns/uts", two.pid);
    let error = program("ns-hostname").args(["-t", &file]).ran().fails(1);
    let (pid, tid) = (&two.pid, &two.tid);
    assert_eq!(
        error,
        format!(
            "ns-hostname: \"{file}\" leads to no namespace any more\n  \
             cause: the first thread of process {pid} has exited; others are alive\n  \
             help:  use the file of another thread: /proc/{pid}/task/{tid}/ns/uts\n"
        )
    );
    let first = format!("/proc/{pid}/task/{pid}/ns/uts");
    assert_eq!(
        program("ns-hostname").args(["-t", &first]).ran().fails(1),
        error.replace(&file, &first)
    );
    let file = format!("/proc/{pid}/task/{tid}/ns/uts");
    assert_eq!(program("ns-hostname").args(["-t", &file]).ran().ok(), "two\n");
    // A file that never was is none that leads nowhere any more.
    let missing = format!("/proc/{pid}/task/{tid}/ns/nosuch");
    let error = program("ns-hostname").args(["-t", &missing]).ran().fails(1);
    let expected = format!("ns-hostname: \"{missing}\" does not exist\n");
    assert!(error.starts_with(&expected), "{error}");
    Ok(())
}

fn the_id_of_the_living_thread_is_a_target() -> Outcome {
    let two = WithoutFirst::start()?;
    // People copy PIDs with blanks around them.
    let tid = format!(" {}\n", two.tid);
    assert_eq!(
        program("ns-enter")
            .args(["-t", &tid, "-a", "hostname"])
            .ran()
            .ok(),
        "two\n"
    );
    assert_eq!(program("ns-hostname").args(["-t", &tid]).ran().ok(), "two\n");
    let uts = program("ns-ls")
        .args(["-n", "-o", "NS", "-t", "uts", "-p", &tid])
        .ran()
        .stdout;
    assert_eq!(uts.trim(), two.inode("uts").to_string());
    let mounts = program("ns-mounts")
        .args(["-n", "-o", "SOURCE", "-l", "-S", "of-two", "-N", &tid])
        .ran();
    assert_eq!(mounts.ok(), "of-two\n");
    // Each program takes a process in place of a namespace.
    let inside = program("ns-ls")
        .args(["-n", "-o", "PID", "-t", "uts", &tid])
        .ran()
        .stdout;
    assert_eq!(inside.trim(), two.pid);
    Ok(())
}
