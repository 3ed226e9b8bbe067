//! Limited environments: limits of the process, no `/proc`, a root that is not a mount.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{Who, ordinary, script, unshare};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Ran, Run as _, User, needs};

cases!["unshare::surroundings":
    a_limit_of_processes_is_named,
    a_limit_on_the_size_of_files_is_named,
    a_missing_proc_is_named,
    a_root_that_is_no_mount_is_named,
    in_a_chroot_the_root_is_changed_by_chroot,
    a_root_without_a_directory_for_proc_is_refused_before_anything_is_made,
    a_program_that_was_found_and_cannot_run_is_named,
    an_ambiguous_abbreviation_lists_its_options,
];

/// A script for bash, run by the ordinary user, in which `$U` is `ns-unshare`.
fn bash(text: &str) -> Result<Command, Skip> {
    let mut command = User::ordinary()?.tool(needs::installed("bash")?);
    command.env("U", ordinary().get_program()).args(["-c", text]);
    Ok(command)
}

#[track_caller]
fn says(ran: Ran, text: &str) {
    let error = ran.fails(1);
    assert!(error.contains(text), "{text:?} is not in {error}");
}

fn a_limit_of_processes_is_named() -> Outcome {
    let user = User::ordinary()?;
    let cause = format!("  cause: uid {} has ", user.id);
    for options in ["-U -f", "-q -a"] {
        let ran = bash(&format!("ulimit -u 1; exec $U {options} echo ran"))?.ran();
        let error = ran.fails(1);
        assert!(
            error.starts_with("ns-unshare: cannot fork: Resource temporarily unavailable\n")
                && error.contains(&cause)
                && error.contains(", and the limit is 1 (RLIMIT_NPROC)\n  help:  "),
            "{error}"
        );
    }
    Ok(())
}

fn a_limit_on_the_size_of_files_is_named() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).expect("it is ours");
    let file = directory.path().join("pid");
    let option = format!("--pid-file {}", file.display());
    for options in ["-r", "-r -f"] {
        let ran = bash(&format!("ulimit -f 0; exec $U {options} {option} echo ran"))?.ran();
        says(
            ran,
            "File too large\n  cause: a file can have at most 0 bytes here (RLIMIT_FSIZE)\n",
        );
        assert!(!file.exists(), "{options}");
    }
    // The program has the original disposition of the signal.
    let ignored =
        |words: &str| bash(&format!("{words} grep SigIgn /proc/self/status")).map(|mut it| it.ran().ok());
    assert_eq!(ignored(&format!("$U -r {option}"))?, ignored("")?);
    Ok(())
}

/// Runs a script as root of its own user namespace, in which `$U` is `ns-unshare`.
fn nested(who: Who, text: &str) -> Ran {
    let mut command = who.unshare();
    let program = command.get_program().to_owned();
    script(command.env("U", program), "-r -m", text)
}

fn a_missing_proc_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let cause = "\n  cause: no proc file system is mounted on /proc here\n  help:  mount -t proc";
    for who in Who::both()? {
        for options in ["-r", "-a", "-U --setgroups deny", "-u --info-fd 7"] {
            let text = format!(
                "mount -t tmpfs none /proc; mount -t tmpfs none /mnt; exec $U {options} echo ran 7>&1"
            );
            says(nested(who, &text), cause);
        }
        // Programs that need no /proc run without it.
        let text = nested(who, "mount -t tmpfs none /proc; exec $U -n -p -u echo ran").ok();
        assert_eq!(text, "ran\n", "{who:?}");
    }
    Ok(())
}

fn a_root_that_is_no_mount_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let chroot = needs::installed("chroot")?;
    let room =
        "mount -t tmpfs room /mnt; mkdir -p /mnt/plain/programs /mnt/plain/usr /mnt/plain/proc; cd /mnt/plain
        ln -s usr/bin usr/lib usr/lib64 .; mount --rbind /usr usr; mount --rbind /proc proc
        mount --bind \"${U%/*}\" programs";
    for who in Who::both()? {
        for options in ["-m", "-m --propagation slave"] {
            let text = format!(
                "{room}; exec {} /mnt/plain /programs/ns-unshare {options} echo ran",
                chroot.display()
            );
            says(
                nested(who, &text),
                "Invalid argument\n  cause: the root directory is not a mount point, as in a chroot to a plain directory\n",
            );
        }
        let text = format!(
            "{room}; exec {} /mnt/plain /programs/ns-unshare -m --propagation unchanged echo ran",
            chroot.display()
        );
        assert_eq!(nested(who, &text).ok(), "ran\n", "{who:?}");
    }
    Ok(())
}

