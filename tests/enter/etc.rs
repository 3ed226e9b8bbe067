//! `--etc`: the files of a named network namespace, compared with `ip netns exec`.
//!
//! Each case has its own mount namespace with its own `/run` and `/etc`, so nothing is created outside.

use super::{Who, both};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Ran, Run as _, needs};

cases!["enter::etc":
    it_is_what_ip_netns_exec_gives,
    the_mounts_below_sys_stay,
    it_is_off_unless_asked,
    an_entry_without_a_counterpart_is_noted,
    an_entry_that_is_not_alike_is_noted,
    a_link_is_covered_itself,
    a_process_has_a_sys_and_no_files,
    a_sysfs_that_cannot_be_mounted_is_noted,
    a_sysfs_that_fails_half_way_is_an_error,
    no_mount_below_sys_is_lost_without_a_word,
    the_working_directory_is_in_it,
    contradicting_options_are_refused,
    the_plan_shows_it,
];

/// Makes the surroundings, with a network namespace `blue` in it, and an interface there.
const ROOM: &str = "set -e
    mount -t tmpfs run /run; mount -t tmpfs etc /etc
    echo 'nameserver 192.0.2.1' >/etc/resolv.conf; echo outside >/etc/hosts; mkdir /etc/dir /etc/netns
    ip netns add blue; ip -n blue link add dummy-blue type veth peer name other-blue
    mkdir /etc/netns/blue /etc/netns/blue/dir
    echo 'nameserver 192.0.2.2' >/etc/netns/blue/resolv.conf; echo blue >/etc/netns/blue/dir/file
    ";

/// Runs a script as root of the room, with `$E` for `ns-enter`.
fn in_room(who: &Who, script: &str) -> Result<Ran, Skip> {
    needs::tools("ip mount");
    let mut command = who.program("ns-unshare");
    command.env("E", who.program("ns-enter").get_program());
    Ok(command
        .args(["-r", "-m", "-n", "sh", "-c", &format!("{ROOM}{script}")])
        .ran())
}

/// Prints the files that differ, as a program sees them.
const LOOK: &str = "cat /etc/resolv.conf /etc/hosts; ls /etc/dir /sys/class/net; readlink /proc/self/ns/net";

fn it_is_what_ip_netns_exec_gives() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let ran = in_room(
            &who,
            &format!("$E --net=blue --etc sh -c '{LOOK}'; echo ==; ip netns exec blue sh -c '{LOOK}'"),
        )?;
        let text = ran.ok();
        let (ours, theirs) = text.split_once("==\n").expect("both have run");
        assert_eq!(ours, theirs, "{}", who.name);
        for part in ["nameserver 192.0.2.2", "outside", "file", "dummy-blue"] {
            assert!(ours.contains(part), "{}: {part}: {ours}", who.name);
        }
        // Nothing changes outside, and the mounts of both programs are invisible there.
        let after = in_room(
            &who,
            "before=$(cat /proc/self/mountinfo); $E --net=blue --etc true
            [ \"$before\" = \"$(cat /proc/self/mountinfo)\" ]; cat /etc/resolv.conf",
        )?;
        assert_eq!(after.ok(), "nameserver 192.0.2.1\n", "{}", who.name);
    }
    Ok(())
}

fn the_mounts_below_sys_stay() -> Outcome {
    needs::user_namespaces()?;
    let look = "ls /sys/fs/cgroup; cat /sys/fs/bpf/kept /sys/fs/bpf/below/kept";
    for who in both()? {
        let text = in_room(
            &who,
            &format!(
                "mount -t tmpfs a /sys/fs/bpf; echo one >/sys/fs/bpf/kept; mkdir /sys/fs/bpf/below
                mount -t tmpfs b /sys/fs/bpf/below; echo two >/sys/fs/bpf/below/kept
                {look}; echo ==; $E --net=blue --etc sh -c '{look}'; echo ==
                ip netns exec blue ls /sys/fs/cgroup /sys/fs/bpf"
            ),
        )?
        .ok();
        let parts: Vec<_> = text.split("==\n").collect();
        assert_eq!(parts[0], parts[1], "{}", who.name);
        assert!(parts[0].ends_with("one\ntwo\n"), "{text}");
        assert!(
            parts[0].lines().count() > 2,
            "there is no cgroup file system: {text}"
        );
        // The other program has lost them.
        assert_eq!(parts[2], "/sys/fs/bpf:\n\n/sys/fs/cgroup:\n", "{}", who.name);
    }
    Ok(())
}

fn it_is_off_unless_asked() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let text = in_room(&who, "$E --net=blue cat /etc/resolv.conf")?.ok();
        assert_eq!(text, "nameserver 192.0.2.1\n", "{}", who.name);
        // If the namespace has no files of its own, the program sees the usual files.
        let text = in_room(
            &who,
            "ip netns add red; $E --net=red --etc sh -c 'cat /etc/resolv.conf; ls /sys/class/net'",
        )?;
        assert_eq!(text.ok(), "nameserver 192.0.2.1\nlo\n", "{}", who.name);
    }
    Ok(())
}

