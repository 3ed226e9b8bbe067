//! Pinned names as targets, and the errors about unknown names.

use super::{PIN, container, hostname, with_run};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, program, tool};

cases!["target::names":
    a_name_gives_each_kind_that_is_pinned_under_it,
    ns_mounts_takes_a_name_and_an_id,
    a_name_is_not_mistaken_for_something_else,
    an_unknown_name_suggests_other_targets,
    a_stale_name_is_called_stale,
    an_unknown_name_is_answered_with_those_that_are,
    an_unknown_name_to_remove_is_answered_with_the_stale_ones_too,
    pinned_names_can_be_completed,
];

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
    // Linux 6.18 binds the file of a mount namespace only in one with a lower id, and each CPU has its own ids, so
    // everything runs on one CPU. The namespace is bound from outside, because it cannot hold itself.
    let script = "mkdir /run/mntns; touch /run/mntns/web; mkfifo /run/ready /run/end; mount --make-private /run; \
        unshare --mount --fork --kill-child sh -c 'mount -t tmpfs of-the-name /mnt; echo x >/run/ready; read x </run/end' & \
        read x </run/ready; mount --bind /proc/$!/ns/mnt /run/mntns/web; echo >/run/end; wait; \
        ns-mounts -N web -l -n -o SOURCE | grep of-the-name; \
        BY-ID; ns-mounts -N host:of-nobody 2>&1 || true";
    let (by_id, of_the_id) = if needs::linux(6, 12).is_ok() {
        let by_id = "id=$(ns-ls -l -n -r -t mnt -o NAME,ID 2>/dev/null | sed -n 's/^web //p'); \
            ns-mounts -N :$id -l -n -o SOURCE | grep of-the-name";
        (by_id, "of-the-name")
    } else {
        let by_id = "ns-mounts -N :5 2>&1 | grep -o 'needs Linux.*'";
        (by_id, "needs Linux 6.18, or 6.12 for a mount namespace")
    };
    let script = script.replace("BY-ID", by_id);
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
        (Some("of-the-name"), Some(of_the_id)),
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
    // A name in digits needs its prefix. Without it, the digits are a PID.
    let script = "mkdir /run/utsns; touch /run/utsns/4194305; \
        unshare --uts sh -c 'hostname digits; mount --bind /proc/self/ns/uts /run/utsns/4194305'; ";
    assert_eq!(
        with_run(&format!("{script} ns-hostname -t name:4194305")).ok(),
        "digits\n"
    );
    let error = with_run(&format!("{script} ns-hostname -t 4194305")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: process 4194305 does not exist\n  help:  for the pinned name, type name:4194305\n"
    );
    // The error names the kind of a file in the directory of another kind.
    let script = "mkdir /run/utsns; touch /run/utsns/odd; mount --bind /proc/self/ns/net /run/utsns/odd; ";
    let error = with_run(&format!("{script} ns-hostname -t odd")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: \"/run/utsns/odd\" is a network namespace, not a UTS namespace\n"
    );
    Ok(())
}

fn an_unknown_name_suggests_other_targets() -> Outcome {
    needs::root()?;
    let there = container("meant.of-ns-utils");
    let error = hostname("meant.of-ns-utils").fails(1);
    assert_eq!(
        error,
        "ns-hostname: no namespace is pinned under the name \"meant.of-ns-utils\"\n  \
         help:  try host:meant.of-ns-utils\n"
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
    assert!(error.ends_with("  help:  try \"./ns\"\n"), "{error}");
    Ok(())
}

fn a_stale_name_is_called_stale() -> Outcome {
    needs::tools("umount");
    needs::whole_root()?;
    let error = with_run("mkdir /run/utsns; touch /run/utsns/old; ns-hostname -t old").fails(1);
    assert!(
        error.starts_with("ns-hostname: \"/run/utsns/old\" is stale: no namespace is mounted on it here\n"),
        "{error}"
    );
    // It may be alive in another mount namespace. The error says where, and its help works.
    let ran = with_run(
        "mkdir /run/utsns; touch /run/utsns/web /run/utsns/old; mkfifo /run/ready /run/end; \
         unshare --mount --fork --kill-child sh -c 'unshare --uts sh -c \"hostname alive; \
         mount --bind /proc/self/ns/uts /run/utsns/web\"; echo >/run/ready; read x </run/end' & \
         read x </run/ready; ns-hostname -t old || true; \
         ns-hostname -t web || ns-hostname -t /proc/$!/root/run/utsns/web; echo >/run/end; wait",
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "alive\n"), "{ran:?}");
    // The other name is alive nowhere.
    let places = ran.stderr.matches("] is mounted there in mnt:[").count();
    assert_eq!(places, 1, "{}", ran.stderr);
    let help = "  help:  name the file as that process sees it: /proc/";
    assert!(
        ran.stderr.contains(help) && ran.stderr.ends_with("/root/run/utsns/web\n"),
        "{}",
        ran.stderr
    );
    // A stale pin of one kind does not affect the others.
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
    let error = with_run(&format!("{PIN} touch /run/netns/blue /run/netns/stale; mount --bind /proc/self/ns/net /run/netns/blue; ns-hostname -t wbe")).fails(1);
    assert_eq!(
        error,
        "ns-hostname: no namespace is pinned under the name \"wbe\"\n  help:  the names are \"blue\" (net), \"web\" (net, uts)\n"
    );
    Ok(())
}

fn an_unknown_name_to_remove_is_answered_with_the_stale_ones_too() -> Outcome {
    needs::root()?;
    let stale = "mkdir -p /run/netns; touch /run/netns/old;";
    for (names, help) in [
        (String::new(), "there are no pinned names"),
        (PIN.to_owned(), "the names are \"web\" (net, uts)"),
        (stale.to_owned(), "the stale names are \"old\" (net)"),
        (
            format!("{PIN} {stale}"),
            "the names are \"web\" (net, uts); the stale names are \"old\" (net)",
        ),
    ] {
        let error = with_run(&format!("{names} ns-unshare --unpin none")).fails(1);
        let message = "ns-unshare: no namespace is pinned under the name \"none\"";
        assert_eq!(error, format!("{message}\n  help:  {help}\n"));
    }
    Ok(())
}

fn pinned_names_can_be_completed() -> Outcome {
    needs::root()?;
    let script = format!(
        "{PIN} touch /run/netns/4711 /run/netns/stale; mount --bind /proc/self/ns/net /run/netns/4711; \
         ns-hostname --complete=targets | head -2"
    );
    assert_eq!(
        with_run(&script).ok(),
        "name:4711\tpinned: net\nweb\tpinned: net, uts\n"
    );
    Ok(())
}