fn in_a_chroot_the_root_is_changed_by_chroot() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount strace umount");
    let chroot = needs::installed("chroot")?;
    let chroot = chroot.display();
    let room = "mount -t tmpfs room /mnt; mkdir -p /mnt/plain/usr /mnt/plain/proc /mnt/plain/new/usr
        mkdir /mnt/plain/new/proc /mnt/plain/new/inner /mnt/plain/programs; cd /mnt/plain
        for to in . new; do ln -s usr/bin usr/lib usr/lib64 $to; mount --rbind /usr $to/usr; done
        mount --rbind /proc proc; mount --bind \"${U%/*}\" programs";
    for who in Who::both()? {
        let run = |options: &str| {
            let text = format!("{room}; exec {chroot} /mnt/plain /programs/ns-unshare {options}");
            nested(who, &text)
        };
        let ran = run("-m --propagation unchanged -R /new -w inner pwd");
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "/inner\n"), "{ran:#?}");
        assert_eq!(
            ran.stderr,
            "ns-unshare: note: \"/new\" becomes the root directory by chroot(2), and the old root stays reachable: the root directory is not a mount point\n"
        );
        let ran = run("-q -m -p --mount-proc --propagation unchanged -R /new cat /proc/self/stat");
        assert!(ran.ok().starts_with("1 "), "{who:?}");
        let plan = run("-m --propagation unchanged -R /new --dry-run true").ok();
        let line =
            "self    make \"/new\" the root of the mount namespace, or the root directory in a chroot\n";
        assert!(plan.contains(line), "{plan}");
        // Without a /proc, the kernel itself is asked.
        let text = format!(
            "{room}; umount -l proc; exec {chroot} /mnt/plain /programs/ns-unshare -q -m --propagation unchanged -R /new pwd"
        );
        assert_eq!(nested(who, &text).ok(), "/\n", "{who:?}");
        // In the root of the mount namespace, the same answer of the kernel is an error.
        let text = "strace -f -qq -o /dev/null -e inject=pivot_root:error=EINVAL $U -m -R /mnt echo ran";
        let error = nested(who, &format!("{room}; {text}")).fails(1);
        assert!(
            error.starts_with("ns-unshare: cannot make \"/mnt\" the root of"),
            "{error}"
        );
    }
    Ok(())
}

fn a_root_without_a_directory_for_proc_is_refused_before_anything_is_made() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    for who in Who::both()? {
        for (options, missing) in [
            ("-p -m --mount-proc -R /mnt/new", "/mnt/new/proc"),
            ("-m -R /mnt/new -w /no --mount-proc=where", "/mnt/new/no/where"),
        ] {
            let text = format!(
                "mount -t tmpfs room /mnt; mkdir /mnt/new; $U --uts=/mnt/uts {options} echo ran; ls /mnt"
            );
            let ran = nested(who, &text);
            assert_eq!(ran.stdout, "new\n", "{ran:#?}");
            let rest = format!(
                "No such file or directory\n  cause: there is no directory \"{missing}\"\n  help:  mkdir {missing}\n"
            );
            assert!(
                ran.stderr.starts_with("ns-unshare: cannot mount proc on ") && ran.stderr.ends_with(&rest),
                "{ran:#?}"
            );
        }
        let text = "mount -t tmpfs room /mnt; $U --uts=/mnt/uts -a -R /mnt/new echo ran; ls /mnt";
        let ran = nested(who, text);
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            (
                "",
                "ns-unshare: cannot prepare \"/mnt/new\" to become the root: No such file or directory\n"
            ),
        );
    }
    Ok(())
}

fn a_program_that_was_found_and_cannot_run_is_named() -> Outcome {
    needs::user_namespaces()?;
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let file = |name: &str| directory.path().join(name);
    for (name, text, mode) in [
        ("plain", "", 0o644),
        ("script", "#!/no/such/interpreter\n", 0o755),
    ] {
        std::fs::write(file(name), text).expect("it is ours");
        std::fs::set_permissions(file(name), std::fs::Permissions::from_mode(mode)).expect("it is ours");
    }
    for (name, status, flaw) in [
        (
            "plain",
            126,
            "it is not executable (mode 0644)\n  help:  chmod +x ",
        ),
        (
            "script",
            127,
            "its interpreter \"/no/such/interpreter\" does not exist\n",
        ),
    ] {
        let error = unshare()
            .env("PATH", directory.path())
            .with(&format!("-U {name}"))
            .fails(status);
        let cause = format!("  cause: \"{}\" was found: {flaw}", file(name).display());
        assert!(error.contains(&cause), "{error}");
    }
    // An empty name is the name of no file, as in execvp(3).
    let error = unshare().args(["-U", ""]).ran().fails(127);
    assert_eq!(error, "ns-unshare: cannot run \"\": No such file or directory\n");
    // Files in a closed directory may exist or not.
    User::ordinary()?;
    let hidden = tempfile::tempdir().expect("there is room in /tmp");
    std::fs::set_permissions(hidden.path(), std::fs::Permissions::from_mode(0o000)).expect("it is ours");
    let program = hidden.path().join("program");
    let error = ordinary().arg("-U").arg(&program).ran().fails(126);
    let cause = format!(
        "  cause: the caller may not search \"{}\"\n",
        hidden.path().display()
    );
    assert!(error.ends_with(&cause), "{error}");
    Ok(())
}

fn an_ambiguous_abbreviation_lists_its_options() -> Outcome {
    for (option, may_be) in [
        ("--map-u", "--map-user or --map-users"),
        ("--no-f", "--no-fork or --no-forward-signals"),
        ("--map-users-", ""),
    ] {
        let error = unshare().args([option, "true"]).ran().fails(2);
        let wanted = if may_be.is_empty() {
            format!("ns-unshare: unexpected argument '{option}' found\n")
        } else {
            format!("ns-unshare: {option} may be {may_be}\n")
        };
        assert!(error.starts_with(&wanted), "{error}");
    }
    Ok(())
}
