//! The namespaces of the program, and its exit status.

use super::{both, in_all, inodes_inside};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, inode_of, needs, program};

cases!["enter::namespaces":
    a_namespace_file_is_entered_without_proc,
    all_the_namespaces_of_a_process_are_entered, only_the_chosen_kinds_are_entered, a_namespace_file_is_entered, a_usage_error_has_status_2,
    the_status_is_the_programs, attached_letters_are_options, a_plan_is_shown, only_the_process_with_that_pidfd_inode_is_entered,
];

fn all_the_namespaces_of_a_process_are_entered() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = in_all(&who);
        let pid = held.pid.to_string();
        for options in [&["-t", &pid, "-a"][..], &["-t", &pid]] {
            for (kind, inode) in inodes_inside(who.enter().args(options)) {
                assert_eq!(inode, held.inode(kind), "{} {options:?} {kind}", who.name);
            }
        }
        let ids = who.enter().with(&format!("-t {pid} -a id -u")).ok();
        assert_eq!(ids, "0\n", "{}", who.name);
    }
    Ok(())
}

fn only_the_chosen_kinds_are_entered() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let caller = &both()?[0];
    let held = in_all(caller);
    let pid = held.pid;
    let sets: [(&str, &[&str]); 9] = [
        ("-n -u", &["net", "uts"]),
        ("-nu", &["net", "uts"]),
        ("-m", &["mnt"]),
        ("-i", &["ipc"]),
        ("-p", &["pid"]),
        ("-C", &["cgroup"]),
        ("-T", &["time"]),
        ("-U", &["user"]),
        ("-UnpT", &["user", "net", "pid", "time"]),
    ];
    for (options, entered) in sets {
        let target = format!("-t {pid} {options}");
        let command = &mut caller.enter();
        for (kind, inode) in inodes_inside(command.args(target.split(' '))) {
            let expected = if entered.contains(&kind) {
                held.inode(kind)
            } else {
                inode_of(&format!("/proc/self/ns/{kind}"))
            };
            assert_eq!(inode, expected, "{options} {kind}");
        }
    }
    Ok(())
}

fn a_namespace_file_is_entered() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = Held::new(who.program("ns-unshare").args(["-r", "-n", "-u"]), "");
        let (net, user) = (held.proc("ns/net"), held.proc("ns/user"));
        for options in [
            &[&format!("--user={user}"), &format!("--net={net}")][..],
            &[&format!("-U{user}"), &format!("-n{net}")],
            &[&format!("-U={user}"), &format!("-n={net}")],
        ] {
            for (kind, inode) in inodes_inside(who.enter().args(options)) {
                let expected = match kind {
                    "net" | "user" => held.inode(kind),
                    _ => inode_of(&format!("/proc/self/ns/{kind}")),
                };
                assert_eq!(inode, expected, "{} {options:?} {kind}", who.name);
            }
        }
        let error = who.enter().with(&format!("--uts={net} true")).fails(1);
        assert!(
            error.contains("is a network namespace, not a UTS namespace"),
            "{error}"
        );
    }
    Ok(())
}

fn a_usage_error_has_status_2() -> Outcome {
    for (arguments, names) in [
        ("", "--target"),
        ("-a true", "--target"),
        ("-n true", "--net"),
        ("-t 0 -a true", "\"0\"|'0'|--target"),
        ("-t -a true", "--target"),
        ("-t 47:11x -a true", "47:11x"),
        ("--no-such-option", "--no-such-option"),
        ("-t 1 -p -F --mount-proc true", "--no-fork"),
        ("-t 1 -w -W / true", "--wdns"),
        ("-n/proc/self/ns/net -r true", "--root"),
        ("-n/proc/self/ns/net -e true", "--env"),
        ("-n/proc/self/ns/net -c true", "--join-cgroup"),
        ("-N 3 true", "--net-socket"),
        ("-S no-such-user -t 1 true", "no-such-user"),
    ] {
        let error = program("ns-enter").with(arguments).fails(2);
        assert!(error.starts_with("ns-enter: "), "{error}");
        assert!(
            names.split('|').any(|name| error.contains(name)),
            "{arguments}: {error}"
        );
    }
    let error = program("ns-enter").with("-t 2147483647 -a true").fails(1);
    assert_eq!(error, "ns-enter: process 2147483647 does not exist\n");
    Ok(())
}

