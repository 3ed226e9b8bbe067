//! Help lines: the command in each does what it says, for the caller who reads it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::causes::{nested, says};
use super::{ordinary, unshare};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Ran, Run as _, User, needs, program, tool};

cases!["unshare::helps":
    a_path_in_another_root_is_given_as_the_caller_reaches_it,
    r_is_advised_only_if_it_helps,
    a_directory_is_given_to_no_option_for_a_file,
    a_sysctl_names_who_can_set_it,
    an_existing_namespace_is_not_created_elsewhere,
    no_directory_is_to_be_made_on_a_read_only_file_system,
];

/// Runs the help of an error as a shell does.
fn follow(ran: &Ran) -> Ran {
    let help = ran.stderr.split("  help:  ").nth(1).expect("there is a help");
    tool("sh").args(["-c", help]).ran()
}

/// A directory with a script that ends in a carriage return, a script without mode, and an absolute link to them.
fn room() -> tempfile::TempDir {
    let room = tempfile::tempdir().expect("there is room in /tmp");
    fs::set_permissions(room.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let inner = room.path().join("inner");
    fs::create_dir(&inner).expect("it is ours");
    symlink("/inner", room.path().join("link")).expect("it is ours");
    fs::write(inner.join("crlf"), "#!/bin/sh\r\n").expect("it is ours");
    fs::set_permissions(inner.join("crlf"), Permissions::from_mode(0o755)).expect("it is ours");
    fs::write(inner.join("plain"), "").expect("it is ours");
    room
}

/// Follows the help for both files.
fn helps_in(room: &Path, run: impl Fn(&str) -> Ran) {
    let crlf = run("/link/crlf");
    assert_eq!(crlf.status, 127, "{crlf:#?}");
    follow(&crlf).ok();
    let now = fs::read_to_string(room.join("inner/crlf")).expect("it is ours");
    assert_eq!(now, "#!/bin/sh\n", "{crlf:#?}");
    let plain = run("/link/plain");
    assert_eq!(plain.status, 126, "{plain:#?}");
    follow(&plain).ok();
    let mode = fs::metadata(room.join("inner/plain"))
        .expect("it is ours")
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111, "{plain:#?}");
}

fn a_path_in_another_root_is_given_as_the_caller_reaches_it() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-r -R", "-r -m -R"] {
        let room = room();
        let directory = room.path().to_str().expect("ASCII");
        helps_in(room.path(), |file| {
            unshare().with(&format!("{options} {directory} {file}"))
        });
        let room = self::room();
        let name = room
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .expect("ASCII");
        helps_in(room.path(), |file| {
            unshare()
                .current_dir("/tmp")
                .with(&format!("{options} ./{name} {file}"))
        });
    }
    needs::whole_root()?;
    let room = room();
    let own = std::process::id();
    helps_in(room.path(), |file| {
        let mut enter = program("ns-enter");
        enter.args(["-t", &own.to_string(), "-u"]);
        enter.arg(format!("--root={}", room.path().display()));
        enter.arg(file).ran()
    });
    // The root of the mount namespace has no path for the caller.
    let held = Held::new(program("ns-unshare").arg("-m"), "");
    let room = self::room();
    let file = room.path().join("inner/plain");
    let error = program("ns-enter")
        .args(["-t", &held.pid.to_string(), "-m", "--"])
        .arg(&file)
        .ran()
        .fails(126);
    assert!(
        error.contains("cause: it is not executable (mode 0644)\n") && !error.contains("help:"),
        "{error}"
    );
    Ok(())
}

fn r_is_advised_only_if_it_helps() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    let error = ordinary().with("-a --share=user true").fails(1);
    assert!(
        error.contains("or create a user namespace too: -r, without --share=user\n"),
        "{error}"
    );
    // The caller's uid is not mapped, so it cannot create another user namespace.
    let mut command = ordinary();
    let inner = command.get_program().to_owned();
    let error = command.arg("-U").arg(inner).with("-n true").fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing\n") && !error.contains("add -r"),
        "{error}"
    );
    Ok(())
}

fn a_directory_is_given_to_no_option_for_a_file() -> Outcome {
    needs::user_namespaces()?;
    for (words, help) in [
        (
            "-r -u /tmp true",
            "to give /tmp/NAME to --uts, write --uts=/tmp/NAME\n",
        ),
        (
            "-r -u ./tmp true",
            "to give ./tmp/NAME to --uts, write --uts=./tmp/NAME\n",
        ),
    ] {
        says(
            unshare().current_dir("/").with(words),
            126,
            &["cause: it is a directory\n", help],
        );
    }
    Ok(())
}

fn a_sysctl_names_who_can_set_it() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("setpriv mount");
    let zero = "echo 0 >/proc/sys/user/max_net_namespaces";
    for (options, before, run, help) in [
        ("", "", "", "sysctl user.max_net_namespaces=10000"),
        (
            "",
            "",
            "setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource",
            "with CAP_SYS_RESOURCE: sysctl user.max_net_namespaces=10000",
        ),
        (
            "-m",
            "mount --rbind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys;",
            "",
            "outside this container, as /proc is read-only here: sysctl user.max_net_namespaces=10000",
        ),
    ] {
        let ran = nested(
            options,
            &format!("{zero}; {before} {run} $U -n echo ran; exit $?"),
        );
        let help =
            format!("  cause: user.max_net_namespaces is 0 here\n  help:  {help}, or run without --net\n");
        says(ran, 1, &[&help]);
    }
    Ok(())
}

fn an_existing_namespace_is_not_created_elsewhere() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut command = user.program("ns-unshare");
    let held = Held::new(command.args(["-r", "-u"]), "");
    let name = format!("ns-utils-test-{}", std::process::id());
    let error = ordinary()
        .with(&format!("--pin {name} --from {} --uts", held.pid))
        .fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing\n") && !error.contains("private /run"),
        "{error}"
    );
    Ok(())
}

fn no_directory_is_to_be_made_on_a_read_only_file_system() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let text = "mount -t tmpfs room /mnt; for options in rw ro; do mount -o remount,$options room /mnt; $U -a -R /mnt true; done";
    let error = nested("-m", text).stderr;
    let (writable, read_only) = error
        .split_once("help:  mkdir /mnt/proc\n")
        .unwrap_or_else(|| panic!("{error}"));
    let cause = "cause: there is no directory \"/mnt/proc\"\n";
    assert!(
        writable.contains(cause) && read_only.contains(cause) && !read_only.contains("mkdir"),
        "{error}"
    );
    Ok(())
}
