//! The messages when the kernel refuses: each cause is provoked for real.

use std::os::unix::fs::PermissionsExt as _;

use super::{ordinary, script, unshare};
use crate::support::case::{Skip, cases};
use crate::support::{Cgroup, Outcome, Ran, Run as _, User, needs, refusing, tool};

cases!["unshare::causes":
    a_missing_capability_is_named,
    a_limit_of_the_system_is_named,
    a_full_mount_namespace_is_named,
    a_full_cgroup_is_named,
    the_depth_of_nesting_is_limited,
    a_chroot_is_noticed,
    a_seccomp_filter_is_noticed,
    a_covered_proc_is_named,
    a_pid_namespace_of_another_owner_is_named,
    a_dead_pid_1_is_named,
    a_program_that_cannot_run_says_why,
    an_error_without_a_known_cause_names_none,
];

/// Asserts that the error has these parts, in this order.
#[track_caller]
pub(super) fn says(ran: Ran, status: i32, parts: &[&str]) {
    has_in_order(&ran.fails(status), parts);
}

/// Asserts that the error has these parts, in this order.
#[track_caller]
pub(super) fn has_in_order(error: &str, parts: &[&str]) {
    let mut rest = error;
    for part in parts {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} is not in {error}"));
        rest = &rest[at + part.len()..];
    }
}

/// A script run by root of its own user namespace, in which `$U` is `ns-unshare`.
pub(super) fn nested(options: &str, text: &str) -> Ran {
    let mut command = unshare();
    let program = command.get_program().to_owned();
    script(command.env("U", program), &format!("-r {options}"), text)
}

fn a_missing_capability_is_named() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    for (option, noun) in [
        ("-n", "a network"),
        ("-m", "a mount"),
        ("-u", "a UTS"),
        ("-p", "a PID"),
        ("-i", "an IPC"),
    ] {
        says(
            ordinary().with(&format!("{option} echo ran")),
            1,
            &[
                &format!("ns-unshare: cannot create {noun} namespace: Operation not permitted\n"),
                "  cause: CAP_SYS_ADMIN is missing\n",
                "  help:  run it as root (sudo), or add -r\n",
            ],
        );
    }
    // If root has no uid in the user namespace, sudo has no rights there.
    let mut command = ordinary();
    let program = command.get_program().to_owned();
    let help = "  help:  run it as root outside this user namespace, or add -r\n";
    says(
        script(command.env("U", program), "-c", "$U -m echo ran"),
        1,
        &["  cause: CAP_SYS_ADMIN is missing\n", help],
    );
    // If programs gain no privileges, sudo gains none either.
    let mut command = User::ordinary()?.tool(needs::installed("setpriv")?);
    command.arg("--no-new-privs").arg(ordinary().get_program());
    says(
        command.with("-m echo ran"),
        1,
        &["  help:  run it as root, or add -r\n"],
    );
    says(
        ordinary().with("-S 0 true"),
        1,
        &[
            "cannot set the uid to 0: Operation not permitted",
            "cause: CAP_SETUID is missing",
        ],
    );
    says(
        ordinary().with("-G 0 true"),
        1,
        &["cannot set the gid to 0", "cause: CAP_SETGID is missing"],
    );
    says(
        ordinary().with("-R / true"),
        1,
        &[
            "make \"/\" the root directory",
            "cause: CAP_SYS_CHROOT is missing",
        ],
    );
    says(
        ordinary().with("--owner 1:1 true"),
        1,
        &["become uid 1", "cause: CAP_SETGID is missing"],
    );
    says(
        ordinary().with("-r --uts=/tmp/ns-utils-test-pin true"),
        1,
        &[
            "bind the UTS namespace",
            "cause: CAP_SYS_ADMIN is missing",
            "help:  ",
        ],
    );
    assert!(!std::path::Path::new("/tmp/ns-utils-test-pin").exists());
    // No capability is the cause here: the file cannot be created, or not even reached.
    let closed = tempfile::tempdir().expect("a directory can be made");
    for (mode, what) in [(0o700, "search"), (0o755, "create files in")] {
        let path = closed.path();
        if needs::root().is_err() {
            break;
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
        says(
            ordinary().with(&format!("-r --uts={}/f true", path.display())),
            1,
            &[
                "bind the UTS namespace",
                &format!(
                    "Permission denied\n  cause: the caller may not {what} \"{}\"\n",
                    path.display()
                ),
            ],
        );
    }
    Ok(())
}

