//! What a target alone means, and the directories, cgroups, namespaces of children and mounts around it.

use super::{Who, both, in_all, inodes_inside};
use crate::support::Cgroup;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, inode_of, needs, program, tool};

cases!["enter":
    a_target_alone_is_entered_as_a_whole, the_working_directory_is_inside_the_root, wdns_takes_a_word, the_cgroup_is_joined_and_stdin_is_kept,
    cgroups_of_the_first_version_are_joined, a_parent_leads_to_its_children, the_time_of_children_is_entered, a_directory_outside_the_root_is_not_entered, a_proc_of_its_own, a_socket_leads_to_its_network,
    the_parent_of_a_user_namespace, attached_letters_are_options, a_plan_is_shown, one_process_of_that_inode_only,
];

/// A process with a root of its own, in which there is `/mnt/inside`, and with `/usr` as its working directory.
fn in_chroot(who: &Who) -> Held {
    let enter = "mount --rbind / /mnt && mount -t tmpfs none /mnt/mnt && : >/mnt/mnt/inside && PATH=$PATH:/usr/sbin:/sbin exec chroot /mnt \"$@\"";
    let mut command = who.program("ns-unshare");
    command.args(["-r", "-m", "-n", "sh", "-c", enter, "sh"]);
    Held::new(&mut command, "cd /usr")
}

fn a_target_alone_is_entered_as_a_whole() -> Outcome {
    for who in both()? {
        let held = in_chroot(&who);
        let target = ["-t", &held.pid.to_string()];
        for (kind, inode) in inodes_inside(who.enter().args(target)) {
            assert_eq!(inode, held.inode(kind), "{} {kind}", who.name);
        }
        let seen = who
            .enter()
            .args(target)
            .args(["sh", "-c", "ls -d /mnt/inside; pwd -P"])
            .ran();
        assert_eq!(seen.ok(), "/mnt/inside\n/usr\n", "{}", who.name);
        // A root that is ours is not entered, nor anything else that is.
        let own = Held::new(&mut who.program("env"), "cd /usr/lib");
        let pid = own.pid.to_string();
        let words = ["-t", &pid, "sh", "-c", "pwd -P; id -u"];
        let uid = who.user.map_or_else(nix_uid, |user| user.id);
        assert_eq!(
            who.enter().args(words).ran().ok(),
            format!("/usr/lib\n{uid}\n"),
            "{}",
            who.name
        );
        // As `docker exec` does: a process beside the others.
        let all = in_all(&who);
        let pid = all.pid.to_string();
        let inner = who.enter().args(["-t", &pid, "sh", "-c", "echo $$"]).ran().ok();
        assert!(inner.trim().parse::<i32>().expect("a PID") < 100, "{inner}");
    }
    Ok(())
}

fn nix_uid() -> u32 {
    nix::unistd::geteuid().as_raw()
}

fn the_working_directory_is_inside_the_root() -> Outcome {
    for who in both()? {
        let held = in_chroot(&who);
        let pid = held.pid.to_string();
        let outside = "stat -c %d:%i .; cd /; stat -c %d:%i .";
        for options in [&["-U", "-m", "-r"][..], &["-a", "-r"], &["-U", "-m", "--root"]] {
            let seen = who
                .enter()
                .args(["-t", &pid])
                .args(options)
                .args(["sh", "-c", &format!("ls -d mnt/inside; {outside}")])
                .ran()
                .ok();
            let lines: Vec<_> = seen.lines().collect();
            assert_eq!(lines[0], "mnt/inside", "{} {options:?}", who.name);
            assert_eq!(lines[1], lines[2], "{} {options:?}", who.name);
        }
        // One that is inside of the new root stays.
        let words = ["-t", &pid, "-U", "-r=/usr", "pwd", "-P"];
        let mut command = who.enter();
        assert_eq!(command.current_dir("/usr/lib").args(words).ran().ok(), "/lib\n");
        let mut command = who.enter();
        assert_eq!(command.current_dir("/etc").args(words).ran().ok(), "/\n");
    }
    Ok(())
}

fn wdns_takes_a_word() -> Outcome {
    for who in both()? {
        let held = in_chroot(&who);
        let pid = held.pid.to_string();
        for options in [
            &["-W", "/mnt"][..],
            &["-W=/mnt"],
            &["-W/mnt"],
            &["--wdns", "/mnt"],
            &["--wdns=/mnt"],
        ] {
            let seen = who.enter().args(["-t", &pid]).args(options).arg("ls").ran();
            assert_eq!(seen.ok(), "inside\n", "{} {options:?}", who.name);
        }
        let error = who.enter().with(&format!("-t {pid} -W")).fails(2);
        assert!(error.contains("--wdns"), "{error}");
    }
    Ok(())
}

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
    // Without -c it is left.
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

