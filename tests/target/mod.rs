//! Targets: one grammar for processes and namespaces in all programs.

mod claimed;
mod names;
mod pidfds;
mod spellings;
mod threads;

use std::process::Command;

use crate::support::{Case, Cgroup, Held, Ran, Run as _, needs, program, tool, tools};

/// The cases of targets.
pub fn cases() -> Vec<Case> {
    [
        claimed::cases(),
        names::cases(),
        pidfds::cases(),
        spellings::cases(),
        threads::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A process in its own UTS and mount namespaces, with this host name.
fn container(host: &str) -> Held {
    needs::tools("hostname mount");
    Held::new(
        tool("unshare").args(["--uts", "--mount"]),
        &format!("hostname {host}; mount -t tmpfs of-{host} /mnt"),
    )
}

/// A process in the cgroup, and in its own UTS namespace with this host name.
fn member(cgroup: &Cgroup, host: &str) -> Held {
    needs::tools("hostname");
    Held::new(
        tool("unshare").arg("--uts"),
        &format!("{}; hostname {host}", cgroup.join()),
    )
}

fn hostname(target: &str) -> Ran {
    program("ns-hostname").args(["-t", target]).ran()
}

fn mounts(target: &str) -> Ran {
    program("ns-mounts")
        .args(["-N", target, "-n", "-o", "SOURCE", "-l"])
        .ran()
}

/// Runs a script with its own `/run`, which takes the pinned names with it when it ends. The programs are in the path.
fn with_run(script: &str) -> Ran {
    let programs = program("ns-hostname");
    let directory = std::path::Path::new(programs.get_program())
        .parent()
        .expect("it is in a directory");
    needs::tools("hostname mount");
    let path = tools::path_with(directory);
    let mut command: Command = tool("unshare");
    let whole = format!("mount -t tmpfs run /run; cd /; {script}");
    command
        .args(["--mount", "sh", "-e", "-c", &whole])
        .env("PATH", path)
        .ran()
}

/// Pins a UTS namespace with the host name `pinned` and a network namespace as `web`.
const PIN: &str = "mkdir /run/utsns /run/netns; touch /run/utsns/web /run/netns/web; \
    unshare --uts --net sh -c 'hostname pinned; mount --bind /proc/self/ns/uts /run/utsns/web; \
    mount --bind /proc/self/ns/net /run/netns/web'; ";
