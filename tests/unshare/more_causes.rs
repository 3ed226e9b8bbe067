//! Causes of failures that had only an error number.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::causes::{nested, says};
use super::unshare;
use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Ran, Run as _, User, needs, program, tool};

cases!["unshare::more_causes":
    a_directory_of_path_that_is_closed_to_the_new_user_is_named,
    a_script_without_a_shell_says_so,
    a_line_of_binfmt_misc_is_checked_first,
    a_registered_interpreter_that_is_missing_is_named,
    a_process_beside_the_user_namespace_is_outside_of_it,
    a_descriptor_that_cannot_be_written_is_named,
    the_limit_of_descriptors_is_named,
    a_missing_run_is_named,
    a_missing_capability_is_named_without_proc,
    a_proc_that_is_read_only_is_named,
    a_root_in_a_chroot_falls_back_to_chroot,
    names_and_addresses_that_the_kernel_refuses_are_refused_first,
    a_file_of_another_sort_is_not_covered,
    options_without_their_namespace_are_noted,
    options_of_others_get_a_hint,
    one_id_instead_of_all_is_noted_to_root,
];

fn a_directory_of_path_that_is_closed_to_the_new_user_is_named() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let closed = tempfile::tempdir().expect("there is room in /tmp");
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).expect("it is ours");
    let path = format!("/usr/bin:{}/inner", closed.path().display());
    fs::create_dir(closed.path().join("inner")).expect("it is ours");
    let id = user.id;
    let cause = format!(
        "cause: no directory of PATH that can be searched has it: /usr/bin; the caller may not search \"{}\"\n",
        closed.path().display()
    );
    let ran = unshare()
        .env("PATH", path)
        .with(&format!("-u -S {id} -G {id} nosuchprog"));
    says(ran, 127, &[&cause]);
    Ok(())
}

fn a_script_without_a_shell_says_so() -> Outcome {
    needs::user_namespaces()?;
    let room = tempfile::tempdir().expect("there is room in /tmp");
    let script = room.path().join("script");
    fs::write(&script, "echo\n").expect("it is ours");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("it is ours");
    let ran = unshare().arg("-R").arg(room.path()).with("-r /script");
    says(
        ran,
        127,
        &["cause: it does not start with \"#!\", so /bin/sh would read it, which does not exist\n"],
    );
    Ok(())
}

/// Since Linux 6.7, each user namespace has its own interpreters.
pub(super) fn binfmt_misc() -> Outcome {
    needs::linux(6, 7)?;
    let supported = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if supported.contains("binfmt_misc") {
        Ok(())
    } else {
        Err(Skip::Lacks("the kernel has no binfmt_misc".into()))
    }
}

fn a_line_of_binfmt_misc_is_checked_first() -> Outcome {
    let error = unshare().with("-r -l :name:X::a::/bin/cat: true").fails(2);
    assert!(
        error.contains(": the type must be E, for an extension, or M, for a magic number\n"),
        "{error}"
    );
    needs::user_namespaces()?;
    binfmt_misc()?;
    let ran = unshare().with("-r -p --mount-proc -l :name:E::cz::/no/such/cat:F true");
    says(
        ran,
        1,
        &[
            "cannot register the interpreter",
            "No such file or directory\n  cause: \"/no\" does not exist\n",
        ],
    );
    Ok(())
}

fn a_registered_interpreter_that_is_missing_is_named() -> Outcome {
    needs::user_namespaces()?;
    binfmt_misc()?;
    let room = tempfile::tempdir().expect("there is room in /tmp");
    let file = room.path().join("file.nsu");
    fs::write(&file, "x").expect("it is ours");
    fs::set_permissions(&file, Permissions::from_mode(0o755)).expect("it is ours");
    let ran = unshare()
        .args(["-r", "-p", "--mount-proc", "-l", ":nsu:E::nsu::/no/such/cat:"])
        .arg(&file)
        .ran();
    says(
        ran,
        127,
        &["cause: it has the interpreter \"/no/such/cat\" in binfmt_misc, which does not exist\n"],
    );
    Ok(())
}

