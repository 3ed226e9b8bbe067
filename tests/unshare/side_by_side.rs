//! Comparison with the installed unshare(1): the same command line gives the same status, ids, maps, namespaces and
//! directory.

use std::process::Command;

use super::{Who, ordinary, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, inode_of, needs, tool};

cases!["unshare::side_by_side": both_do_the_same, both_end_with_the_same_status, both_do_the_same_for_an_ordinary_user];

const KINDS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Prints the effects that a program can see.
const INSPECT: &str = r#"
    for kind in cgroup ipc mnt net pid time user uts; do
        [ "$(readlink /proc/self/ns/$kind)" = "$(eval echo \$OWN_$kind)" ] && echo $kind same || echo $kind new
    done
    echo pid $(($$ == 1)) uid $(id -u) gid $(id -g) groups $(id -G)
    cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
    pwd; echo "X=$X"; ls /proc/self/fd | wc -l
    sed -n 's/^\(CapEff\|SigIgn\|SigBlk\|NoNewPrivs\)/\1/p' /proc/self/status
    awk '$5 == "/" { print NF }' /proc/self/mountinfo
    cat /proc/self/timens_offsets
"#;

/// Options with the same meaning in both, for any user.
const FOR_ALL: [&str; 30] = [
    "-U",
    "-r",
    "-c",
    "-U -f",
    "-r -f",
    "-c -f",
    "-U -r",
    "--user --map-root-user",
    "--map-current-user --fork",
    "--map-user=5",
    "--map-group=5",
    "--map-user=5 --map-group=6",
    "--map-user 0 --map-group 0",
    "-r -m",
    "-r -u",
    "-r -i",
    "-r -n",
    "-r -C",
    "-r -T",
    "-r -m -u -i -n -C -T",
    "-r -p -f",
    "-r -p -f --mount-proc",
    "-r -p -f -m --mount-proc=/proc",
    "-r --fork --kill-child",
    "-r --kill-child=SIGTERM",
    "-U --setgroups deny",
    "-c --keep-caps",
    "-r -T --monotonic 100 --boottime 1000",
    "-r -T -f --boottime 86400",
    "-r -w /usr/lib",
];

/// Options that need privilege.
const FOR_ROOT: [&str; 36] = [
    "",
    "-f",
    "-m",
    "-u",
    "-i",
    "-n",
    "-C",
    "-T",
    "-p -f",
    "-m -u -i -n -p -f -C -T",
    "--mount --uts --ipc --net --cgroup --time",
    "--mount --ut --ip --ne --cg",
    "-m --propagation private",
    "-m --propagation slave",
    "-m --propagation shared",
    "-m --propagation unchanged",
    "-p -f --mount-proc",
    "-S 1234",
    "-G 1235",
    "-G 1235 -S 1234",
    "--setuid=7 --setgid 8 -f",
    "-R /",
    "-R / -w /usr",
    "-R /usr/.. -f",
    "-w /tmp",
    "-U --setgroups=deny -f",
    "-u -f --kill-child=KILL",
    "-i -n -f -w /",
    "-T --monotonic=-5",
    "-n -S 1 -G 1",
    "-u -i -f -w /usr",
    "-m -R / -w usr",
    "-p -f -m -w /tmp -S 65534",
    "-C -T -f --boottime=10",
    "-r -R /usr/.. -w /usr/lib",
    "-c -S 0",
];

/// Both programs with the same environment.
fn pair(who: Who) -> Result<[Command; 2], crate::support::case::Skip> {
    let installed = needs::installed("unshare")?;
    let relative = match who {
        Who::Caller => tool(&installed),
        Who::Ordinary => User::ordinary()?.tool(&installed),
    };
    let ours = match who {
        Who::Caller => unshare(),
        Who::Ordinary => ordinary(),
    };
    Ok([relative, ours].map(|mut command| {
        command.current_dir("/").env("X", "a b").env("SHELL", "/bin/sh");
        for kind in KINDS {
            let inode = inode_of(&format!("/proc/self/ns/{kind}"));
            command.env(format!("OWN_{kind}"), format!("{kind}:[{inode}]"));
        }
        command
    }))
}

#[track_caller]
fn same(who: Who, options: &str) -> Outcome {
    let [theirs, ours] = pair(who)?.map(|mut command| {
        let ran = command
            .args(options.split_whitespace())
            .args(["sh", "-c", INSPECT])
            .ran();
        (ran.status, ran.stdout, ran.stderr)
    });
    assert_eq!(
        ours, theirs,
        "{who:?}: {options}\nours: {}\ntheirs: {}",
        ours.1, theirs.1
    );
    Ok(())
}

fn both_do_the_same() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("awk");
    for options in FOR_ALL {
        same(Who::Caller, options)?;
    }
    needs::root()?;
    for options in FOR_ROOT {
        same(Who::Caller, options)?;
    }
    Ok(())
}

fn both_do_the_same_for_an_ordinary_user() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("awk");
    for options in FOR_ALL {
        same(Who::Ordinary, options)?;
    }
    Ok(())
}

fn both_end_with_the_same_status() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in ["-U", "-r -f", "-r -p -f", "-r -m -p -f --mount-proc"] {
            for program in [
                "true",
                "false",
                "sh -c exit\t9",
                "sh -c kill\t-9\t$$",
                "/no/such/program",
                "/etc",
                "/etc/passwd",
            ] {
                let words: Vec<_> = program.split(' ').map(|word| word.replace('\t', " ")).collect();
                let [theirs, ours] = pair(who)?.map(|mut command| {
                    let ran = command.args(options.split_whitespace()).args(&words).ran();
                    (ran.status, ran.stdout)
                });
                // unshare(1) 2.38.1 returns 1 for a child that was killed by KILL.
                if options.contains("-f") && program.contains("-9") {
                    assert!([0, 137].contains(&ours.0), "{ours:?}");
                    continue;
                }
                assert_eq!(ours, theirs, "{who:?}: {options} {program}");
            }
        }
    }
    Ok(())
}