fn an_entry_without_a_counterpart_is_noted() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let ran = in_room(
            &who,
            "touch /etc/netns/blue/new; mkdir /etc/netns/blue/link; ln -s /no/such/file /etc/link
            ln -s /nowhere /etc/netns/blue/hosts; $E --net=blue --etc cat /etc/resolv.conf",
        )?;
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, "nameserver 192.0.2.2\n"),
            "{ran:#?}"
        );
        assert_eq!(
            ran.stderr,
            "ns-enter: note: cannot bind \"/etc/netns/blue/hosts\" over \"/etc/hosts\": No such file or directory\n  \
             cause: \"/etc/netns/blue/hosts\" is a link to \"/nowhere\", which does not exist\n\
             ns-enter: note: cannot bind \"/etc/netns/blue/link\" over \"/etc/link\": No such file or directory\n  \
             cause: \"/etc/link\" is a link to \"/no/such/file\", which does not exist\n\
             ns-enter: note: cannot bind \"/etc/netns/blue/new\" over \"/etc/new\": No such file or directory\n  \
             cause: \"/etc/new\" does not exist\n  \
             help:  touch /etc/new\n"
        );
    }
    Ok(())
}

fn an_entry_that_is_not_alike_is_noted() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    for who in both()? {
        let ran = in_room(
            &who,
            "mkdir /etc/netns/blue/hosts /etc/other; touch /etc/netns/blue/other
            $E --net=blue --etc cat /etc/hosts /etc/resolv.conf",
        )?;
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, "outside\nnameserver 192.0.2.2\n"),
            "{ran:#?}"
        );
        assert_eq!(
            ran.stderr,
            "ns-enter: note: cannot bind \"/etc/netns/blue/hosts\" over \"/etc/hosts\": Not a directory\n  \
             cause: \"/etc/netns/blue/hosts\" is a directory, and \"/etc/hosts\" is a file\n\
             ns-enter: note: cannot bind \"/etc/netns/blue/other\" over \"/etc/other\": Not a directory\n  \
             cause: \"/etc/netns/blue/other\" is a file, and \"/etc/other\" is a directory\n"
        );
        // Any other refusal is an error, because the program would run with the wrong files.
        let strace = "strace -f -qq -o /dev/null -P /etc/resolv.conf -e inject=move_mount:error=EPERM";
        let error = in_room(&who, &format!("{strace} $E --net=blue --etc echo ran"))?.fails(1);
        assert!(error.contains(" over \"/etc/"), "{error}");
    }
    Ok(())
}

fn a_link_is_covered_itself() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        // Another program replaces the target of the link while the program runs.
        let text = in_room(
            &who,
            "mkdir /run/resolve; mv /etc/resolv.conf /run/resolve/stub; ln -s /run/resolve/stub /etc/resolv.conf
            mkdir /run/dir; rmdir /etc/dir; ln -s /run/dir /etc/dir
            $E --net=blue --etc sh -c '
                cat /etc/resolv.conf
                echo later >/run/resolve/new; mv /run/resolve/new /run/resolve/stub
                cat /etc/resolv.conf /run/resolve/stub /etc/dir/file'
            cat /etc/resolv.conf; readlink /etc/resolv.conf",
        )?;
        let blue = "nameserver 192.0.2.2\n";
        assert_eq!(
            text.ok(),
            format!("{blue}{blue}later\nblue\nlater\n/run/resolve/stub\n"),
            "{}",
            who.name
        );
        // A link to nowhere is covered too.
        let text = in_room(
            &who,
            "ln -sf /nowhere /etc/resolv.conf; $E --net=blue --etc cat /etc/resolv.conf",
        )?;
        assert_eq!(text.ok(), blue, "{}", who.name);
    }
    Ok(())
}

fn a_process_has_a_sys_and_no_files() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        for options in ["-t $! -n", "-n -t $!", "--net=/run/blue"] {
            let text = in_room(
                &who,
                &format!(
                    "touch /run/blue; mount --bind /run/netns/blue /run/blue
                    ip netns exec blue sleep 100 & until [ \"$(readlink /proc/$!/exe)\" = \"$(readlink -f \"$(command -v sleep)\")\" ]; do :; done
                    $E {options} --etc sh -c 'cat /etc/resolv.conf; ls /sys/class/net'; kill $!"
                ),
            )?;
            let text = text.ok();
            assert!(
                text.starts_with("nameserver 192.0.2.1\n") && text.contains("dummy-blue"),
                "{}: {options}: {text}",
                who.name
            );
        }
        // The file of a name stands for the name.
        let text = in_room(&who, "$E --net=/run/netns/blue --etc cat /etc/resolv.conf")?;
        assert_eq!(text.ok(), "nameserver 192.0.2.2\n", "{}", who.name);
    }
    Ok(())
}

