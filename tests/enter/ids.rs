//! The ids of the program, and its environment.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::both;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, path_of, program, tool};

cases!["enter::ids":
    the_owner_is_entered_where_that_is_what_is_missing, ids_that_are_not_mapped_fall_back, a_user_namespace_without_a_map,
    users_and_groups_have_names, the_groups_of_the_user_are_taken, the_ids_of_the_target_are_followed, an_unmapped_id_is_not_followed,
    capabilities_are_kept,
    the_security_context_is_that_of_the_target,
    the_environment_is_that_of_the_target, an_environment_behind_subordinate_ids_is_read,
];

fn the_owner_is_entered_where_that_is_what_is_missing() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").args(["-r", "-n", "-u"]), "");
    let file = held.proc("ns/net");
    for options in [
        &["-t", &held.pid.to_string(), "-n"][..],
        &[&format!("--net={file}")],
        &[&format!("--net={file}"), "--setuid=0"],
    ] {
        let seen = user
            .program("ns-enter")
            .args(options)
            .args([
                "sh",
                "-c",
                "id -u; readlink /proc/self/ns/user /proc/self/ns/net /proc/self/ns/uts",
            ])
            .ran()
            .ok();
        let expected = format!(
            "0\nuser:[{}]\nnet:[{}]\nuts:[{}]\n",
            held.inode("user"),
            held.inode("net"),
            inode_of("/proc/self/ns/uts")
        );
        assert_eq!(seen, expected, "{options:?}");
    }
    Ok(())
}

fn ids_that_are_not_mapped_fall_back() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = Held::new(
            who.program("ns-unshare")
                .args(["--map-user=5", "--map-group=6", "-n"]),
            "",
        );
        let pid = held.pid.to_string();
        let ran = who
            .enter()
            .args(["-t", &pid, "-U", "sh", "-c", "id -u; id -g"])
            .ran();
        assert_eq!(ran.stdout, "5\n6\n", "{}", who.name);
        assert_eq!(
            ran.stderr,
            "ns-enter: note: gid 0 is not mapped in the user namespace: using gid 6\n\
             ns-enter: note: uid 0 is not mapped in the user namespace: using uid 5\n"
        );
        let error = who.enter().args(["-t", &pid, "-U", "-S", "7", "true"]).ran();
        assert_eq!(error.status, 1);
        assert!(
            error.stderr.contains(
                "ns-enter: cannot set the uid to 7: Invalid argument\n  \
                 cause: the uid map of the user namespace has no uid 7: 5:"
            ),
            "{error:?}"
        );
    }
    Ok(())
}

fn a_user_namespace_without_a_map() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = Held::new(who.program("ns-unshare").args(["-U", "-n"]), "");
        let pid = held.pid.to_string();
        let error = who.enter().args(["-t", &pid, "true"]).ran().fails(1);
        assert_eq!(
            error,
            "ns-enter: the user namespace has no gid map: no gid can be used\n  \
             help:  use --preserve-credentials to keep your uid and gid\n",
            "{}",
            who.name
        );
        let words = ["-t", &pid, "--preserve-credentials", "id", "-u"];
        assert_eq!(who.enter().args(words).ran().ok(), "65534\n", "{}", who.name);
    }
    Ok(())
}

fn users_and_groups_have_names() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let user = User::ordinary()?;
    let held = Held::new(program("ns-unshare").args(["-n"]), "");
    let pid = held.pid.to_string();
    let words = ["-t", &pid, "-n", "-S", &user.name, "-G", &user.name, "sh", "-c"];
    let seen = program("ns-enter")
        .args(words)
        .arg("id -u; id -g; id -G")
        .ran()
        .ok();
    assert_eq!(seen, format!("{0}\n{0}\n{0}\n", user.id));
    // The caller's other groups are dropped.
    let mut command = tool(needs::installed("setpriv")?);
    command
        .args(["--groups", "11,12"])
        .arg(program("ns-enter").get_program());
    let seen = command.args(["-t", &pid, "-n", "-G", "5", "id", "-G"]).ran().ok();
    assert_eq!(seen, "5\n");
    // The name is looked up outside. Inside, no user has a name.
    let hidden = Held::new(program("ns-unshare").arg("-m"), "mount -t tmpfs none /etc");
    let seen = program("ns-enter")
        .args(["-t", &hidden.pid.to_string(), "-m", "-S", &user.name, "id", "-u"])
        .ran()
        .ok();
    assert_eq!(seen, format!("{}\n", user.id));
    let error = program("ns-enter")
        .args(["-t", &pid, "-n", "-S", "no-such-user", "true"])
        .ran()
        .fails(2);
    assert!(error.contains("there is no such user"), "{error}");
    // No number wraps.
    let error = program("ns-enter")
        .args(["-t", &pid, "-n", "-S", "4294967301", "true"])
        .ran()
        .fails(2);
    assert!(error.contains("4294967301"), "{error}");
    Ok(())
}

