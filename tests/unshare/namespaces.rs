//! New namespaces of the chosen kinds, the program in them, and its status.

use std::process::Command;

use super::{Who, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, inode_of, needs};

cases!["unshare::namespaces":
    a_kind_that_an_option_needs_is_not_kept,
    a_private_process_table_starts_at_one,
    the_chosen_kinds_are_new_and_no_others,
    the_status_is_the_programs,
    a_pid_namespace_is_forked_into,
    options_that_need_a_fork_are_refused_with_no_fork,
    a_private_machine_takes_one_option,
    options_may_be_shortened_and_repeated,
];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

fn a_private_process_table_starts_at_one() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("ps");
    for who in Who::both()? {
        let table = who
            .unshare()
            .with("-U -r -m -p -f --mount-proc ps -e -o pid=,comm=")
            .ok();
        assert_eq!(
            table.split_whitespace().collect::<Vec<_>>(),
            ["1", "ps"],
            "{who:?}"
        );
    }
    Ok(())
}

fn the_chosen_kinds_are_new_and_no_others() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let sets: [(&str, &[&str]); 12] = [
        ("-m", &["mnt"]),
        ("-u", &["uts"]),
        ("-i", &["ipc"]),
        ("-n", &["net"]),
        ("-p", &["pid"]),
        ("-U", &["user"]),
        ("-C", &["cgroup"]),
        ("-T", &["time"]),
        ("-n -u -i -C -T", &["net", "uts", "ipc", "cgroup", "time"]),
        ("--all", &KINDS),
        (
            "-a --share=net,time",
            &["mnt", "uts", "ipc", "pid", "user", "cgroup"],
        ),
        (
            "-a --share mount --share user,pid",
            &["uts", "ipc", "net", "cgroup", "time"],
        ),
    ];
    for (options, new) in sets {
        let inside = namespaces_inside(&mut unshare(), options);
        for (kind, inode) in inside {
            let own = inode_of(&format!("/proc/self/ns/{kind}"));
            assert_eq!(
                inode != own,
                new.contains(&kind),
                "{options}: {kind} is {inode}, ours is {own}"
            );
        }
    }
    Ok(())
}

/// Otherwise the option would change the caller's namespace.
fn a_kind_that_an_option_needs_is_not_kept() -> Outcome {
    for (options, option, noun, share) in [
        ("--share=uts --hostname x", "--hostname", "UTS", "uts"),
        ("--share=uts --domainname x", "--domainname", "UTS", "uts"),
        ("--share=net --veth eth0", "--veth", "network", "net"),
        ("--share=net -n", "--net", "network", "net"),
        ("--share=uts,user --uts=/tmp/x", "--uts", "UTS", "uts"),
        ("--share=user -r", "an id map", "user", "user"),
        ("--share=mount --mount-proc", "--mount-proc", "mount", "mount"),
        ("--share=pid --init", "--init", "PID", "pid"),
    ] {
        let error = unshare().with(&format!("-a {options} true")).fails(2);
        let text = format!(
            "ns-unshare: {option} needs a new {noun} namespace, and --share={share} keeps the caller's\n"
        );
        assert!(error.starts_with(&text), "{options}: {error}");
    }
    Ok(())
}

/// The inode of each kind as seen by the program.
fn namespaces_inside(command: &mut Command, options: &str) -> Vec<(&'static str, u64)> {
    let links = KINDS.map(|kind| format!("/proc/self/ns/{kind}")).join(" ");
    let text = command.with(&format!("{options} readlink {links}")).ok();
    let inode = |line: &str| line.split(['[', ']']).nth(1)?.parse().ok();
    let inodes = text
        .lines()
        .map(|line| inode(line).unwrap_or_else(|| panic!("{line}")));
    KINDS.into_iter().zip(inodes).collect()
}

fn the_status_is_the_programs() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in ["-U", "-U -f", "-U -p", "-U -r -p --init"] {
            let run = |words: &[&str]| who.unshare().args(options.split_whitespace()).args(words).ran();
            let ran = run(&["sh", "-c", "exit 7"]);
            assert_eq!((ran.status, ran.signal), (7, None), "{who:?} {options}");
            let error = run(&["no-such-program"]).fails(127);
            let text = "ns-unshare: cannot run \"no-such-program\": No such file or directory\n  \
                        cause: no directory of PATH has it: /";
            assert!(error.starts_with(text), "{error}");
            let error = run(&["/tmp"]).fails(126);
            let text = "ns-unshare: cannot run \"/tmp\": Permission denied\n  cause: it is a directory\n";
            assert!(error.starts_with(text), "{error}");
            // As PID 1 it cannot kill itself (pid_namespaces(7)).
            if !options.ends_with("-p") {
                let ran = run(&["sh", "-c", "kill -9 $$"]);
                assert_eq!((ran.status, ran.signal), (137, Some(9)), "{who:?} {options}");
            }
        }
    }
    Ok(())
}

fn a_pid_namespace_is_forked_into() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        let text = script(&mut who.unshare(), "-r -p", "/bin/true; /bin/true; echo $$").ok();
        assert_eq!(text, "1\n", "{who:?}");
        // Without a fork, the first child is PID 1, and after its end there can be no other child.
        let ran = script(
            &mut who.unshare(),
            "-r -p --no-fork",
            "/bin/true; /bin/true; echo $$",
        );
        assert_ne!((ran.status, ran.stdout.as_str()), (0, "1\n"), "{who:?}");
        assert!(ran.stderr.to_lowercase().contains("fork"), "{ran:?}");
    }
    Ok(())
}

fn options_that_need_a_fork_are_refused_with_no_fork() -> Outcome {
    needs::user_namespaces()?;
    for options in [
        "-p --no-fork --init",
        "-p --no-fork --kill-child",
        "-p --no-fork --mount-proc",
        "-a --no-fork",
        "--no-fork --forward-signals",
        "-U --pid=/tmp/no-such-file --no-fork",
    ] {
        let error = unshare().with(&format!("{options} true")).fails(2);
        assert!(error.contains("--no-fork"), "{options}: {error}");
    }
    // If both are given, the last one counts.
    assert_eq!(unshare().with("-U --no-fork --fork true").ok(), "");
    Ok(())
}

fn a_private_machine_takes_one_option() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("ps");
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        let text = script(
            &mut who.unshare(),
            "-a",
            "echo $$ $(id -u) $(id -g); ps -e -o comm=; cat /sys/class/net/lo/flags 2>/dev/null || ip -o link show lo up",
        )
        .ok();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("1 0 0"), "{who:?}: {text}");
        assert_eq!(lines.next().map(str::trim), Some("sh"), "{who:?}: {text}");
    }
    let inside = namespaces_inside(&mut super::Who::Ordinary.unshare(), "--all");
    for (kind, inode) in inside {
        assert_ne!(inode, inode_of(&format!("/proc/self/ns/{kind}")), "{kind}");
    }
    Ok(())
}

fn options_may_be_shortened_and_repeated() -> Outcome {
    needs::user_namespaces()?;
    let options = "--us --map-r -r -r --forw -f -f --ti --monot 1";
    assert_eq!(unshare().with(&format!("{options} id -u")).ok(), "0\n");
    let error = unshare().with("--map-u true").fails(2);
    assert!(error.contains("--map-u"), "{error}");
    // Words after the program belong to the program.
    assert_eq!(unshare().with("-U echo -U --fork").ok(), "-U --fork\n");
    assert_eq!(unshare().with("-U -- echo --").ok(), "--\n");
    Ok(())
}