fn a_limit_of_the_system_is_named() -> Outcome {
    needs::user_namespaces()?;
    for (kind, option, words) in [
        ("user", "-U", "a user"),
        ("uts", "-u", "a UTS"),
        ("net", "-n", "a network"),
        ("pid", "-p", "a PID"),
    ] {
        says(
            nested(
                "",
                &format!("echo 0 >/proc/sys/user/max_{kind}_namespaces && $U {option} echo ran"),
            ),
            1,
            &[
                &format!("ns-unshare: cannot create {words} namespace: No space left on device\n"),
                &format!("  cause: user.max_{kind}_namespaces is 0 here\n"),
                &format!("  help:  sysctl user.max_{kind}_namespaces=10000, or run without --"),
            ],
        );
    }
    // The limit of an enclosing user namespace is reached. From inside, it is unknown which one.
    says(
        nested(
            "",
            "echo 1 >/proc/sys/user/max_user_namespaces && $U -r $U -U echo ran",
        ),
        1,
        &[
            "No space left on device\n",
            "  cause: a limit of an enclosing user namespace is reached, or the depth of 32; user.max_user_namespaces sets no limit here\n",
        ],
    );
    // If several kinds are asked for, the refused kind is named.
    says(
        nested(
            "",
            "echo 1 >/proc/sys/user/max_uts_namespaces && $U -u $U -m -u -i -n echo ran",
        ),
        1,
        &[
            "cannot create IPC, mount, network and UTS namespaces: No space left on device\n",
            "  cause: user.max_uts_namespaces is 1 here; the limit that is reached is this one or one of an enclosing user namespace\n",
            "  help:  sysctl user.max_uts_namespaces=10000\n",
        ],
    );
    Ok(())
}

/// The mounts are doubled until the limit is reached, in a mount namespace that goes with the case.
fn a_full_mount_namespace_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let most = std::fs::read_to_string("/proc/sys/fs/mount-max").unwrap_or_default();
    if !most.trim().parse().is_ok_and(|most: u32| most <= 100_000) {
        return Err(Skip::Lacks("fs.mount-max is above its default of 100000".into()));
    }
    let fill = "mount -t tmpfs full /mnt; mkdir /mnt/rest; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do mkdir /mnt/$i; mount --rbind /mnt /mnt/$i; done
        for i in 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1; do mkdir -p /mnt/rest/$i; mount --rbind /mnt/$i /mnt/rest/$i; done 2>/dev/null
        while mount --bind /usr /mnt/rest; do :; done 2>/dev/null";
    for options in ["--uts=/mnt/uts", "-p --mount-proc"] {
        let text = format!("{fill}; exec $U {options} echo ran");
        says(
            nested("-m", &text),
            1,
            &[
                "No space left on device\n  cause: this mount namespace has ",
                &format!(" mounts, and the limit is {} (fs.mount-max)\n", most.trim()),
                "sysctl fs.mount-max=",
            ],
        );
    }
    Ok(())
}

fn a_full_cgroup_is_named() -> Outcome {
    needs::root()?;
    let name = format!("ns-unshare-full-{}", std::process::id());
    // A machine has the controller in one of the two hierarchies.
    let cgroup = Cgroup::of_pids_in_v1(&name).or_else(|_| Cgroup::new(&name))?;
    let limit = cgroup.directory().join("pids.max");
    if !limit.exists() {
        return Err(Skip::Lacks("no cgroup has the pids controller".into()));
    }
    let limit = limit.display();
    let text = format!("{}; echo 1 >{limit}; exec \"$0\" -u -f echo ran", cgroup.join());
    let mut command = tool("sh");
    command.args(["-c", &text]).arg(unshare().get_program());
    says(
        command.ran(),
        1,
        &[
            "cannot fork: Resource temporarily unavailable\n  cause: the cgroup \"",
            &format!("{name}\" has 1 processes or threads, and its limit is 1 (pids.max)\n"),
            &format!("echo max >{limit}\n"),
        ],
    );
    Ok(())
}

fn the_depth_of_nesting_is_limited() -> Outcome {
    needs::user_namespaces()?;
    let text = "n=$1; [ $n = 0 ] && exec $U -U echo ran; n=$((n-1)); exec $U -r sh -c \"$0\" \"$0\" $n";
    let mut command = unshare();
    let program = command.get_program().to_owned();
    command.env("U", program).env("TEXT", text);
    says(
        script(&mut command, "-r", "sh -c \"$TEXT\" \"$TEXT\" 40"),
        1,
        &[
            "cannot create a user namespace: No space left on device",
            "or the depth of 32",
        ],
    );
    Ok(())
}