fn the_status_is_the_programs() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = in_all(&who);
        for kinds in ["-U", "-Up", "-a"] {
            let run = |words: &[&str]| {
                let options = format!("-t {} {kinds}", held.pid);
                who.enter().args(options.split(' ')).args(words).ran()
            };
            let ran = run(&["sh", "-c", "exit 7"]);
            assert_eq!((ran.status, ran.signal), (7, None), "{} {kinds}", who.name);
            let ran = run(&["sh", "-c", "kill -9 $$"]);
            assert_eq!((ran.status, ran.signal), (137, Some(9)), "{} {kinds}", who.name);
            let error = run(&["no-such-program"]).fails(127);
            assert!(
                error.starts_with("ns-enter: cannot run \"no-such-program\": No such file or directory\n"),
                "{error}"
            );
            let error = run(&["/tmp"]).fails(126);
            assert!(
                error.starts_with("ns-enter: cannot run \"/tmp\": Permission denied\n"),
                "{error}"
            );
        }
    }
    Ok(())
}

fn attached_letters_are_options() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let held = in_all(&both()?[0]);
    let pid = held.pid.to_string();
    let own = |kind: &str| inode_of(&format!("/proc/self/ns/{kind}"));
    // To getopt(3) this is --uts=nC.
    for (kind, inode) in inodes_inside(program("ns-enter").args(["-t", &pid, "-unC"])) {
        let entered = ["uts", "net", "cgroup"].contains(&kind);
        assert_eq!(
            inode,
            if entered { held.inode(kind) } else { own(kind) },
            "{kind}"
        );
    }
    Ok(())
}

fn a_plan_is_shown() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = in_all(&who);
        let pid = held.pid.to_string();
        let text = who.enter().args(["-t", &pid, "--dry-run", "true"]).ran().ok();
        assert!(
            text.contains(&format!("join the user namespace of process {pid}\n")),
            "{text}"
        );
        assert!(text.ends_with("program run \"true\"\n"), "{text}");
        let json = who
            .enter()
            .args(["-t", &pid, "--dry-run", "--json", "true"])
            .ran()
            .json();
        let steps = json["steps"].as_array().expect("a list");
        assert_eq!(steps.len(), text.lines().count());
        assert!(steps.iter().any(|step| step["step"] == "fork-into"));
    }
    Ok(())
}

fn only_the_process_with_that_pidfd_inode_is_entered() -> Outcome {
    needs::user_namespaces()?;
    needs::inodes_of_pidfds()?;
    for who in both()? {
        let held = Held::new(who.program("ns-unshare").args(["-r", "-n"]), "");
        let pid = rustix::process::Pid::from_raw(held.pid).expect("it is positive");
        let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).expect("it runs");
        let inode = rustix::fs::fstat(&pidfd).expect("it is open").st_ino;
        let enter = |inode: u64| {
            let target = format!("{}:{inode}", held.pid);
            who.enter()
                .args(["-t", &target, "readlink", "/proc/self/ns/net"])
                .ran()
        };
        assert_eq!(
            enter(inode).ok(),
            format!("net:[{}]\n", held.inode("net")),
            "{}",
            who.name
        );
        assert_eq!(
            enter(inode + 1).fails(1),
            format!(
                "ns-enter: process {} does not have the pidfd inode {}: its PID may have been reused\n",
                held.pid,
                inode + 1
            )
        );
    }
    Ok(())
}

fn a_namespace_file_is_entered_without_proc() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount hostname true");
    let script = "mount --make-rprivate /; mount -t tmpfs run /run
        $U --pin web -n -u --hostname there; mount -t tmpfs none /proc; [ ! -e /proc/self ]
        $E --uts=/run/utsns/web hostname; $E --uts=web hostname; $E -t /run/utsns/web -u hostname
        $E -t web -n -u hostname; $E --net=/run/netns/web true; $E -t web hostname
        $E --uts=/run/utsns/web --dry-run true >/run/plan; $H -t web; $H -t /run/utsns/web moon; $H -t web";
    let mut command = program("ns-unshare");
    for (name, of) in [("U", "ns-unshare"), ("E", "ns-enter"), ("H", "ns-hostname")] {
        command.env(name, program(of).get_program());
    }
    let ran = command.args(["-q", "-r", "-m", "sh", "-e", "-c", script]).ran();
    assert_eq!(ran.stdout, "there\n".repeat(6) + "moon\n", "{ran:#?}");
    Ok(())
}
