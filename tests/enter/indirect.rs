//! Namespaces that a target leads to: namespaces of its children or a socket, and the parent of a user namespace.

use super::both;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, inode_of, needs, program, tool};

cases!["enter::indirect":
    for_children_enters_the_pid_namespace_of_the_children,
    for_children_enters_a_pid_namespace_before_its_first_process,
    for_children_enters_the_time_namespace_of_the_children,
    the_network_namespace_of_a_socket_is_entered,
    the_parent_of_a_user_namespace_is_entered,
];

fn for_children_enters_the_pid_namespace_of_the_children() -> Outcome {
    needs::root()?;
    needs::installed("unshare")?;
    // The parent stays where it was; its child is in the new PID namespace.
    let held = Held::new(tool("unshare").args(["--pid", "--fork"]), "");
    let status = std::fs::read_to_string(held.proc("status")).expect("it can be read");
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .expect("it has one")
        .trim();
    let link = ["readlink", "/proc/self/ns/pid"];
    let mut enter = program("ns-enter");
    let ran = enter
        .args(["-t", parent, "--for-children", "-p"])
        .args(link)
        .ran();
    assert_eq!(ran.ok(), format!("pid:[{}]\n", held.inode("pid")));
    let ran = program("ns-enter").args(["-t", parent, "-p"]).args(link).ran();
    let own = inode_of("/proc/self/ns/pid");
    assert_eq!(ran.stdout, format!("pid:[{own}]\n"));
    assert_eq!(
        ran.stderr,
        format!(
            "ns-enter: note: process {parent} is in pid:[{own}], and its children are in pid:[{}]: use --for-children to enter the latter\n",
            held.inode("pid")
        )
    );
    Ok(())
}

fn for_children_enters_a_pid_namespace_before_its_first_process() -> Outcome {
    needs::root()?;
    needs::linux(6, 11)?;
    // Without --fork, the shell has no child yet.
    let held = Held::new(tool("unshare").arg("--pid"), "");
    let ran = program("ns-enter")
        .args(["-t", &held.pid.to_string(), "--for-children", "-p"])
        .args(["sh", "-c", "echo $$"])
        .ran();
    assert_eq!(ran.ok(), "1\n");
    Ok(())
}

/// Without `execve(2)` a process stays in the time namespace that it was in.
fn for_children_enters_the_time_namespace_of_the_children() -> Outcome {
    needs::root()?;
    let python = needs::installed("python3")?;
    let text = "import ctypes, os
assert ctypes.CDLL(None).unshare(0x80) == 0
print(*[os.readlink('/proc/self/ns/' + name) for name in ('time', 'time_for_children')])
input()";
    let mut running = Running::start(tool(python).args(["-u", "-c", text]));
    let line = running.line();
    let (own, children) = line.split_once(' ').expect("two words");
    let pid = running.pid().to_string();
    for (options, wanted) in [
        (&["-T"][..], own),
        (&["-T", "--for-children"], children),
        (&["--for-children"], children),
    ] {
        let mut enter = program("ns-enter");
        enter
            .args(["-t", &pid])
            .args(options)
            .args(["readlink", "/proc/self/ns/time"]);
        let inode = |text: &str| text.trim().split(':').nth(1).map(str::to_owned);
        assert_eq!(inode(&enter.ran().ok()), inode(wanted), "{options:?}");
    }
    Ok(())
}

fn the_network_namespace_of_a_socket_is_entered() -> Outcome {
    needs::root()?;
    needs::installed("python3")?;
    // A process here with a socket that was made there.
    let script = "\
import os, socket, sys
own = os.open('/proc/self/ns/net', os.O_RDONLY)
libc = __import__('ctypes').CDLL(None)
libc.unshare(0x40000000)
there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
os.dup2(there.fileno(), 9)
print(os.getpid(), os.readlink('/proc/self/ns/net'), flush=True)
libc.setns(own, 0)
sys.stdin.readline()";
    let mut there = Running::start(tool("python3").args(["-c", script]));
    let said = there.line();
    let (pid, link) = said.split_once(' ').expect("two words");
    let run = |fd: &str| {
        program("ns-enter")
            .args(["-t", pid, "-N", fd, "readlink", "/proc/self/ns/net"])
            .ran()
    };
    let (right, none, file) = (run("9"), run("77"), run("0"));
    there.end();
    assert_eq!(right.ok().trim(), link);
    assert!(none.fails(1).contains("has no descriptor 77"));
    assert!(file.fails(1).contains("is not a socket"));
    Ok(())
}

fn the_parent_of_a_user_namespace_is_entered() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let nested = ["-r", "-n", "ns-unshare", "-r", "-u"];
        let path = std::path::PathBuf::from(who.enter().get_program());
        let mut command = who.program("ns-unshare");
        let programs = path.parent().expect("it is in a directory").to_owned();
        command
            .args(["-r", "-n"])
            .arg(programs.join("ns-unshare"))
            .args(&nested[3..]);
        let held = Held::new(&mut command, "");
        let pid = held.pid.to_string();
        let words = ["readlink", "/proc/self/ns/user", "/proc/self/ns/net"];
        let seen = who
            .enter()
            .args(["-t", &pid, "-n", "--user-parent"])
            .args(words)
            .ran()
            .ok();
        let lines: Vec<_> = seen.lines().collect();
        assert_ne!(lines[0], format!("user:[{}]", held.inode("user")), "{}", who.name);
        assert_ne!(lines[0], format!("user:[{}]", inode_of("/proc/self/ns/user")));
        assert_eq!(lines[1], format!("net:[{}]", held.inode("net")));
        // The parent of a user namespace just below the caller's is the caller's own, so nothing is entered.
        let child = Held::new(who.program("ns-unshare").args(["-r", "-n"]), "");
        let own = who
            .enter()
            .args([
                "-t",
                &child.pid.to_string(),
                "--user-parent",
                "readlink",
                "/proc/self/ns/user",
            ])
            .ran()
            .ok();
        assert_eq!(
            own,
            format!("user:[{}]\n", inode_of("/proc/self/ns/user")),
            "{}",
            who.name
        );
    }
    Ok(())
}