fn a_process_beside_the_user_namespace_is_outside_of_it() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").arg("-r"), "");
    let pid = held.pid;
    let cause = format!("cause: process {pid} is outside the caller's user namespace\n");
    for (name, words) in [
        ("ns-enter", format!("-t {pid} -n true")),
        ("ns-ls", format!("-p {pid}")),
        ("ns-hostname", format!("-t {pid}")),
    ] {
        let mut command = user.program("ns-unshare");
        command.arg("-r").arg(user.program(name).get_program());
        says(command.with(&words), 1, &["Permission denied\n", &cause]);
    }
    Ok(())
}

fn a_descriptor_that_cannot_be_written_is_named() -> Outcome {
    needs::user_namespaces()?;
    for (opening, cause) in [
        ("3<&-", "descriptor 3 is not open"),
        ("3</dev/null", "descriptor 3 is not open for writing"),
    ] {
        let ran = nested("", &format!("$U -u --info-fd 3 echo ran {opening}"));
        let cause = format!("Bad file descriptor\n  cause: {cause}\n  help:  open it in the shell: 3>FILE\n");
        says(ran, 1, &[&cause]);
    }
    Ok(())
}

fn the_limit_of_descriptors_is_named() -> Outcome {
    needs::user_namespaces()?;
    let ran = nested("", "ulimit -n 4; exec $U -u -p echo ran");
    says(
        ran,
        1,
        &[
            "Too many open files\n  cause: the process can have descriptors only below 4 (RLIMIT_NOFILE)\n  help:  raise the limit: ulimit -n\n",
        ],
    );
    // Another refusal has another reason.
    let refused = super::faults::faulty("-f -e inject=socketpair:error=EMFILE", "-u -f echo ran")
        .map(|mut command| command.ran())?;
    assert!(
        refused.stderr.contains("Too many open files\n") && !refused.stderr.contains("cause:"),
        "{refused:#?}"
    );
    Ok(())
}

/// A chroot to a plain directory with the programs of the system and of ns-utils, which lacks `/proc` and `/run`.
const ROOM: &str = "mount -t tmpfs room /mnt; cd /mnt; mkdir room room/usr room/b; mount --rbind /usr room/usr; mount --bind \"${U%/*}\" room/b; ln -s usr/bin usr/lib usr/lib64 room;";

/// The script in a new mount namespace, after [`ROOM`].
fn in_room(text: &str) -> Result<Ran, Skip> {
    needs::whole_root()?;
    needs::tools("mount chroot setpriv");
    let mut command = program("ns-unshare");
    let own = User::ordinary()?.programs().join("ns-unshare");
    command.env("U", own);
    Ok(super::script(&mut command, "-m", &format!("{ROOM} {text}")))
}

fn a_missing_run_is_named() -> Outcome {
    let ran = in_room("chroot room /b/ns-unshare --pin foo -n; exit $?")?;
    says(
        ran,
        1,
        &["No such file or directory\n  cause: \"/run\" does not exist\n  help:  mkdir -p /run\n"],
    );
    Ok(())
}

fn a_missing_capability_is_named_without_proc() -> Outcome {
    let ran =
        in_room("chroot room /usr/bin/setpriv --reuid=1 --clear-groups /b/ns-unshare -n true; exit $?")?;
    let error = ran.fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing\n  help:  run it as root (sudo)\n"),
        "{error}"
    );
    Ok(())
}

fn a_proc_that_is_read_only_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    for options in ["-r", "--map-users 0:0:1"] {
        let ran = nested(
            "-m",
            &format!(
                "mount --rbind /proc /proc; mount -o remount,bind,ro /proc; $U {options} echo ran; exit $?"
            ),
        );
        says(
            ran,
            1,
            &["Read-only file system\n  cause: /proc is read-only here\n"],
        );
    }
    Ok(())
}

fn a_root_in_a_chroot_falls_back_to_chroot() -> Outcome {
    let text = "mkdir room/x; mount --rbind room/usr room/x; ln -s x/bin x/lib x/lib64 room; chroot room /b/ns-unshare -m -R /x /bin/echo ran";
    let ran = in_room(text)?;
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "ran\n"), "{ran:#?}");
    assert!(
        ran.stderr
            .contains("note: mounts keep their propagation: the root directory is not a mount point\n")
            && ran.stderr.contains("becomes the root directory by chroot(2)"),
        "{ran:#?}"
    );
    Ok(())
}