fn a_chroot_is_noticed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let chroot = needs::installed("chroot")?;
    let chroot = chroot.display();
    // Everyone can check a plain directory; a mount point only root.
    let room = "mount -t tmpfs room /mnt; cd /mnt; mkdir plain plain/proc; for d in usr etc; do mkdir $d plain/$d; mount --rbind /$d $d; mount --rbind /$d plain/$d; done
        for d in . plain; do ln -s usr/bin usr/lib usr/lib64 $d; mkdir -p $d/bin.d; mount --bind \"${U%/*}\" $d/bin.d; done
        mkdir proc; mount --rbind /proc proc; mount --rbind /proc plain/proc;";
    let causes = &[
        "cannot create a user namespace: Operation not permitted",
        "cause: the caller is in a chroot",
        "help:  ",
    ];
    says(
        nested(
            "-m",
            &format!("{room} {chroot} /mnt/plain /bin.d/ns-unshare -U echo ran"),
        ),
        1,
        causes,
    );
    // Without the capability to enter its own mount namespace again, the caller sees where others have its root.
    needs::tools("setpriv");
    says(
        nested(
            "-m",
            &format!(
                "{room} {chroot} /mnt setpriv --inh-caps=-all --bounding-set=-all /bin.d/ns-unshare -r echo ran; exit $?"
            ),
        ),
        1,
        causes,
    );
    // There, an option that creates a user namespace is no help.
    let text = format!(
        "{room} {chroot} /mnt setpriv --inh-caps=-all --bounding-set=-all /bin.d/ns-unshare -u echo ran; exit $?"
    );
    let error = nested("-m", &text).fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing") && !error.contains("add -r"),
        "{error}"
    );
    needs::root()?;
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let text = format!("{room} {chroot} /mnt /bin.d/ns-unshare -U echo ran");
    says(script(command.env("U", program), "-m", &text), 1, causes);
    Ok(())
}

fn a_seccomp_filter_is_noticed() -> Outcome {
    needs::user_namespaces()?;
    let mut command = unshare();
    command.args(["-U", "echo", "ran"]);
    says(
        refusing(nix::libc::SYS_unshare, &command)?.ran(),
        1,
        &[
            "cannot create a user namespace: Operation not permitted",
            "cause: a seccomp filter refuses unshare(2)",
        ],
    );
    Ok(())
}

fn a_covered_proc_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    says(
        nested(
            "-m -p --mount-proc",
            "mount -t tmpfs cover /proc/sys; $U -r -m -p --mount-proc echo ran",
        ),
        1,
        &[
            "cannot mount proc on \"/proc\": Operation not permitted",
            "cause: other mounts hide parts of /proc (\"/proc/sys\")",
        ],
    );
    Ok(())
}

fn a_pid_namespace_of_another_owner_is_named() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    says(
        ordinary().with("-r --mount-proc echo ran"),
        1,
        &[
            "cannot mount proc on \"/proc\": Operation not permitted",
            "cause: the PID namespace pid:[",
            "help:  add --pid",
        ],
    );
    Ok(())
}

fn a_dead_pid_1_is_named() -> Outcome {
    needs::user_namespaces()?;
    // The first child of this shell was PID 1 of the namespace for all its later children.
    for who in super::Who::both()? {
        let mut command = who.unshare();
        let program = command.get_program().to_owned();
        let ran = script(
            command.env("U", program),
            "-r -p --no-fork",
            "$U -f true; exec $U -f -u echo ran",
        );
        let error = ran.stderr;
        assert!(error.contains("Cannot allocate memory"), "{error}");
        assert!(
            error.contains("has ended, and no new process can start there"),
            "{error}"
        );
    }
    Ok(())
}

fn a_program_that_cannot_run_says_why() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let file = directory.path().join("script");
    std::fs::write(&file, "#!/no/such/interpreter\n").expect("it is ours");
    let path = file.to_str().expect("ASCII");
    says(
        unshare().with(&format!("-U {path}")),
        126,
        &[
            "cannot run",
            "Permission denied",
            "cause: it is not executable (mode 0644)",
            "help:  chmod +x",
        ],
    );
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    says(
        unshare().with(&format!("-U {path}")),
        127,
        &["cause: its interpreter \"/no/such/interpreter\" does not exist"],
    );
    Ok(())
}

fn an_error_without_a_known_cause_names_none() -> Outcome {
    let error = unshare().with("-w /no-such-directory true").fails(1);
    assert_eq!(
        error,
        "ns-unshare: cannot change the directory to \"/no-such-directory\": No such file or directory\n"
    );
    Ok(())
}
