//! Processes where there are no pidfds: before Linux 5.3, and under a filter of system calls that refuses them.

use std::process::Command;

use nix::errno::Errno;

use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Ran, Run as _, Running, needs, program, refusing_with, tool};

cases!["target::pidfds":
    a_missing_pidfd_open_stops_no_launch,
    a_process_is_entered_without_a_pidfd,
    what_needs_a_pidfd_is_refused_without_one,
    a_thread_is_a_target_with_and_without_a_pidfd,
    zombies_are_told_from_processes_without_a_pidfd,
    the_number_of_another_pid_namespace_is_refused_without_a_pidfd,
    a_watched_process_may_end_without_a_pidfd,
    a_pid_that_is_reused_meanwhile_is_not_the_target,
    an_inode_that_all_pidfds_have_identifies_nobody,
];

/// This command under a filter that answers `pidfd_open(2)` with this error.
fn without(errno: Errno, command: &Command) -> Result<Command, Skip> {
    refusing_with(errno, nix::libc::SYS_pidfd_open, command)
}

/// What one of our programs does with these words, without pidfds.
fn ran(name: &str, words: &[&str]) -> Result<Ran, Skip> {
    Ok(without(Errno::ENOSYS, program(name).args(words))?.ran())
}

fn a_missing_pidfd_open_stops_no_launch() -> Outcome {
    needs::user_namespaces()?;
    for words in [
        &["-U", "-f"][..],
        &["-r", "-p"],
        &["-r", "--init"],
        &["-U", "--kill-child"],
        &["-r", "--pid-file=/dev/null"],
        &["-f", "--map-users=0:0:1"],
    ] {
        if words[1].starts_with("--map-users") && needs::root().is_err() {
            // Only root may map uid 0 of the machine.
            continue;
        }
        for errno in [Errno::EPERM, Errno::ENOSYS] {
            let mut command = without(errno, program("ns-unshare").args(words).args(["echo", "ran"]))?;
            assert_eq!(command.ran().ok(), "ran\n", "{words:?} {errno}");
        }
    }
    let unshare = crate::support::path_of("ns-unshare");
    let text = format!("exec {} -r -f --info-fd 3 true 3>&1", unshare.display());
    let info = without(Errno::ENOSYS, tool(needs::installed("sh")?).args(["-c", &text]))?
        .ran()
        .ok();
    let info: serde_json::Value = serde_json::from_str(&info).expect("it is JSON");
    assert!(info["pidfd-inode"].is_null() && info["pid"].is_number(), "{info}");
    Ok(())
}

fn a_process_is_entered_without_a_pidfd() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("bash");
    let held = Held::new(program("ns-unshare").args(["-r", "-u", "-n", "-m"]), "");
    let pid = held.pid.to_string();
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        for kind in ["uts", "net", "mnt", "user"] {
            let mut command = program("ns-enter");
            command.args(["-t", &pid, "readlink", &format!("/proc/self/ns/{kind}")]);
            let seen = without(errno, &command)?.ran().ok();
            assert_eq!(seen, format!("{kind}:[{}]\n", held.inode(kind)), "{errno}");
        }
    }
    // With few descriptors, a pidfd would serve for all namespaces.
    let enter = crate::support::path_of("ns-enter").display();
    let text = format!("ulimit -n 32; exec {enter} -t {pid} readlink /proc/self/ns/uts");
    let seen = without(Errno::ENOSYS, tool(needs::installed("bash")?).args(["-c", &text]))?
        .ran()
        .ok();
    assert_eq!(seen, format!("uts:[{}]\n", held.inode("uts")));
    let name = ran("ns-hostname", &["-t", &pid])?.ok();
    assert_eq!(name, program("ns-hostname").ran().ok());
    assert!(
        ran("ns-mounts", &["-n", "-o", "TARGET", "-N", &pid, "/proc"])?
            .ok()
            .contains("/proc")
    );
    Ok(())
}

fn what_needs_a_pidfd_is_refused_without_one() -> Outcome {
    let held = Held::new(&mut tool("env"), "");
    // Without a pidfd nobody knows its inode.
    let error = ran("ns-enter", &["-t", &format!("{}:4711", held.pid), "-n", "true"])?.fails(1);
    let expected = format!(
        "ns-enter: {0}:4711 cannot be checked: it has no pidfd\n  \
         cause: the kernel or a filter of system calls refuses pidfd_open(2)\n",
        held.pid
    );
    assert_eq!(error, expected);
    Ok(())
}

fn a_thread_is_a_target_with_and_without_a_pidfd() -> Outcome {
    needs::root()?;
    needs::tools("readlink");
    // What the filter needs may be missing.
    without(Errno::EPERM, &program("ns-enter"))?;
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            // Only this thread gets another namespace.
            nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWUTS).expect("root may");
            tell.send(nix::unistd::gettid()).expect("it is received");
            // Until the other end is dropped.
            let _ = ended.recv();
        });
        let tid = told.recv().expect("it is sent").to_string();
        let file = format!("/proc/{tid}/ns/uts");
        let namespace = std::fs::read_link(file).expect("the thread is alive");
        let wanted = format!("{}\n", namespace.display());
        assert_ne!(
            namespace,
            std::fs::read_link("/proc/self/ns/uts").expect("it has one")
        );
        let words = ["-t", &tid, "-u", "readlink", "/proc/self/ns/uts"];
        let with = program("ns-enter").args(words).ran().ok();
        assert_eq!(with, wanted);
        for errno in [Errno::EPERM, Errno::ENOSYS, Errno::EINVAL] {
            let without = without(errno, program("ns-enter").args(words)).map(|mut it| it.ran().ok());
            assert_eq!(without.as_ref().ok(), Some(&wanted), "{errno}");
        }
        let mut listed = program("ns-ls");
        let listed = listed
            .args(["-n", "-t", "uts", "-o", "NS", "-p", &tid])
            .ran()
            // Other processes may be unreadable, which is a note.
            .stdout;
        assert!(wanted.contains(&format!("[{}]", listed.trim())), "{listed}");
        assert!(program("ns-hostname").args(["-t", &tid]).ran().status == 0);
        assert!(program("ns-mounts").args(["-N", &tid, "/"]).ran().status == 0);
        drop(end);
    });
    Ok(())
}

