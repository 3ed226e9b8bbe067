//! The result of each spelling of a target, in all programs.

use super::{PIN, container, hostname, member, mounts, with_run};
use crate::support::case::cases;
use crate::support::{Cgroup, Outcome, Run as _, needs, program};

cases!["target::spellings":
    a_namespace_is_found_by_its_inode,
    a_namespace_is_found_by_its_id,
    a_namespace_is_found_by_its_host_name,
    a_host_name_of_several_names_none,
    a_unit_is_its_oldest_process,
    a_container_is_its_oldest_process_by_the_start_of_its_id,
    ns_ls_shows_what_is_in_a_namespace_of_any_spelling,
    a_meaningless_target_is_a_usage_error,
    ns_enter_takes_every_spelling,
];

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
        error.starts_with(&without_list("a UTS namespace", "inode 4026539999999")),
        "{error}"
    );
    // Each kind has holders of its own that no search finds.
    for (kind, holder) in [
        ("ipc", "mount of an mqueue file system"),
        ("pid", "mount of a proc file system"),
        ("net", "open file below /proc/PID/net"),
    ] {
        let error = program("ns-ls").with(&format!("{kind}:[4026539999999]")).fails(1);
        let told = error.contains(holder) && error.contains("cannot be found");
        assert_eq!(told, !lists_all(), "{error}");
    }
    Ok(())
}

/// True if the kernel lists the namespaces of all kinds, for root.
fn lists_all() -> bool {
    needs::root().is_ok() && needs::linux(6, 19).is_ok()
}

/// The first line of the error that a namespace was not found. Only a kernel that lists all can tell that there is none.
fn without_list(what: &str, named: &str) -> String {
    if lists_all() {
        let what = what.split_once(' ').expect("an article").1;
        format!("ns-hostname: no {what} has the {named}\n")
    } else {
        format!("ns-hostname: cannot find {what} with the {named}\n")
    }
}

fn a_namespace_is_found_by_its_id() -> Outcome {
    needs::root()?;
    if needs::ids_of_every_kind().is_err() {
        // The kernel has ids for mount namespaces, or for none.
        let error = hostname(":5").fails(1);
        assert!(
            error.contains("since Linux 6.18") || error.contains("needs Linux 6.18"),
            "{error}"
        );
        return Ok(());
    }
    let there = container("by-id");
    let pid = there.pid.to_string();
    let id = program("ns-hostname")
        .args(["-l", "-n", "-o", "ID", "-t", &pid])
        .ran()
        .stdout;
    assert_eq!(hostname(&format!(":{}", id.trim())).ok(), "by-id\n");
    let error = hostname(":18446744073709551615").fails(1);
    assert!(
        error.starts_with(&without_list("a namespace", "id 18446744073709551615")),
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

fn a_unit_is_its_oldest_process() -> Outcome {
    needs::tools("hostname");
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
    needs::tools("hostname");
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
    // Programs that need a process accept it too.
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

fn ns_ls_shows_what_is_in_a_namespace_of_any_spelling() -> Outcome {
    needs::root()?;
    let there = container("inside.of-ns-utils");
    let pid = there.pid.to_string();
    let id = program("ns-hostname")
        .args(["-l", "-n", "-o", "ID", "-t", &pid])
        .ran()
        .stdout;
    let inode = there.inode("uts");
    let by_id = needs::ids_of_every_kind().map_or(inode.to_string(), |()| format!(":{}", id.trim()));
    for target in [
        inode.to_string(),
        format!("uts:[{inode}]"),
        by_id,
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
            "ns-ls: {pid} is a process, which has namespaces of all kinds\n  help:  choose one with --type, or list its namespaces: ns-ls -p {pid}\n"
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

fn a_meaningless_target_is_a_usage_error() -> Outcome {
    for (name, option) in [("ns-hostname", "-t"), ("ns-mounts", "-N"), ("ns-ls", "-p")] {
        for target in ["", "0", "foo:[1]", "hots:web", "net:[x]"] {
            let error = program(name).args([option, target]).ran().fails(2);
            assert!(error.contains(&format!("'{target}'")), "{error}");
        }
    }
    Ok(())
}

fn ns_enter_takes_every_spelling() -> Outcome {
    let own = format!("{:08x}", std::process::id());
    let cgroup = Cgroup::new(&format!("enter{own}.slice/enter{own}.service"))?;
    let scope = Cgroup::new(&format!("enter{own}.slice/docker-e{own}{}.scope", "e".repeat(55)))?;
    let unit = member(&cgroup, &format!("unit-{own}"));
    let container = member(&scope, &format!("container-{own}"));
    let inode = unit.inode("uts");
    for (target, host) in [
        (format!("unit:enter{own}"), "unit"),
        (format!("unit:enter{own}.service"), "unit"),
        (format!("container:e{own}"), "container"),
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
