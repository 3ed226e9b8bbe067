//! The meaning of a target alone, and the root, the working directory and the mounts of the program.

use super::{Who, both, in_all, inodes_inside};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs};

cases!["enter::surroundings":
    a_target_alone_is_entered_as_a_whole,
    the_working_directory_is_inside_the_root,
    wdns_takes_a_word,
    a_directory_outside_the_root_is_not_entered,
    a_proc_of_its_own,
];

/// A process with a root of its own, in which there is `/mnt/inside`, and with `/usr` as its working directory.
fn in_chroot(who: &Who) -> Held {
    needs::tools("mount");
    let enter = "mount --rbind / /mnt && mount -t tmpfs none /mnt/mnt && : >/mnt/mnt/inside && exec chroot /mnt \"$@\"";
    let mut command = who.program("ns-unshare");
    command.args(["-r", "-m", "-n", "sh", "-c", enter, "sh"]);
    Held::new(&mut command, "cd /usr")
}

fn a_target_alone_is_entered_as_a_whole() -> Outcome {
    needs::user_namespaces()?;
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
        // A root that is the caller's own is not entered, and neither is anything else of the caller's.
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
        // As with `docker exec`: a process beside the others.
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
    needs::user_namespaces()?;
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
        // A working directory inside the new root stays.
        let words = ["-t", &pid, "-U", "-r=/usr", "pwd", "-P"];
        let mut command = who.enter();
        assert_eq!(command.current_dir("/usr/lib").args(words).ran().ok(), "/lib\n");
        let mut command = who.enter();
        assert_eq!(command.current_dir("/etc").args(words).ran().ok(), "/\n");
    }
    Ok(())
}

fn wdns_takes_a_word() -> Outcome {
    needs::user_namespaces()?;
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

/// A process whose directory is outside its root can still be entered.
fn a_directory_outside_the_root_is_not_entered() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
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
                "ns-enter: note: the working directory of process {} is outside the root of the program: using that root\n",
                held.pid
            )
        );
    }
    Ok(())
}

fn a_proc_of_its_own() -> Outcome {
    needs::user_namespaces()?;
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