fn a_sysfs_that_cannot_be_mounted_is_noted() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    for who in both()? {
        // The caller's own network namespace does not belong to this user namespace.
        let mut command = who.program("ns-unshare");
        command
            .env("E", who.program("ns-enter").get_program())
            .args(["-r", "-m", "sh", "-c"])
            .arg(
                "set -e; mount -t tmpfs run /run; mount -t tmpfs etc /etc; mkdir -p /run/netns /etc/netns/ours
                touch /run/netns/ours /etc/resolv.conf; mount --bind /proc/self/ns/net /run/netns/ours
                echo blue >/etc/netns/ours/resolv.conf; $E --net=ours --etc sh -c 'cat /etc/resolv.conf; ls -d /sys/class/net'",
            );
        let ran = command.ran();
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, "blue\n/sys/class/net\n"),
            "{ran:#?}"
        );
        let note = "ns-enter: note: cannot mount sysfs on \"/sys\", and keep the mounts below it: Operation not permitted\n  cause: net:[";
        assert!(ran.stderr.starts_with(note), "{ran:#?}");
        assert!(
            ran.stderr.contains("belongs neither to this user namespace"),
            "{ran:#?}"
        );
    }
    Ok(())
}

fn a_sysfs_that_fails_half_way_is_an_error() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    for who in both()? {
        for fault in [
            "fsopen:error=ENOMEM",
            "move_mount:error=EPERM",
            "move_mount:error=ENOMEM:when=2",
        ] {
            let strace = format!("strace -f -qq -o /dev/null -e inject={fault}");
            let error = in_room(&who, &format!("{strace} $E --net=blue --etc echo ran"))?.fails(1);
            assert!(
                error.starts_with("ns-enter: cannot mount sysfs on \"/sys\""),
                "{fault}: {error}"
            );
        }
    }
    Ok(())
}

fn no_mount_below_sys_is_lost_without_a_word() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    for who in both()? {
        let run = |fault: &str| {
            let script = format!(
                "mount -t tmpfs a /sys/fs/bpf; echo kept >/sys/fs/bpf/file
                strace -f -qq -o /dev/null {fault} $E --net=blue --etc cat /sys/fs/bpf/file"
            );
            in_room(&who, &script)
        };
        let mut failed = 0;
        for when in 1..=12 {
            let ran = run(&format!(
                "-P /sys/fs/bpf -P /sys -e inject=statx:error=ENOMEM:when={when}"
            ))?;
            failed += u32::from(ran.status == 1);
            assert!(
                (ran.status, ran.stdout.as_str()) == (0, "kept\n")
                    || (ran.status == 1 && ran.stdout.is_empty()),
                "{when}: {ran:?}"
            );
        }
        assert!(failed >= 2, "{failed}");
    }
    Ok(())
}

fn the_working_directory_is_in_it() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        for option in ["--wd=/etc", "--wdns=/etc"] {
            let text = in_room(&who, &format!("$E --net=blue --etc {option} cat resolv.conf"))?.ok();
            assert_eq!(text, "nameserver 192.0.2.2\n", "{}: {option}", who.name);
        }
        let text = in_room(&who, "cd /etc; $E --net=blue --etc cat resolv.conf")?.ok();
        assert_eq!(text, "nameserver 192.0.2.2\n", "{}", who.name);
    }
    Ok(())
}

fn contradicting_options_are_refused() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        for (options, part) in [
            ("-u -t $$", "needs a network namespace"),
            (
                "-t $$ -u --net=blue --root=/",
                "cannot be combined with another mount namespace or root directory",
            ),
            (
                "--net=blue --mount=/proc/self/ns/mnt",
                "cannot be combined with another mount namespace",
            ),
        ] {
            let script = format!("cd /run; ln -s /proc/self/ns/net file; exec $E --etc {options} echo ran");
            let error = in_room(&who, &script)?.fails(2);
            assert!(
                error.contains("--etc") && error.contains(part),
                "{options}: {error}"
            );
        }
        // A name in --target counts too.
        for options in ["-t blue", "-t blue -n", "-a -t blue"] {
            let text = in_room(&who, &format!("$E --etc {options} cat /etc/resolv.conf"))?.ok();
            assert_eq!(text, "nameserver 192.0.2.2\n", "{}: {options}", who.name);
        }
    }
    Ok(())
}

fn the_plan_shows_it() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let lines = in_room(&who, "$E --net=blue --etc --dry-run true")?.lines();
        assert_eq!(
            lines,
            [
                "self join the network namespace blue",
                "self create a mount namespace",
                "self make all mounts slave",
                "self mount sysfs on \"/sys\", and keep the mounts below it",
                "self bind \"/etc/netns/blue/dir\" over \"/etc/dir\"",
                "self bind \"/etc/netns/blue/resolv.conf\" over \"/etc/resolv.conf\"",
                "self run \"true\"",
            ]
        );
    }
    Ok(())
}
