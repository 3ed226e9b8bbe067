//! Side by side with the installed nsenter(1): the same command line, the same status, the same effect.

use std::process::Command;

use super::in_all;
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Ran, Run as _, User, needs, program, tool};

cases!["enter::side_by_side":
    root_gets_the_same_as_from_nsenter,
    the_ordinary_user_gets_the_same_as_from_nsenter,
    the_ordinary_user_enters_what_nsenter_cannot,
    both_end_with_the_same_status,
];

/// Prints everything that is visible from inside: namespaces, ids, directories, environment.
const LOOK: &str = "for kind in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$kind; done; \
    id -u; id -g; id -G; stat -Lc %d:%i / .; env | grep -v ^_= | sort";

/// Both programs, for the same user.
fn pair(user: Option<&User>) -> Result<[Command; 2], Skip> {
    let nsenter = needs::installed("nsenter")?;
    Ok(match user {
        None => [program("ns-enter"), tool(nsenter)],
        Some(user) => [user.program("ns-enter"), user.tool(nsenter)],
    })
}

fn ran(user: Option<&User>, options: &str, words: &[&str]) -> Result<[Ran; 2], Skip> {
    Ok(pair(user)?.map(|mut command| command.args(options.split(' ')).args(words).ran()))
}

fn look_the_same(user: Option<&User>, lines: &[String]) -> Outcome {
    for options in lines {
        let [ours, its] = ran(user, options, &["sh", "-c", LOOK])?;
        assert_eq!(its.status, 0, "nsenter {options}: {its:?}");
        assert_eq!(ours.stdout, its.stdout, "{options}: {ours:?}");
        assert_eq!(ours.status, 0, "{options}: {ours:?}");
    }
    Ok(())
}

fn root_gets_the_same_as_from_nsenter() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    // One without a user namespace, one with.
    let plain = Held::new(program("ns-unshare").args("-m -p -u -i -n -C -T".split(' ')), "");
    let own = in_all(&super::both()?[0]);
    // One that shares our mounts.
    let shared = Held::new(program("ns-unshare").arg("-n"), "cd /usr");
    let net = plain.proc("ns/net");
    let (uts, user) = (plain.proc("ns/uts"), own.proc("ns/user"));
    let p = plain.pid;
    let mut lines: Vec<String> = [
        "-m",
        "-u",
        "-i",
        "-n",
        "-p",
        "-C",
        "-T",
        "-a",
        "--all",
        "--mount",
        "--uts --ipc",
        "--net --pid --time --cgroup",
        "-m -n -u",
        "-p -F",
        "--pid --no-fork",
        "-a -F",
        "-n -w",
        "-m -w",
        "-m -w/tmp",
        "-m --wd=/tmp",
        "-n --wd=/usr",
        "-m -W /usr",
        "-m --wdns=/usr/lib",
        "-n -r/",
        "-n --root=/ -w/usr",
        "-m -r -w",
        "-n -S 5",
        "-n -G 6",
        "-n -S 5 -G 6",
        "-a -S 7 -G 8",
    ]
    .map(|options| format!("-t {p} {options}"))
    .into();
    lines.extend([
        format!("--target {p} --net"),
        format!("--target={p} --uts"),
        format!("--targ {p} --ut"),
        format!("-t{p} -n"),
        format!("--net={net}"),
        format!("-n{net}"),
        format!("--net={net} --uts={uts}"),
        format!("-n{net} -u{uts} -S 5"),
        format!("-t {p} -i -n{net}"),
        format!("-t {p} -a --net={net}"),
    ]);
    let (c, n) = (own.pid, shared.pid);
    lines.extend([
        format!("-t {n} -n -r"),
        format!("-t {n} -n --root -w"),
        format!("-t {n} -a"),
        format!("-t {n} -m"),
        format!("-t {c} -U"),
        format!("-t {c} -a"),
        format!("-t {c} -U -m -n"),
        format!("-t {c} -U -p -u"),
        format!("-t {c} -n -u"),
        format!("-t {c} -U --preserve-credentials"),
        format!("-t {c} -a --preserve-credentials"),
        format!("-t {c} -U -S 0 -G 0"),
        format!("--user={user}"),
        format!("-U{user} -t {c} -n"),
    ]);
    look_the_same(None, &lines)
}

fn the_ordinary_user_gets_the_same_as_from_nsenter() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").args("-r -m -n -u -i".split(' ')), "");
    let (c, file) = (held.pid, held.proc("ns/user"));
    let lines = [
        format!("-t {c} -U --preserve-credentials"),
        format!("-t {c} -U -n --preserve-credentials"),
        format!("-t {c} -U -m -n -u -i --preserve-credentials"),
        format!("-t {c} -U -m --preserve-credentials -w"),
        format!("-t {c} -U -m --preserve-credentials -W /usr"),
        format!("-U{file} --preserve-credentials"),
    ];
    look_the_same(Some(user), &lines)
}

/// Entering the caller's own namespaces with -a, -U and -m, as ns-utils(7) describes.
fn the_ordinary_user_enters_what_nsenter_cannot() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").args("-r -m -n".split(' ')), "");
    let c = held.pid;
    for options in [
        format!("-t {c} -a"),
        format!("-t {c} -a --preserve-credentials"),
        format!("-t {c} -U"),
        format!("-t {c} -m"),
        format!("-t {c} -n"),
        "-U/proc/self/ns/user".to_owned(),
    ] {
        let [ours, its] = ran(Some(user), &options, &["true"])?;
        assert_eq!((ours.status, its.status), (0, 1), "{options}: {ours:?} {its:?}");
    }
    Ok(())
}

fn both_end_with_the_same_status() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let held = in_all(&super::both()?[0]);
    let net = held.proc("ns/net");
    let (p, wrong) = (held.pid, format!("--uts={net}"));
    for options in [format!("-t {p} -n"), format!("-t {p} -p"), format!("-t {p} -a")] {
        for words in [
            &["true"][..],
            &["false"],
            &["sh", "-c", "exit 7"],
            &["no-such-program"],
            &["/tmp"],
            &["/etc/passwd"],
            &["sh", "-c", "kill -9 $$"],
            &["sh", "-c", "kill -TERM $$"],
            &["sh", "-c", "kill -SEGV $$"],
        ] {
            let [ours, its] = ran(None, &options, words)?;
            let end = |ran: &Ran| (ran.status, ran.signal);
            assert_eq!(end(&ours), end(&its), "{options} {words:?}: {ours:?} {its:?}");
        }
    }
    for options in [
        "-t 2147483647 -n",
        "--net=/proc/self/status",
        "--net=/no/such/file",
        "--net=/tmp",
        &wrong,
        &format!("-t {p} -U -S 1"),
        &format!("-t {p} -n --wd=/no/such/directory"),
        &format!("-t {p} -n -W /no/such/directory"),
    ] {
        let [ours, its] = ran(None, options, &["true"])?;
        assert_eq!((ours.status, its.status), (1, 1), "{options}: {ours:?} {its:?}");
    }
    Ok(())
}
