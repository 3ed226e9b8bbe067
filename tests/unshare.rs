//! `ns-unshare`: what the new namespaces are, what runs in them, how it ends.

use std::process::Command;

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, held, needs, program};

cases!["unshare":
    a_private_process_table_starts_at_one,
    the_chosen_kinds_are_new_and_no_others,
    the_status_is_that_of_the_program,
];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Ours as root and as the ordinary user, with a word for failures. As an ordinary user it is twice the same.
fn as_both() -> Result<[(&'static str, Command); 2], crate::support::case::Skip> {
    Ok([
        ("caller", program("ns-unshare")),
        ("ordinary user", User::ordinary()?.program("ns-unshare")),
    ])
}

fn a_private_process_table_starts_at_one() -> Outcome {
    for (who, mut command) in as_both()? {
        let table = command
            .with("-U -r -m -p -f --mount-proc ps -e -o pid=,comm=")
            .ok();
        assert_eq!(table.split_whitespace().collect::<Vec<_>>(), ["1", "ps"], "{who}");
    }
    Ok(())
}

fn the_chosen_kinds_are_new_and_no_others() -> Outcome {
    needs::root()?;
    let sets: [(&str, &[&str]); 10] = [
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
    ];
    for (options, new) in sets {
        let inside = namespaces_inside(&mut program("ns-unshare"), options);
        for (kind, inode) in inside {
            let own = held::inode_of(&format!("/proc/self/ns/{kind}"));
            assert_eq!(
                inode != own,
                new.contains(&kind),
                "{options}: {kind} is {inode}, ours is {own}"
            );
        }
    }
    Ok(())
}

/// The inode of each kind as the program sees it.
fn namespaces_inside(command: &mut Command, options: &str) -> Vec<(&'static str, u64)> {
    let links = KINDS.map(|kind| format!("/proc/self/ns/{kind}")).join(" ");
    let text = command.with(&format!("{options} readlink {links}")).ok();
    let inode = |line: &str| line.split(['[', ']']).nth(1)?.parse().ok();
    let inodes = text
        .lines()
        .map(|line| inode(line).unwrap_or_else(|| panic!("{line}")));
    KINDS.into_iter().zip(inodes).collect()
}

fn the_status_is_that_of_the_program() -> Outcome {
    for (who, _) in as_both()? {
        for options in ["-U", "-U -f", "-U -p", "-U -r -p --init"] {
            let run = |words: &[&str]| {
                let mut command = match who {
                    "caller" => program("ns-unshare"),
                    _ => User::ordinary().expect("it was there").program("ns-unshare"),
                };
                command.args(options.split_whitespace()).args(words).ran()
            };
            let ran = run(&["sh", "-c", "exit 7"]);
            assert_eq!((ran.status, ran.signal), (7, None), "{who} {options}");
            let error = run(&["no-such-program"]).fails(127);
            assert_eq!(
                error,
                "ns-unshare: cannot run \"no-such-program\": No such file or directory\n"
            );
            let error = run(&["/tmp"]).fails(126);
            assert_eq!(
                error,
                "ns-unshare: cannot run \"/tmp\": Permission denied\n  cause: it is a directory\n"
            );
            // As PID 1 it cannot kill itself (pid_namespaces(7)).
            if !options.ends_with("-p") {
                let ran = run(&["sh", "-c", "kill -9 $$"]);
                assert_eq!((ran.status, ran.signal), (137, Some(9)), "{who} {options}");
            }
        }
    }
    Ok(())
}