/// Without --groups, only the uid changes, as in nsenter(1).
fn the_groups_of_the_user_are_taken() -> Outcome {
    needs::root()?;
    needs::tools("mount setpriv");
    let user = User::ordinary()?;
    let (name, id) = (&user.name, user.id);
    let script = format!(
        "mount -t tmpfs tmp /mnt; (cat /etc/group; echo one:x:4711:{name}; echo two:x:4712:x,{name}) >/mnt/group
        mount --bind /mnt/group /etc/group
        look() {{ setpriv --groups 11,12 $E -t $$ -u \"$@\" sh -c 'id -u; id -g; id -G'; }}
        look -S {name}; look -S {id} --groups; look -S {name} -G 5 --groups"
    );
    let mut command = tool("unshare");
    command.env("E", program("ns-enter").get_program());
    let seen = command.args(["-m", "-u", "sh", "-c", &script]).ran().ok();
    assert_eq!(
        seen,
        format!("{id}\n0\n0 11 12\n{id}\n{id}\n{id} 4711 4712\n{id}\n5\n5 4711 4712 {id}\n")
    );
    for (words, status, part) in [
        ("-t 1 -u --groups true", 2, "--setuid"),
        ("-t 1 -u -S follow --groups true", 2, "\"follow\" names no user"),
        (
            "-u=/proc/self/ns/uts -S 4712345 --groups true",
            1,
            "uid 4712345 has no entry in /etc/passwd",
        ),
    ] {
        let error = program("ns-enter").with(words).fails(status);
        assert!(error.contains(part), "{words}: {error}");
    }
    Ok(())
}

fn the_ids_of_the_target_are_followed() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let plain = Held::new(program("ns-unshare").args("-n -S 71 -G 72".split(' ')), "");
    let seen = program("ns-enter")
        .with(&format!("-t {} -n -S follow -G follow id -u", plain.pid))
        .ok();
    assert_eq!(seen, "71\n");
    // The ids are numbers in the entered user namespace.
    let inner = Held::new(
        program("ns-unshare")
            .args("-n --map-users=0:100000:100 --map-groups=0:100000:100 -S 7 -G 8".split(' ')),
        "",
    );
    let seen = program("ns-enter")
        .args(["-t", &inner.pid.to_string(), "-S", "follow", "-G", "follow"])
        .args(["sh", "-c", "id -u; id -g"])
        .ran()
        .ok();
    assert_eq!(seen, "7\n8\n");
    let error = program("ns-enter")
        .with("--net=/proc/self/ns/net -S follow true")
        .fails(2);
    assert!(error.contains("--target"), "{error}");
    Ok(())
}

fn an_unmapped_id_is_not_followed() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    // The target has uid and gid 0 of the system. In its own namespace both look like 65534, which is another id.
    let held = Held::new(
        program("ns-unshare").args("-n --map-users=0:100000:65536 --map-groups=0:100000:65536".split(' ')),
        "",
    );
    let namespace = format!("-U{}", held.proc("ns/user"));
    let other = Held::new(&mut tool("env"), "");
    let target = [held.pid, other.pid].map(|pid| pid.to_string());
    for words in [
        ["-U", "-t", &target[0], "-S", "follow"],
        ["-U", "-t", &target[0], "-G", "follow"],
        [&*namespace, "-t", &target[1], "-S", "follow"],
        [&*namespace, "-t", &target[1], "-G", "follow"],
    ] {
        let name = if words[3] == "-S" { "uid" } else { "gid" };
        let pid = words[2];
        assert_eq!(
            program("ns-enter").args(words).args(["id", "-u"]).ran().fails(1),
            format!(
                "ns-enter: the {name} of process {pid} is not mapped in the user namespace\n  \
                 cause: it is {name} 0 outside of it\n"
            )
        );
    }
    // An id that is mapped has its number inside, whatever namespace its process is in.
    let mapped = Held::new(
        tool("setpriv").args("--reuid=100007 --regid=100008 --clear-groups".split(' ')),
        "",
    );
    let seen = program("ns-enter")
        .args([&namespace, "-t", &mapped.pid.to_string()])
        .args(["-S", "follow", "-G", "follow", "sh", "-c", "id -u; id -g"])
        .ran()
        .ok();
    assert_eq!(seen, "7\n8\n");
    Ok(())
}

