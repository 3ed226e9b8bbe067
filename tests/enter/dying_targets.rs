//! Targets that end while they are entered, and reused PIDs.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, User, needs, program, tool};

cases!["enter::dying_targets":
    each_entry_reaches_its_target_or_fails_cleanly,
    the_namespaces_are_those_of_one_moment,
];

/// The target enters two namespaces at once, after one of its old ones was opened and before the other.
fn the_namespaces_are_those_of_one_moment() -> Outcome {
    needs::root()?;
    needs::tools("unshare");
    let mut target = Running::start(tool("sh").args([
        "-c",
        "echo; read -r _; exec unshare -u -i sh -c 'echo; exec sleep 1000'",
    ]));
    target.line();
    let pid = target.pid();
    let places = move || {
        ["uts", "ipc"].map(|kind| {
            let link = std::fs::read_link(format!("/proc/{pid}/ns/{kind}")).expect("it lives");
            format!("{}\n", link.display())
        })
    };
    let before = places().concat();
    // ns-enter stops once it has opened the first namespace, and goes on when the target is in others.
    let mut command = tool("strace");
    command.args(["-qq", "-P", "ns/uts", "-P", "ns/ipc"]);
    command.args(["-e", "inject=openat:signal=SIGSTOP:when=1"]);
    command.arg(program("ns-enter").get_program());
    command.args(["-t", &pid.to_string(), "-u", "-i"]);
    command.args(["readlink", "/proc/self/ns/uts", "/proc/self/ns/ipc"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut entering = command.spawn().expect("strace runs");
    let mut told = BufReader::new(entering.stderr.take().expect("it is a pipe")).lines();
    let is_stopped = told.any(|line| line.is_ok_and(|line| line.contains("stopped by SIGSTOP")));
    assert!(is_stopped, "ns-enter opens a namespace by its path");
    target.say("\n");
    target.line();
    let children = format!("/proc/{0}/task/{0}/children", entering.id());
    let child = std::fs::read_to_string(children).expect("it lives");
    let child = child.trim().parse().expect("it has one child");
    kill(Pid::from_raw(child), Signal::SIGCONT).expect("it is stopped");
    told.for_each(drop);
    let entered =
        String::from_utf8(entering.wait_with_output().expect("it ends").stdout).expect("it is text");
    let after = places().concat();
    assert_ne!(before, after);
    assert!(
        entered == before || entered == after,
        "{entered} of {before} and {after}"
    );
    Ok(())
}

/// Runs in a PID namespace with few PIDs: creates short-lived targets, and enters each while it dies. The target has
/// the inode of the pidfd, so the next process with that PID is not the target.
const SCRIPT: &str = r#"
echo 400 >/proc/sys/kernel/pid_max 2>/dev/null
own=$(readlink /proc/self/ns/uts)
work() {
    made=/mnt/made-$1 said=/mnt/said-$1 seen=/mnt/seen-$1 entered=0 failed=0 wrong=0 round=0
    while [ $((round += 1)) -le 500 ]; do
        "$UNSHARE" -u readlink /proc/self/ns/uts >$made &
        target=$!
        "$ENTER" -t $target -u readlink /proc/self/ns/uts >$seen 2>$said
        status=$?
        wait $target
        there= inside=
        read -r there <$made; read -r inside <$seen
        # Before it has made its namespace it is where its parent is.
        if [ $status = 0 ] && { [ "$inside" = "$there" ] || [ "$inside" = "$own" ]; }; then entered=$((entered + 1))
        elif [ $status = 1 ] && grep -qE "process $target (has ended|does not exist)" $said; then failed=$((failed + 1))
        else wrong=$((wrong + 1)); echo "$status: $inside: $(cat $said)" >&2
        fi
    done
    echo $entered $failed $wrong >/mnt/result-$1
}
work 1 & work 2 & wait
cat /mnt/result-1 /mnt/result-2
"#;

fn each_entry_reaches_its_target_or_fails_cleanly() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let user = User::ordinary()?;
    let mut command = user.program("ns-unshare");
    let (unshare, enter) = (user.program("ns-unshare"), user.program("ns-enter"));
    command
        .env("UNSHARE", unshare.get_program())
        .env("ENTER", enter.get_program())
        .args(["-r", "-m", "-p", "--mount-proc", "sh", "-c"])
        .arg(format!("mount -t tmpfs none /mnt; {SCRIPT}"));
    let ran = command.ran();
    let counts: Vec<u32> = ran
        .stdout
        .split_whitespace()
        .map(|count| count.parse().expect("a number"))
        .collect();
    let [entered, failed, wrong, also_entered, also_failed, also_wrong] = *counts else {
        panic!("{ran:?}")
    };
    assert_eq!((wrong, also_wrong), (0, 0), "{ran:?}");
    assert_eq!(entered + failed + also_entered + also_failed, 1000, "{ran:?}");
    Ok(())
}
