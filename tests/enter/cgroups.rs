//! `--join-cgroup`: the program runs in the cgroups of the target.

use crate::support::case::cases;
use crate::support::{Cgroup, Held, Outcome, Run as _, Running, needs, program, tool};

cases!["enter::cgroups":
    the_cgroup_is_joined_and_stdin_is_kept,
    cgroups_of_the_first_version_are_joined,
    a_frozen_cgroup_is_joined_only_on_request,
    a_frozen_cgroup_of_the_first_version_is_refused,
];

fn the_cgroup_is_joined_and_stdin_is_kept() -> Outcome {
    let name = format!("ns-enter-{}", std::process::id());
    let cgroup = Cgroup::new(&name)?;
    let held = Held::new(&mut tool("env"), &cgroup.join());
    let pid = held.pid.to_string();
    let all = Held::new(program("ns-unshare").args("-n -p -C".split(' ')), &cgroup.join());
    let inside = all.pid.to_string();
    for options in [
        &["-t", &pid, "-n", "-c"][..],
        &["-t", &pid, "-c"],
        &["-t", &pid, "-a", "--join-cgroup"],
        &["-t", &inside, "-p", "-c"],
    ] {
        let (reader, mut writer) = std::io::pipe().expect("a pipe can be made");
        std::io::Write::write_all(&mut writer, b"a line\n").expect("it has room");
        drop(writer);
        let seen = program("ns-enter")
            .args(options)
            .args([
                "sh",
                "-c",
                "read -r line; echo \"$line\"; grep ^0: /proc/self/cgroup; readlink /proc/self/fd/0 | cut -d: -f1",
            ])
            .stdin(reader)
            .ran()
            .ok();
        assert_eq!(seen, format!("a line\n0::/{name}\npipe\n"), "{options:?}");
    }
    // Without -c, the program stays in the caller's cgroup.
    let seen = program("ns-enter")
        .args(["-t", &pid, "sh", "-c", "grep ^0: /proc/self/cgroup"])
        .ran()
        .ok();
    let own = std::fs::read_to_string("/proc/self/cgroup").expect("it can be read");
    assert!(own.lines().any(|line| line == seen.trim()), "{seen}");
    Ok(())
}

fn cgroups_of_the_first_version_are_joined() -> Outcome {
    needs::root()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts").expect("it can be read");
    let freezer = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields[2] == "cgroup" && fields[3].split(',').any(|option| option == "freezer"))
        .ok_or_else(|| {
            crate::support::case::Skip::Lacks("no cgroup hierarchy of version 1 is mounted".into())
        })?;
    let name = format!("ns-enter-{}", std::process::id());
    let directory = format!("{}/{name}", freezer[1]);
    std::fs::create_dir(&directory).expect("root can make one");
    let held = Held::new(&mut tool("env"), &format!("echo $$ >{directory}/cgroup.procs"));
    let seen = program("ns-enter")
        .args([
            "-t",
            &held.pid.to_string(),
            "-c",
            "grep",
            "freezer",
            "/proc/self/cgroup",
        ])
        .ran();
    drop(held);
    std::fs::remove_dir(&directory).expect("nobody is in it");
    assert!(seen.ok().ends_with(&format!(":/{name}\n")));
    Ok(())
}

/// The error of a call without --frozen, which ends at once.
fn refused(pid: &str) -> String {
    let enter = || {
        let mut command = program("ns-enter");
        command.args(["-t", pid, "-c", "echo", "ran"]);
        command
    };
    let running = Running::start(&mut enter());
    running.wait_for_end();
    assert_eq!(running.end(), (1, None, String::new()));
    enter().ran().fails(1)
}

/// A call with --frozen that has stopped in the cgroup with this name. It waits there until the cgroup is thawed.
///
/// A process in the cgroup has not stopped yet: the kernel has only marked it. Linux holds back a signal, other than KILL,
/// that is sent to a marked process while it does not run, and delivers it after the thaw.
fn joined_on_request(pid: &str, cgroup: &Cgroup, name: &str) -> Running {
    let mut command = program("ns-enter");
    let running = Running::start(command.args(["-t", pid, "-c", "--frozen", "echo", "ran"]));
    let place = format!("/proc/{}/cgroup", running.pid());
    while !std::fs::read_to_string(&place).is_ok_and(|text| text.contains(name)) {
        std::thread::yield_now();
    }
    cgroup.await_frozen();
    running
}

fn a_frozen_cgroup_is_joined_only_on_request() -> Outcome {
    let name = format!("ns-enter-frozen-{}", std::process::id());
    let cgroup = Cgroup::new(&format!("{name}/below"))?;
    let held = Held::new(&mut tool("env"), &cgroup.join());
    let pid = held.pid.to_string();
    cgroup.freeze(true);
    let refused = refused(&pid);
    let message = format!("ns-enter: the cgroup \"/{name}\" is frozen: ");
    assert!(refused.starts_with(&message), "{refused}");
    assert!(
        refused.contains(&format!("/{name}/cgroup.freeze, or --frozen")),
        "{refused}"
    );
    // On request it waits until the cgroup is thawed; it can be ended before.
    for signal in [None, Some(nix::sys::signal::Signal::SIGTERM)] {
        let running = joined_on_request(&pid, &cgroup, &name);
        let ended = match signal {
            None => {
                cgroup.freeze(false);
                (0, None, "ran\n".to_owned())
            }
            Some(signal) => {
                running.signal(signal);
                (128 + signal as i32, Some(signal as i32), String::new())
            }
        };
        assert_eq!(running.end(), ended);
        cgroup.freeze(true);
    }
    cgroup.freeze(false);
    Ok(())
}

/// Thaws the cgroup at the end of the case: the processes of a frozen cgroup of version 1 cannot be killed.
struct Thawing<'a>(&'a Cgroup);

impl Drop for Thawing<'_> {
    fn drop(&mut self) {
        self.0.freeze(false);
    }
}

fn a_frozen_cgroup_of_the_first_version_is_refused() -> Outcome {
    let name = format!("ns-enter-frozen-v1-{}", std::process::id());
    let cgroup = Cgroup::of_freezer_in_v1(&format!("{name}/below"))?;
    let held = Held::new(&mut tool("env"), &cgroup.join());
    let pid = held.pid.to_string();
    cgroup.freeze(true);
    let _thawing = Thawing(&cgroup);
    let refused = refused(&pid);
    // The state of the inner cgroup includes that of the outer one.
    let message = format!("ns-enter: the cgroup \"/{name}/below\" is frozen: ");
    assert!(refused.starts_with(&message), "{refused}");
    assert!(
        refused.contains("echo THAWED >") && refused.contains("/freezer.state, or --frozen"),
        "{refused}"
    );
    let running = joined_on_request(&pid, &cgroup, &name);
    cgroup.freeze(false);
    assert_eq!(running.end(), (0, None, "ran\n".to_owned()));
    let thawed = program("ns-enter").args(["-t", &pid, "-c", "echo", "ran"]).ran();
    assert_eq!(thawed.ok(), "ran\n");
    Ok(())
}
