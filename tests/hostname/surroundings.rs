//! Surroundings: early at boot, hidden processes, and a parent that waits for no child.

use super::{container, container_of, names};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["hostname::surroundings":
    at_boot_there_is_no_proc_yet,
    a_directory_that_looks_like_proc_is_none,
    a_name_that_was_set_is_said_to_be_set,
    an_error_says_that_proc_hides_processes,
    a_pid_is_not_taken_for_another_one_in_proc,
    a_caller_that_ignores_its_children_changes_nothing,
    a_container_is_entered_in_one_call_with_its_user_namespace,
];

fn at_boot_there_is_no_proc_yet() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("hostname");
    std::fs::write(&file, "from-a-file\n").expect("it is ours");
    let run = |script: &str| {
        tool("unshare")
            .args(["--mount", "--uts", "sh", "-ec"])
            .arg(format!("mount -t tmpfs none /proc; {script}"))
            .arg("sh")
            .arg(program("ns-hostname").get_program())
            .arg(&file)
            .ran()
    };
    assert_eq!(
        run(r#""$1" -b -F "$2"; "$1"; "$1" web-1.example --nis corp; "$1" -s; "$1" -y"#).ok(),
        "from-a-file\nweb-1\ncorp\n"
    );
    let shown = run(r#""$1" web-1; "$1" -J"#).json();
    // Without /proc, the kernel tells the inode since Linux 6.11, and the id since 6.18.
    for (key, since) in [("ns", 11), ("id", 18)] {
        assert_eq!(shown[key].is_u64(), needs::linux(6, since).is_ok(), "{shown}");
    }
    assert_eq!(
        (&shown["own"], &shown["hostname"], &shown["domain"]),
        (&true.into(), &"web-1".into(), &serde_json::Value::Null)
    );
    let said = run(r#""$1" -v web-1; "$1""#);
    assert_eq!((said.status, &*said.stdout), (0, "web-1\n"), "{said:?}");
    // The namespace comes first if the kernel tells it.
    let (_, set) = said
        .stderr
        .split_once("host name 'web-1': ")
        .expect("it is reported");
    let without = "  cause: no proc file system is mounted on /proc here\n  \
                   help:  mount -t proc proc /proc, or enter this root with --mount-proc\n";
    assert!(
        set.starts_with("set\nns-hostname: note: \"/proc/self/ns/"),
        "{set}"
    );
    assert!(set.ends_with(without), "{set}");
    for words in ["--watch", "--watch -w 0 --list"] {
        let refused = run(&format!("exec \"$1\" {words}")).fails(1);
        let open = "ns-hostname: cannot open /proc/sys/kernel/hostname: No such file or directory\n";
        assert_eq!(refused, format!("{open}{without}"));
    }
    if needs::linux(6, 19).is_err() {
        let refused = run(r#"exec "$1" --list"#).fails(1);
        assert_eq!(
            refused,
            format!("ns-hostname: \"/proc/self/ns/mnt\" does not exist\n{without}")
        );
    }
    assert_eq!(
        run(r#""$1" -t 1 || test $? = 1"#).stderr,
        "ns-hostname: process 1 is not in /proc\n  cause: no proc file system is mounted on /proc here\n  \
         help:  mount -t proc proc /proc, or enter this root with --mount-proc\n"
    );
    Ok(())
}

fn an_error_says_that_proc_hides_processes() -> Outcome {
    needs::tools("mount setpriv");
    needs::root()?;
    let user = User::ordinary()?;
    let own = std::process::id().to_string();
    for (name, option) in [("ns-hostname", "-t"), ("ns-mounts", "-N"), ("ns-ls", "-p")] {
        let script = "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid \"$1\" --regid \"$1\" \
                      --clear-groups \"$2\" \"$3\" \"$4\"";
        let error = tool("unshare")
            .args(["--mount", "sh", "-c", script, "sh", &user.id.to_string()])
            .arg(user.program(name).get_program())
            .args([option, &own])
            .ran()
            .fails(1);
        assert_eq!(
            error,
            format!(
                "{name}: process {own} is not in /proc\n  cause: /proc hides the processes of others (hidepid)\n  \
                 help:  run it as root (sudo)\n"
            )
        );
    }
    Ok(())
}

fn a_pid_is_not_taken_for_another_one_in_proc() -> Outcome {
    needs::root()?;
    // The program is PID 1 itself, and /proc shows the PID 1 of the PID namespace above.
    for (name, option) in [("ns-hostname", "-t"), ("ns-mounts", "-N"), ("ns-ls", "-p")] {
        let error = tool("unshare")
            .args(["--pid", "--fork"])
            .arg(program(name).get_program())
            .args([option, "1"])
            .ran()
            .fails(1);
        assert_eq!(
            error,
            format!(
                "{name}: process 1 is not the one that has this PID in /proc\n  cause: /proc belongs to another PID namespace\n  help:  mount a /proc for this PID namespace: ns-unshare --mount-proc\n"
            )
        );
    }
    Ok(())
}

fn a_caller_that_ignores_its_children_changes_nothing() -> Outcome {
    let there = container("web-1", "corp");
    let ignoring = |words: &str| {
        tool("env")
            .arg("--ignore-signal=CHLD")
            .arg(program("ns-hostname").get_program())
            .with(words)
    };
    let pid = there.pid;
    assert_eq!(ignoring(&format!("-t {pid}")).ok(), "web-1\n");
    assert_eq!(ignoring(&format!("-t {pid} web-2")).ok(), "");
    assert_eq!(names(pid), ("web-2\n".into(), "corp\n".into()));
    let list = ignoring(&format!("--list --json -t {pid} -o HOSTNAME")).json();
    assert_eq!(list["namespaces"], serde_json::json!([{"hostname": "web-2"}]));
    Ok(())
}

fn a_container_is_entered_in_one_call_with_its_user_namespace() -> Outcome {
    needs::user_namespaces()?;
    needs::installed("strace")?;
    let user = User::ordinary()?;
    let there = container_of(user, "web-1");
    for (words, answer) in [
        (format!("-t {}", there.pid), "web-1\n"),
        (format!("--list -n -o HOSTNAME -t {}", there.pid), "web-1\n"),
        (format!("-t {} web-1.example", there.pid), ""),
    ] {
        let directory = tempfile::tempdir().expect("a directory can be made");
        std::os::unix::fs::chown(directory.path(), Some(user.id), Some(user.id)).expect("it is ours");
        // There is one trace file for each process. In a common file, a call can be split into two lines.
        let ran = user
            .tool("strace")
            .args(["-ff", "-qq", "-e", "trace=setns", "-o"])
            .arg(directory.path().join("log"))
            .arg(user.program("ns-hostname").get_program())
            .with(&words);
        assert_eq!((ran.status, &*ran.stdout), (0, answer), "{ran:?}");
        let logs = directory.path().read_dir().expect("it is there").flatten();
        let logs: Vec<_> = logs
            .map(|log| std::fs::read_to_string(log.path()).expect("it is text"))
            .collect();
        // Entering the UTS namespace alone is not permitted. Entering both at once is.
        let is_refused = |call: &str| call.contains("EPERM") && !call.contains("CLONE_NEWUSER");
        let is_entered = |call: &str| {
            call.ends_with("= 0") && call.contains("CLONE_NEWUSER") && call.contains("CLONE_NEWUTS")
        };
        let entered_at_once = |log: &String| {
            let calls: Vec<_> = log.lines().filter(|line| line.contains("setns(")).collect();
            calls
                .windows(2)
                .any(|pair| is_refused(pair[0]) && is_entered(pair[1]))
        };
        assert!(logs.iter().any(entered_at_once), "{words}: {logs:?}");
    }
    Ok(())
}

fn a_directory_that_looks_like_proc_is_none() -> Outcome {
    needs::tools("mount mkdir touch");
    needs::root()?;
    let cause = "  cause: no proc file system is mounted on /proc here\n";
    for name in ["ns-hostname", "ns-enter"] {
        let script = "sleep 1000 & mount -t tmpfs none /proc; mkdir -p /proc/self /proc/$!/ns; \
                      for kind in cgroup ipc mnt net pid time user uts; do touch /proc/$!/ns/$kind; done; \
                      \"$1\" -t $! true; status=$?; kill $!; exit $status";
        let mut command = tool("unshare");
        command.args(["--mount", "--uts", "sh", "-c", script, "sh"]);
        let error = command.arg(program(name).get_program()).ran().fails(1);
        assert!(error.contains(cause), "{name}: {error}");
    }
    Ok(())
}

fn a_name_that_was_set_is_said_to_be_set() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("--uts"), "");
    let set = |fault: &str, name: &str| {
        let mut command = tool("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
        let command = command.arg(program("ns-hostname").get_program());
        let ran = command.args(["-t", &there.pid.to_string(), name]).ran();
        let now = program("ns-hostname").with(&format!("-t {}", there.pid)).ok();
        assert_eq!(now, format!("{name}\n"), "{fault}: {ran:?}");
        ran
    };
    assert_eq!(set("wait4:error=EPERM:when=1", "web-1").status, 0);
    // It cannot be read again either.
    let error = set("wait4:error=EPERM", "web-2").fails(1);
    assert!(
        error.contains("  note:  the names may have been set\n"),
        "{error}"
    );
    Ok(())
}