fn zombies_are_told_from_processes_without_a_pidfd() -> Outcome {
    // Nobody has waited for it yet.
    let mut child = tool("true")
        .stdin(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    let pid = child.id().to_string();
    while !std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z ")) {
        std::thread::yield_now();
    }
    let zombie = ran("ns-enter", &["-t", &pid, "-n", "true"]);
    child.wait().expect("it has ended");
    let error = zombie?.fails(1);
    assert!(error.contains(&format!("process {pid} has ended")), "{error}");
    let error = ran("ns-enter", &["-t", &pid, "-n", "true"])?.fails(1);
    assert!(
        error.contains(&format!("process {pid} does not exist")),
        "{error}"
    );
    Ok(())
}

fn the_number_of_another_pid_namespace_is_refused_without_a_pidfd() -> Outcome {
    needs::user_namespaces()?;
    // /proc has the numbers of the PID namespace outside.
    let mut enter = program("ns-enter");
    let enter = without(Errno::ENOSYS, enter.args(["-t", "1", "-n", "true"]))?;
    let mut command = program("ns-unshare");
    command
        .args(["-r", "-p"])
        .arg(enter.get_program())
        .args(enter.get_args());
    let error = command.ran().fails(1);
    assert!(
        error.starts_with(
            "ns-enter: process 1 is not the one that has this PID in /proc\n  cause: /proc belongs to"
        ),
        "{error}"
    );
    Ok(())
}

fn a_watched_process_may_end_without_a_pidfd() -> Outcome {
    needs::user_namespaces()?;
    let held = Held::new(program("ns-unshare").args(["-r", "-m"]), "");
    let pid = held.pid.to_string();
    let mut command = without(Errno::ENOSYS, program("ns-mounts").args(["--poll", "-N", &pid]))?;
    let running = Running::start(&mut command);
    let place = format!("/proc/{}/wchan", running.pid());
    while !std::fs::read_to_string(&place).is_ok_and(|place| place.contains("poll")) {
        std::thread::yield_now();
    }
    drop(held);
    running.wait_for_end();
    Ok(())
}

/// In a PID namespace: ends the target while `ns-enter` is held up after it has opened its pidfd, and gives its PID to
/// another process.
const REUSE: &str = r#"
    sleep 1000 & target=$!
    strace -qq -o /dev/null -e trace=pidfd_open -e inject=pidfd_open:delay_exit=2s \
        "$ENTER" -t $target -u echo entered 2>&1 & enter=$!
    until [ -d /proc/$enter/fdinfo ] && grep -qs "^Pid:.$target$" /proc/[0-9]*/fdinfo/*; do :; done
    kill -9 $target; wait $target 2>/dev/null
    echo $((target - 1)) >/proc/sys/kernel/ns_last_pid
    sleep 1000 & other=$!
    wait $enter; echo $? $((other - target)); kill $other
"#;

fn a_pid_that_is_reused_meanwhile_is_not_the_target() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    let mut command = program("ns-unshare");
    let enter = program("ns-enter").get_program().to_owned();
    command
        .env("ENTER", enter)
        .args(["-r", "-m", "-p", "--mount-proc", "sh", "-c", REUSE]);
    let text = command.ran().stdout;
    let (message, rest) = text.split_once('\n').expect("it says why");
    assert!(
        message.starts_with("ns-enter: process ") && message.ends_with(" has ended"),
        "{text}"
    );
    assert_eq!(rest, "1 0\n");
    Ok(())
}

fn an_inode_that_all_pidfds_have_identifies_nobody() -> Outcome {
    if needs::inodes_of_pidfds().is_ok() {
        return Err(Skip::Lacks(
            "pidfds have inodes of their own since Linux 6.9".into(),
        ));
    }
    let held = Held::new(&mut tool("env"), "");
    let pidfd = rustix::process::pidfd_open(
        rustix::process::Pid::from_raw(held.pid).expect("a PID"),
        rustix::process::PidfdFlags::empty(),
    );
    let inode = rustix::fs::fstat(pidfd.expect("it lives"))
        .expect("it is open")
        .st_ino;
    let error = program("ns-enter")
        .args(["-t", &format!("{}:{inode}", held.pid), "-n", "true"])
        .ran()
        .fails(1);
    let expected = format!(
        "ns-enter: {0}:{inode} cannot be checked: all pidfds have the same inode\n  \
         cause: pidfds have inodes of their own since Linux 6.9\n  \
         help:  to accept any process with this PID, write {0}\n",
        held.pid
    );
    assert_eq!(error, expected);
    Ok(())
}