fn capabilities_are_kept() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").args(["-c", "-n"]), "");
    let pid = held.pid.to_string();
    let effective = |options: &[&str]| {
        let mut command = user.program("ns-enter");
        command
            .args(["-t", &pid, "-U", "--preserve-credentials"])
            .args(options);
        let text = command.args(["grep", "CapEff", "/proc/self/status"]).ran().ok();
        u64::from_str_radix(text.trim_start_matches("CapEff:").trim(), 16).expect("a number")
    };
    assert_eq!(effective(&[]), 0);
    assert_ne!(effective(&["--keep-caps"]), 0);
    needs::root()?;
    // Capabilities of the system are not passed to another user.
    let held = Held::new(program("ns-unshare").args(["-n"]), "");
    let ran = program("ns-enter")
        .args([
            "-t",
            &held.pid.to_string(),
            "-n",
            "-G",
            "7",
            "-S",
            "7",
            "--keep-caps",
        ])
        .args(["grep", "CapEff", "/proc/self/status"])
        .ran();
    assert_eq!(ran.ok(), "CapEff:\t0000000000000000\n");
    Ok(())
}

/// The environment of the target: a repeated name, an unsorted order, and bytes that are not text.
fn variables() -> [&'static OsStr; 4] {
    [&b"B=2"[..], b"A=1", b"B_=\xff\n", b"LAST= "].map(OsStr::from_bytes)
}

const ENVIRONMENT: &[u8] = b"B=2\0A=1\0B_=\xff\n\0LAST= \0";

/// Files replace SELinux's files in `/sys/fs/selinux` and `/proc/PID/attr`. They show what is written, not what SELinux
/// does.
fn the_security_context_is_that_of_the_target() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let held = Held::new(program("ns-unshare").arg("-u"), "");
    let enter = format!("{} -t {} -u", path_of("ns-enter").display(), held.pid);
    let text = format!(
        "mount -t tmpfs stand-in /sys/fs && mount -t tmpfs files /mnt && touch /mnt/exec && printf 'u:r:t:s0\\0' >/mnt/current
         mount --bind /mnt/current {}
         run() {{ sh -c 'mount --bind /mnt/exec /proc/$$/attr/exec && exec {enter} --no-fork \"$@\"' sh \"$@\"; cat /mnt/exec; }}
         run -Z echo off
         mkdir /sys/fs/selinux && touch /sys/fs/selinux/enforce
         run echo not asked; run -Z echo on",
        held.proc("attr/current"),
    );
    let seen = program("ns-unshare").args(["-m", "sh", "-c", &text]).ran().ok();
    assert_eq!(seen, "off\nnot asked\non\nu:r:t:s0");
    Ok(())
}

fn the_environment_is_that_of_the_target() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = Held::new(
            who.program("ns-unshare")
                .args(["-r", "-n", "env", "-i"])
                .args(variables()),
            "",
        );
        let pid = held.pid.to_string();
        for options in [&["-e"][..], &["-n", "--env"], &["-a", "-e"]] {
            let ran = who
                .enter()
                .args(["-t", &pid])
                .args(options)
                .args(["cat", "/proc/self/environ"])
                .ran();
            assert_eq!(
                (ran.status, &*ran.bytes),
                (0, ENVIRONMENT),
                "{} {options:?}",
                who.name
            );
        }
    }
    Ok(())
}

fn an_environment_behind_subordinate_ids_is_read() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    let held = Held::new(
        user.program("ns-unshare")
            .args("-r --map-auto -n -S 5 -G 5 env -i".split(' '))
            .args(variables()),
        "",
    );
    let pid = held.pid.to_string();
    // Before the user namespace is entered, the kernel refuses this.
    let refused = user.tool("cat").arg(held.proc("environ")).ran();
    assert_eq!(refused.status, 1, "{refused:?}");
    let mut enter = user.program("ns-enter");
    let ran = enter.args(["-t", &pid, "-e", "cat", "/proc/self/environ"]).ran();
    assert_eq!((ran.status, &*ran.bytes), (0, ENVIRONMENT), "{ran:?}");
    Ok(())
}
