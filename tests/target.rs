//! How a person names a process or a namespace: one grammar in all the programs.

use std::process::Command;

use crate::support::case::cases;
use crate::support::{Cgroup, Held, Outcome, Ran, Run as _, needs, program, tool};

cases!["target":
    a_namespace_is_found_by_its_inode,
    a_namespace_is_found_by_its_id,
    a_namespace_is_found_by_its_host_name,
    a_host_name_of_several_names_none,
    a_unit_is_its_oldest_process,
    a_container_is_its_oldest_process_by_the_start_of_its_id,
    a_name_gives_each_kind_that_is_pinned_under_it,
    ns_mounts_takes_a_name_and_an_id,
    a_name_is_not_mistaken_for_something_else,
    what_was_perhaps_meant_is_said,
    a_stale_name_is_called_stale,
    an_unknown_name_is_answered_with_those_that_are,
    ns_ls_shows_what_is_in_a_namespace_of_any_spelling,
    what_means_nothing_is_wrong_usage,
    pinned_names_can_be_completed,
    ns_enter_takes_every_spelling,
];

/// A process in a UTS and a mount namespace of its own, with this host name.
fn container(host: &str) -> Held {
    Held::new(
        tool("unshare").args(["--uts", "--mount"]),
        &format!("hostname {host}; mount -t tmpfs of-{host} /mnt"),
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

fn a_namespace_is_found_by_its_inode() -> Outcome {
    needs::root()?;
    let there = container("by-inode");
    let (uts, mnt) = (there.inode("uts"), there.inode("mnt"));
    for target in [format!("uts:[{uts}]"), uts.to_string()] {
        assert_eq!(hostname(&target).ok(), "by-inode\n");
    }
    for target in [format!("mnt:[{mnt}]"), format!("mount:[{mnt}]"), mnt.to_string()] {
        assert!(mounts(&target).ok().contains("of-by-inode\n"));
    }
    assert_eq!(
        hostname(&mnt.to_string()).fails(1),
        format!("ns-hostname: mnt:[{mnt}] is a mount namespace, not a UTS namespace\n")
    );
    let error = hostname(&format!("net:[{uts}]")).fails(1);
    let words = format!("ns-hostname: uts:[{uts}] is a UTS namespace, not a network namespace\n");
    assert_eq!(error, words);
    let error = hostname("uts:[4026539999999]").fails(1);
    assert!(
        error.starts_with("ns-hostname: no UTS namespace has the inode 4026539999999\n"),
        "{error}"
    );
    Ok(())
}

fn a_namespace_is_found_by_its_id() -> Outcome {
    needs::root()?;
    let there = container("by-id");
    let pid = there.pid.to_string();
    let id = program("ns-hostname")
        .args(["-l", "-n", "-o", "ID", "-t", &pid])
        .ran()
        .stdout;
    assert_eq!(hostname(&format!(":{}", id.trim())).ok(), "by-id\n");
    let error = hostname(":18446744073709551615").fails(1);
    assert!(
        error.starts_with("ns-hostname: no namespace has the id 18446744073709551615\n"),
        "{error}"
    );
    Ok(())
}

fn a_namespace_is_found_by_its_host_name() -> Outcome {
    needs::root()?;
    let there = container("by-host.of-ns-utils");
    assert_eq!(hostname("host:by-host.of-ns-utils").ok(), "by-host.of-ns-utils\n");
    let set = program("ns-hostname")
        .args(["-t", "host:by-host.of-ns-utils", "renamed.of-ns-utils"])
        .ran();
    assert_eq!(set.ok(), "");
    assert_eq!(hostname(&there.pid.to_string()).ok(), "renamed.of-ns-utils\n");
    let error = hostname("host:by-host.of-ns-utils").fails(1);
    let words = "ns-hostname: no UTS namespace has the host name \"by-host.of-ns-utils\"\n";
    assert!(error.starts_with(words), "{error}");
    assert!(error.contains("  help:  the host names are "), "{error}");
    Ok(())
}

fn a_host_name_of_several_names_none() -> Outcome {
    needs::root()?;
    let (first, second) = (container("twin.of-ns-utils"), container("twin.of-ns-utils"));
    let error = hostname("host:twin.of-ns-utils").fails(1);
    assert!(
        error.contains("2 UTS namespaces have the host name \"twin.of-ns-utils\": uts:["),
        "{error}"
    );
    for there in [&first, &second] {
        let choice = format!("uts:[{}] (process {})", there.inode("uts"), there.pid);
        assert!(error.contains(&choice), "{error}");
    }
    Ok(())
}

/// A process in the cgroup, and in a UTS namespace of its own with this host name.
fn member(cgroup: &Cgroup, host: &str) -> Held {
    Held::new(
        tool("unshare").arg("--uts"),
        &format!("{}; hostname {host}", cgroup.join()),
    )
}

fn a_unit_is_its_oldest_process() -> Outcome {
    let name = format!("ns-utils-{}", std::process::id());
    let cgroup = Cgroup::new(&format!("{name}.slice/{name}.service"))?;
    let worker = Cgroup::new(&format!("{name}.slice/{name}.service/worker"))?;
    let oldest = member(&cgroup, "oldest");
    let younger = member(&worker, "younger");
    for target in [format!("unit:{name}.service"), format!("unit:{name}")] {
        assert_eq!(hostname(&target).ok(), "oldest\n");
    }
    drop(oldest);
    assert_eq!(hostname(&format!("unit:{name}")).ok(), "younger\n");
    let error = hostname(&format!("unit:{}", &name[1..])).fails(1);
    assert_eq!(
        error,
        format!(
            "ns-hostname: no process is in the unit \"{}.service\"\n  help:  the units are {name}.service\n",
            &name[1..]
        )
    );
    drop(younger);
    Ok(())
}

fn a_container_is_its_oldest_process_by_the_start_of_its_id() -> Outcome {
    let own = format!("{:08x}", std::process::id());
    let id = |digit: &str| format!("{own}{digit}{}", "0".repeat(63 - own.len()));
    let (one, other) = (id("a"), id("b"));
    let docker = Cgroup::new(&format!("docker{own}.slice/docker-{one}.scope"))?;
    let podman = Cgroup::new(&format!("podman{own}.slice/libpod-{other}.scope/container"))?;
    let first = member(&docker, "docker");
    let second = member(&podman, "podman");
    for (target, host) in [
        (format!("container:{one}"), "docker\n"),
        (format!("container:{own}a"), "docker\n"),
        (format!("container:{own}b0"), "podman\n"),
    ] {
        assert_eq!(hostname(&target).ok(), host);
    }
    let error = hostname(&format!("container:{own}")).fails(1);
    assert!(
        error.starts_with(&format!(
            "ns-hostname: 2 containers have an id that starts with \"{own}\": {own}a0"
        )),
        "{error}"
    );
    let error = hostname("container:xyz").fails(1);
    assert!(error.contains(&format!("{own}a000")), "{error}");
    // The programs that take a process take it so.
    let target = format!("container:{own}a");
    let inodes = program("ns-ls")
        .args(["-p", &target, "-n", "-r", "-t", "uts", "-o", "NS"])
        .ran()
        .stdout;
    assert_eq!(inodes, format!("{}\n", first.inode("uts")));
    assert!(mounts(&target).ok().contains("proc\n"));
    drop(second);
    Ok(())
}

/// Runs a script with a `/run` of its own, so that what it pins goes with it: the programs are on the path.
fn with_run(script: &str) -> Ran {
    let programs = program("ns-hostname");
    let directory = std::path::Path::new(programs.get_program())
        .parent()
        .expect("it is in a directory");
    let path = format!(
        "{}:{}",
        directory.display(),
        std::env::var("PATH").unwrap_or_default()
    );
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

fn a_name_gives_each_kind_that_is_pinned_under_it() -> Outcome {
    needs::root()?;
    let names = with_run(&format!(
        "{PIN} ns-hostname -t web; ns-hostname -t name:web; ns-hostname -I -t web"
    ));
    assert_eq!(names.ok(), "pinned\npinned\n\n");
    let set = with_run(&format!(
        "{PIN} ns-hostname -t web renamed; ns-hostname -t web; hostname"
    ));
    assert_eq!(set.ok(), format!("renamed\n{}", tool("hostname").ran().ok()));
    let error = with_run(&format!("{PIN} ns-mounts -N web")).fails(1);
    assert_eq!(
        error,
        "ns-mounts: no mount namespace is pinned under the name \"web\", only net, uts\n"
    );
    let error = with_run(&format!("{PIN} ns-ls -p web")).fails(1);
    assert_eq!(
        error,
        "ns-ls: \"web\" is the name of a namespace, not a process\n"
    );
    Ok(())
}

fn ns_mounts_takes_a_name_and_an_id() -> Outcome {
    needs::root()?;
    needs::installed("taskset")?;
    // Linux 6.18 binds the file of a mount namespace only in one with a lower id, and each CPU has ids of its own: all of
    // it happens on one. The namespace is bound from outside of it, as it cannot hold itself.
    let script = "mkdir /run/mntns; touch /run/mntns/web; mkfifo /run/ready /run/end; mount --make-private /run; \
        unshare --mount --fork --kill-child sh -c 'mount -t tmpfs of-the-name /mnt; echo x >/run/ready; read x </run/end' & \
        read x </run/ready; mount --bind /proc/$!/ns/mnt /run/mntns/web; echo >/run/end; wait; \
        ns-mounts -N web -l -n -o SOURCE | grep of-the-name; \
        id=$(ns-ls -l -n -r -t mnt -o NAME,ID 2>/dev/null | sed -n 's/^web //p'); \
        ns-mounts -N :$id -l -n -o SOURCE | grep of-the-name; \
        ns-mounts -N host:of-nobody 2>&1 || true";
    let allowed = std::fs::read_to_string("/proc/self/status").expect("it can be read");
    let allowed = allowed
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .expect("it is there");
    let cpu = allowed.trim().split(['-', ',']).next().expect("there is one");
    let words = with_run(&format!(
        "taskset -p -c {cpu} $$ >/dev/null; unshare --mount sh -e -c '{}'",
        script.replace('\'', "'\\''")
    ))
    .ok();
    let mut lines = words.lines();
    assert_eq!(
        (lines.next(), lines.next()),
        (Some("of-the-name"), Some("of-the-name")),
        "{words}"
    );
    assert!(
        words.contains("ns-mounts: no UTS namespace has the host name \"of-nobody\""),
        "{words}"
    );
    Ok(())
}

fn a_name_is_not_mistaken_for_something_else() -> Outcome {
    needs::root()?;
    // A name in digits is asked for with its prefix; without it is a PID.
    let script = "mkdir /run/utsns; touch /run/utsns/4194305; \
        unshare --uts sh -c 'hostname digits; mount --bind /proc/self/ns/uts /run/utsns/4194305'; ";
    assert_eq!(
        with_run(&format!("{script} ns-hostname -t name:4194305")).ok(),
        "digits\n"
    );
    let error = with_run(&format!("{script} ns-hostname -t 4194305")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: process 4194305 does not exist\n  help:  there is a name in these digits: name:4194305\n"
    );
    // What stands in the directory of another kind is said to.
    let script = "mkdir /run/utsns; touch /run/utsns/odd; mount --bind /proc/self/ns/net /run/utsns/odd; ";
    let error = with_run(&format!("{script} ns-hostname -t odd")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: \"/run/utsns/odd\" is a network namespace, not a UTS namespace\n"
    );
    Ok(())
}

fn what_was_perhaps_meant_is_said() -> Outcome {
    needs::root()?;
    let there = container("meant.of-ns-utils");
    let error = hostname("meant.of-ns-utils").fails(1);
    assert_eq!(
        error,
        "ns-hostname: no namespace is pinned under the name \"meant.of-ns-utils\"\n  \
         help:  there is host:meant.of-ns-utils\n"
    );
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("ns");
    std::os::unix::fs::symlink(there.proc("ns/uts"), file).expect("it is ours");
    let mut command = program("ns-hostname");
    let error = command
        .args(["-t", "ns"])
        .current_dir(directory.path())
        .ran()
        .fails(1);
    assert!(error.ends_with("  help:  there is \"./ns\"\n"), "{error}");
    Ok(())
}

fn a_stale_name_is_called_stale() -> Outcome {
    needs::root()?;
    let error = with_run("mkdir /run/utsns; touch /run/utsns/old; ns-hostname -t old").fails(1);
    assert!(
        error.starts_with("ns-hostname: \"/run/utsns/old\" is stale: no namespace is mounted on it here\n"),
        "{error}"
    );
    // It may be alive in another mount namespace: where, is said, and what is said works.
    let ran = with_run(
        "mkdir /run/utsns; touch /run/utsns/web; mkfifo /run/ready /run/end; \
         unshare --mount --fork --kill-child sh -c 'unshare --uts sh -c \"hostname alive; \
         mount --bind /proc/self/ns/uts /run/utsns/web\"; echo >/run/ready; read x </run/end' & \
         read x </run/ready; ns-hostname -t web || ns-hostname -t /proc/$!/root/run/utsns/web; echo >/run/end; wait",
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "alive\n"), "{ran:?}");
    assert!(
        ran.stderr.contains("] is mounted there in mnt:["),
        "{}",
        ran.stderr
    );
    let help = "  help:  name the file as that process sees it: /proc/";
    assert!(
        ran.stderr.contains(help) && ran.stderr.ends_with("/root/run/utsns/web\n"),
        "{}",
        ran.stderr
    );
    // One of the kinds being stale does not spoil the others.
    let error = with_run(&format!(
        "{PIN} umount /run/netns/web; ns-hostname -t web; ns-hostname -t web -I"
    ));
    assert_eq!((error.status, error.stdout.as_str()), (1, "pinned\n"));
    assert!(
        error.stderr.contains("\"/run/netns/web\" is stale"),
        "{}",
        error.stderr
    );
    Ok(())
}

fn an_unknown_name_is_answered_with_those_that_are() -> Outcome {
    needs::root()?;
    let error = with_run(&format!("{PIN} touch /run/netns/blue; ns-hostname -t wbe")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: no namespace is pinned under the name \"wbe\"\n  help:  the names are \"blue\" (net), \"web\" (net, uts)\n"
    );
    Ok(())
}

fn ns_ls_shows_what_is_in_a_namespace_of_any_spelling() -> Outcome {
    needs::root()?;
    let there = container("inside.of-ns-utils");
    let pid = there.pid.to_string();
    let id = program("ns-hostname")
        .args(["-l", "-n", "-o", "ID", "-t", &pid])
        .ran()
        .stdout;
    let inode = there.inode("uts");
    for target in [
        inode.to_string(),
        format!("uts:[{inode}]"),
        format!(":{}", id.trim()),
        "host:inside.of-ns-utils".into(),
        there.proc("ns/uts"),
        pid.clone(),
    ] {
        let inside = program("ns-ls")
            .args([&target, "-t", "uts", "-J", "-o", "PID"])
            .ran()
            .json();
        assert!(
            inside.to_string().contains(&format!("{{\"pid\":{pid}}}")),
            "{target}: {inside}"
        );
    }
    let error = program("ns-ls").arg(&pid).ran().fails(1);
    assert_eq!(
        error,
        format!(
            "ns-ls: {pid} is a process, which is in namespaces of all kinds\n  help:  choose one with --type\n"
        )
    );
    let error = with_run(&format!("{PIN} ns-ls web")).fails(1);
    assert_eq!(
        error,
        "ns-ls: web is the name of several namespaces: net, uts\n  help:  choose one with --type\n"
    );
    let inside = with_run(&format!("{PIN} ns-ls web -t uts"));
    assert!(inside.stdout.contains("/run/utsns/web"), "{inside:?}");
    Ok(())
}

fn what_means_nothing_is_wrong_usage() -> Outcome {
    for (name, option) in [("ns-hostname", "-t"), ("ns-mounts", "-N"), ("ns-ls", "-p")] {
        for target in ["", "0", "foo:[1]", "hots:web", "net:[x]"] {
            let error = program(name).args([option, target]).ran().fails(2);
            assert!(error.contains(&format!("'{target}'")), "{error}");
        }
    }
    Ok(())
}

fn pinned_names_can_be_completed() -> Outcome {
    needs::root()?;
    let script = format!("{PIN} touch /run/netns/4711; ns-hostname --complete=targets | head -2");
    assert_eq!(
        with_run(&script).ok(),
        "name:4711\tpinned: net\nweb\tpinned: net, uts\n"
    );
    Ok(())
}

fn ns_enter_takes_every_spelling() -> Outcome {
    let own = format!("{:08x}", std::process::id());
    let cgroup = Cgroup::new(&format!("enter{own}.slice/enter{own}.service"))?;
    let scope = Cgroup::new(&format!("enter{own}.slice/docker-{own}{}.scope", "e".repeat(56)))?;
    let unit = member(&cgroup, &format!("unit-{own}"));
    let container = member(&scope, &format!("container-{own}"));
    let inode = unit.inode("uts");
    for (target, host) in [
        (format!("unit:enter{own}"), "unit"),
        (format!("unit:enter{own}.service"), "unit"),
        (format!("container:{own}e"), "container"),
        (format!("host:unit-{own}"), "unit"),
        (format!("uts:[{inode}]"), "unit"),
        (inode.to_string(), "unit"),
        (unit.proc("ns/uts"), "unit"),
    ] {
        for option in [format!("--target={target}"), format!("--uts={target}")] {
            let name = program("ns-enter").args([&option, "hostname"]).ran().ok();
            assert_eq!(name, format!("{host}-{own}\n"), "{option}");
        }
    }
    drop(container);
    // Every kind that is pinned under a name, and one of them.
    let links = "readlink /proc/self/ns/uts /proc/self/ns/net";
    let inside = with_run(&format!(
        "{PIN} stat -L -c %i /run/utsns/web /run/netns/web; ns-enter -t web {links}; ns-enter --net=name:web {links}; {links}"
    ))
    .ok();
    let written: Vec<_> = inside.lines().collect();
    let link = |kind: &str, inode: &str| format!("{kind}:[{inode}]");
    assert_eq!(
        written[2..4],
        [link("uts", written[0]), link("net", written[1])],
        "{inside}"
    );
    assert_eq!(written[4..6], [written[6], &link("net", written[1])], "{inside}");
    Ok(())
}