fn names_and_addresses_that_the_kernel_refuses_are_refused_first() -> Outcome {
    for (spec, why) in [
        (
            "all",
            "the kernel has its settings of all interfaces under that name",
        ),
        (
            "default",
            "the kernel has its settings of all interfaces under that name",
        ),
        (
            "e0,addr=::1/128",
            "that is a loopback address, which no interface can have",
        ),
        (
            "e0,addr=0.0.0.0/0",
            "that is the unspecified address, which no interface can have",
        ),
        (
            "e0,addr=224.0.0.1/24",
            "that is a multicast address, which no interface can have",
        ),
    ] {
        let error = unshare().args(["-n", "--veth", spec, "true"]).ran().fails(2);
        assert!(error.contains(why), "{spec}: {error}");
    }
    Ok(())
}

/// A device and a FIFO of the case, in its own mount namespace: nothing of the machine is covered.
fn a_file_of_another_sort_is_not_covered() -> Outcome {
    needs::root()?;
    needs::tools("mount mknod mkfifo");
    let text = "mount -t tmpfs room /mnt; cd /mnt; mknod null c 1 3; mkfifo fifo; ln -s nowhere link; : >file; ln -s file good
        for file in null fifo link; do \"$0\" --net=./$file true; done
        for file in file good; do \"$0\" --net=./$file true; done; grep -c ' /mnt/.* nsfs ' /proc/self/mounts";
    let mut command = tool("unshare");
    command
        .args(["-m", "sh", "-c", text])
        .arg(unshare().get_program());
    let ran = command.ran();
    for (file, what) in [
        ("null", "a device"),
        ("fifo", "a FIFO"),
        ("link", "a link to nowhere"),
    ] {
        let error = format!(
            "ns-unshare: cannot bind the network namespace to \"./{file}\": it is {what}\n  help:  name a regular file, "
        );
        assert!(ran.stderr.contains(&error), "{ran:#?}");
    }
    assert_eq!(ran.stdout, "2\n", "{ran:#?}");
    Ok(())
}

fn options_without_their_namespace_are_noted() -> Outcome {
    for (words, note) in [
        (
            "--setgroups allow true",
            "--setgroups=allow has no effect without a new user namespace: add --user",
        ),
        (
            "--propagation shared true",
            "--propagation has no effect without a new mount namespace: add --mount",
        ),
    ] {
        let ran = unshare().with(words);
        let note = format!("ns-unshare: note: {note}\n");
        assert!(ran.stderr.starts_with(&note), "{words}: {ran:#?}");
        // The kernel refuses the file of the initial user namespace to ordinary users, and setgroups(2) that is denied stays so.
        let is_allowed = std::fs::read_to_string("/proc/self/setgroups").is_ok_and(|text| text == "allow\n");
        let can_allow = nix::unistd::geteuid().is_root() && is_allowed;
        if can_allow || !words.starts_with("--setgroups") {
            assert_eq!((ran.status, ran.stderr), (0, note), "{words}");
        }
    }
    Ok(())
}

fn options_of_others_get_a_hint() -> Outcome {
    for (option, hint) in [
        ("--cap-drop=ALL", "  help:  setpriv(1) drops capabilities: "),
        (
            "--privileged",
            "  help:  leave it out: root keeps its capabilities",
        ),
        (
            "-v",
            "  help:  mount inside: -m sh -c 'mount --bind FROM TO; exec PROGRAM'\n",
        ),
        (
            "--rm",
            "  help:  leave it out: a namespace ends with its last process",
        ),
        (
            "--env=A=b",
            "  help:  env(1) sets variables: run env NAME=VALUE PROGRAM\n",
        ),
    ] {
        let error = unshare().args([option, "true"]).ran().fails(2);
        assert!(error.contains(hint), "{option}: {error}");
    }
    Ok(())
}

fn one_id_instead_of_all_is_noted_to_root() -> Outcome {
    needs::whole_root()?;
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    let mut command = tool(needs::installed("setpriv")?);
    command.args(["--inh-caps=-setuid,-setgid", "--bounding-set=-setuid,-setgid"]);
    let ran = command
        .arg(unshare().get_program())
        .with("-a cat /proc/self/uid_map");
    assert_eq!(
        (ran.status, ran.stdout.split_whitespace().collect::<Vec<_>>()),
        (0, vec!["0", "0", "1"]),
        "{ran:#?}"
    );
    assert!(
        ran.stderr.starts_with("ns-unshare: note: only one id is mapped"),
        "{ran:#?}"
    );
    Ok(())
}