fn a_parent_leads_to_its_children() -> Outcome {
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
            "ns-enter: process {parent} is in pid:[{own}], and its children are in pid:[{}]: \
             --for-children enters that one\n",
            held.inode("pid")
        )
    );
    Ok(())
}

/// Without `execve(2)` a process stays in the time namespace that it was in.
fn the_time_of_children_is_entered() -> Outcome {
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

/// Who has left its root can still be entered.
fn a_directory_outside_the_root_is_not_entered() -> Outcome {
    let perl = needs::installed("perl")?;
    for who in both()? {
        let chroot =
            "mount --rbind / /mnt && cd /etc && exec \"$PERL\" -e 'chroot q(/mnt) or die; exec @ARGV' \"$@\"";
        let mut command = who.program("ns-unshare");
        command
            .env("PERL", &perl)
            .args(["-r", "-m", "sh", "-c", chroot, "sh"]);
        let held = Held::new(&mut command, "");
        let ran = who.enter().args(["-t", &held.pid.to_string(), "/bin/pwd"]).ran();
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, "/\n"),
            "{}: {ran:?}",
            who.name
        );
        assert_eq!(
            ran.stderr,
            format!(
                "ns-enter: the working directory of process {} is outside of its root: going to the root\n",
                held.pid
            )
        );
    }
    Ok(())
}

fn a_proc_of_its_own() -> Outcome {
    for who in both()? {
        let held = in_all(&who);
        let pid = held.pid.to_string();
        let own = std::fs::read_link("/proc/self/ns/mnt").expect("it is ours");
        for options in [&["-a"][..], &[], &["-U", "-p"], &["-a", "-r"]] {
            let mut enter = who.enter();
            enter.args(["-t", &pid, "--mount-proc"]).args(options);
            let seen = enter
                .args([
                    "sh",
                    "-c",
                    "readlink /proc/self; echo $$; ls -d /proc/[0-9]* | wc -l",
                ])
                .ran()
                .ok();
            let lines: Vec<_> = seen.lines().collect();
            let number = |index: usize| lines[index].trim().parse::<i32>().expect("a number");
            // readlink is the child after the shell.
            assert_eq!(number(0), number(1) + 1, "{} {options:?}", who.name);
            assert!(number(2) < 10, "{} {options:?}: {seen}", who.name);
        }
        // Nobody else sees the mount.
        assert_eq!(std::fs::read_link("/proc/self/ns/mnt").expect("it is ours"), own);
        assert!(std::path::Path::new(&held.proc("stat")).exists());
        let table = std::fs::read_to_string(held.proc("mountinfo")).expect("it is ours");
        let mounts = |table: &str| table.lines().filter(|line| line.contains(" /proc ")).count();
        let ours = std::fs::read_to_string("/proc/self/mountinfo").expect("it is ours");
        assert_eq!(mounts(&table), mounts(&ours), "{}", who.name);
    }
    Ok(())
}

fn a_socket_leads_to_its_network() -> Outcome {
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
    let mut child = tool("python3")
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it is installed");
    let mut said = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("it is a pipe"));
    std::io::BufRead::read_line(&mut stdout, &mut said).expect("it writes text");
    let (pid, link) = said.trim().split_once(' ').expect("two words");
    let run = |fd: &str| {
        program("ns-enter")
            .args(["-t", pid, "-N", fd, "readlink", "/proc/self/ns/net"])
            .ran()
    };
    let (right, none, file) = (run("9"), run("77"), run("0"));
    drop(child.stdin.take());
    child.wait().expect("it is our child");
    assert_eq!(right.ok().trim(), link);
    assert!(none.fails(1).contains("has no descriptor 77"));
    assert!(file.fails(1).contains("is not a socket"));
    Ok(())
}

fn the_parent_of_a_user_namespace() -> Outcome {
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
        // The parent of one just below ours is ours: there is nothing to do.
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

fn attached_letters_are_options() -> Outcome {
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

fn one_process_of_that_inode_only() -> Outcome {
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
                "ns-enter: process {} is not the one with the pidfd inode {}: that one has ended\n",
                held.pid,
                inode + 1
            )
        );
    }
    Ok(())
}
